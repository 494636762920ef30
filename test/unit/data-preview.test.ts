/** The first training example in the hover of `data_paths`: the dataset that is there, or that it is not. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load';
import { puzzlePicture } from '../../src/host/language/puzzle-picture';
import { arcPalette } from '../../src/protocol/arc-palette';
import { gridShape } from '../../src/puzzles/grid';
import { mazeFormat } from '../../src/puzzles/maze-board';
import { sudokuFormat } from '../../src/puzzles/sudoku-board';
import { dataPreview } from '../../src/host/language/data-preview';
import { temporaryFolder } from './runs-fixture';

const fixtures = path.join(import.meta.dirname, '../fixtures/published/data');
const ink = { text: '#123456', ground: '#ffffff', strong: false };
const preview = (folder: string, more = ''): string => dataPreview(parseConfig(`arch: trm\ndata_paths: [${folder}]\n${more}`).config!, '/nowhere/c.trm.yaml', ink);
/** The picture in a preview. */
const pictureIn = (markdown: string): string => Buffer.from(/\]\(data:image\/svg\+xml;base64,([\w+/=]+)\)$/.exec(markdown)![1]!, 'base64').toString('utf8');
/** How often something is in a text. */
const count = (text: string, part: RegExp): number => [...text.matchAll(part)].length;

test('a Sudoku shows its question beside its answer, and tells it to those who do not see it', () => {
  const text = preview(path.join(fixtures, 'sudoku'));
  const [facts, , image = ''] = text.split('\n');
  expect(facts).toMatch(/^\d+ training examples of \d+ cells, \d+ tokens\. The first one:$/);
  expect(image).toMatch(/^!\[Question: [\d. |/+-]+\. Answer: [\d |/+-]+\.\]\(/);
  const svg = pictureIn(text);
  expect(count(svg, /#123456/g)).toBeGreaterThan(4);
  expect(svg.length).toBeLessThan(20_000);
});

test('an ARC task is drawn in its colours, without the empty space around it', () => {
  const text = preview(path.join(fixtures, 'arc'));
  expect(text).toContain('![Question: 01. / 20. / ... Answer: 10. / 02. / ...](');
  const svg = pictureIn(text);
  expect(svg).toContain(`fill="${arcPalette[1]}"`);
  expect(svg).toContain(`fill="${arcPalette[2]}"`);
  expect(svg).not.toContain(arcPalette[3]);
  expect(svg).toContain('width="146" height="54"'); // two boards of 2 x 2 cells of 26 pixels, 40 between them
});

test('givens of a Sudoku are bold in both boards, what is to be found is not', () => {
  const shape = gridShape(sudokuFormat(4));
  const answer = [1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1].map(digit => digit + 1);
  const question = answer.map((token, at) => (at < 3 ? token : 1));
  const svg = puzzlePicture(shape, question, answer, ink)!;
  const digits = (of: RegExp): number => [...svg.matchAll(of)].reduce((sum, match) => sum + match[1]!.length, 0);
  expect(digits(/font-weight="700">(\d+)</g)).toBe(6);
  expect(digits(/fill="#123456">(\d+)</g)).toBe(13);
});

test('a maze of the paper\'s size is small enough for a hover, and its way joins both ends', () => {
  const tokens = Array.from({ length: 900 }, (_, at) => (at === 0 ? 3 : at === 29 ? 4 : at < 30 ? 5 : at % 2 === 0 ? 1 : 2));
  const svg = puzzlePicture(gridShape(mazeFormat(30)), tokens.map(token => (token === 5 ? 2 : token)), tokens, ink)!;
  expect(Buffer.from(svg).toString('base64').length).toBeLessThan(60_000);
  expect(count(svg, /h1(?=M|")/g)).toBe(29);
});

test('tokens of which nothing is known have no picture', () => {
  expect(puzzlePicture({ kind: 'tokens', rows: 1, cols: 3 }, [1, 2, 3], [1, 2, 3], ink)).toBeUndefined();
});

test('what is not there is said to be made, or missing', () => {
  expect(preview('/nowhere/x', 'dataset: {kind: sudoku, size: 4}')).toBe('Not there yet: training makes it first.');
  expect(preview('/nowhere/x')).toBe('Not there.');
});

test('what is damaged is not shown, and none of its words', () => {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'train'));
  writeFileSync(path.join(folder, 'train', 'dataset.json'), '{"sets": ["[x](command:evil)"]}');
  expect(preview(folder)).toBe('The data that is there cannot be read; training says why.');
  rmSync(folder, { recursive: true });
});
