/** The first example of a config's training data: what the model is asked and what it should answer, as a picture, or as text where nothing is known of the tokens. */
import path from 'node:path';
import type { ResolvedConfig } from '../../config/resolve';
import { datasetFolders } from '../../puzzles/build-dataset';
import { IGNORE_LABEL_ID, type DatasetSplit } from '../../puzzles/dataset';
import { DatasetError } from '../../puzzles/errors';
import { formatGrid, gridShape } from '../../puzzles/grid';
import { openSplit } from '../../puzzles/read-dataset';
import { puzzlePicture, type PictureInk } from './puzzle-picture';

/** Characters of a line up to which question and answer stand beside each other. */
const widest = 70;

/** The lines of a grid without the empty space around it, which ARC has to the right and below. */
function linesOf(grid: string): string[] {
  const lines = grid.split('\n').map(line => line.trimEnd());
  const filled = lines.flatMap((line, at) => (line === '' ? [] : [at]));
  return lines.slice(filled[0], (filled.at(-1) ?? 0) + 1);
}

function beside(question: string, answer: string): string {
  const [left, right] = [linesOf(question), linesOf(answer)];
  const width = Math.max(...left.map(line => line.length));
  const most = Math.max(...right.map(line => line.length));
  if (width + 5 + most > widest) return [...left, '', ...right].join('\n');
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, i) => `${(left[i] ?? '').padEnd(width)}${i === height >> 1 ? '  →  ' : '     '}${right[i] ?? ''}`.trimEnd()).join('\n');
}

/** The picture in Markdown; those who cannot see it are told the grids, row by row. */
function pictureMarkdown(svg: string, question: string, answer: string): string {
  const rows = (grid: string): string => linesOf(grid).join(' / ');
  return `![Question: ${rows(question)}. Answer: ${rows(answer)}.](data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')})`;
}

function firstExample(split: DatasetSplit, ink: PictureInk): string {
  const { metadata, examples } = split;
  const [inputs, labels] = [new Int32Array(metadata.seq_len), new Int32Array(metadata.seq_len)];
  const facts = `${examples.toLocaleString('en-US')} training examples of ${metadata.seq_len} cells, ${metadata.vocab_size} tokens.`;
  if (examples === 0) return facts;
  split.readInputs(0, inputs);
  split.readLabels(0, labels);
  const answer = labels.map((label, cell) => (label === IGNORE_LABEL_ID ? inputs[cell]! : label)); // a cell that does not count shows its question
  const shape = gridShape(metadata);
  const [asked, answered] = [formatGrid(shape, inputs), formatGrid(shape, answer)];
  const picture = puzzlePicture(shape, inputs, answer, ink);
  return `${facts} The first one:\n\n${picture === undefined ? `\`\`\`text\n${beside(asked, answered)}\n\`\`\`` : pictureMarkdown(picture, asked, answered)}`;
}

/** The preview in Markdown, or why there is none. `ink`: what reads well where it is shown. */
export function dataPreview(config: ResolvedConfig, configPath: string, ink: PictureInk): string {
  try {
    const split = openSplit(datasetFolders(config, path.dirname(configPath)).train, 'train');
    try {
      return firstExample(split, ink);
    } finally {
      split.close();
    }
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    if (error.code === 'missing') return config.dataset && config.dataset.kind !== 'folder' ? 'Not there yet: training makes it first.' : 'Not there.';
    return 'The data that is there cannot be read; training says why.'; // its words may come from anywhere: not into Markdown
  }
}
