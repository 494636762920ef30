/** An experiment's table as Markdown, for people: in the editor, on the command line and in documents. */
import { durationText } from '../runs/describe';
import { oneLine } from '../runs/read-json';
import type { ExperimentTable, TableRow, TableRun } from './table';

const percent = (share: number): string => (100 * share).toFixed(1);

/** "71.3 (62.8-79.9)": mean and interval in percent. */
function accuracy({ mean, interval, runs }: TableRow): string {
  if (mean === null || interval === null) return runs.every(run => run.state === 'queued') ? 'not run yet' : '–';
  return `${percent(mean)} (${percent(interval[0])}-${percent(interval[1])})`;
}

/** What became of one run: its accuracy in percent, or its state. */
const outcome = (run: TableRun): string => (run.eval ? percent(run.eval.exact_accuracy) : run.state);

function paper({ paper }: TableRow): string {
  if (paper === null) return '–';
  return `${paper.accuracy === null ? 'out of memory' : paper.accuracy.toFixed(1)} (Table ${paper.table})`;
}

/** What is in a cell of a Markdown table, so that it stays one. */
const cell = (text: string): string => oneLine(text, 120).replace(/[\\|`*_<>[\]]/g, '\\$&');

/** The rows as cells, the heads first. A column that says nothing is left out. */
export function tableCells({ rows, kind }: ExperimentTable): string[][] {
  const columns: readonly [head: string, of: (row: TableRow) => string][] = [
    [kind === 'sweep' ? 'overrides' : 'model', row => row.title],
    ['exact, % (95 %)', accuracy],
    ['per seed', row => row.runs.map(outcome).join(', ')],
    ['cells, %', row => (row.cells === null ? '–' : percent(row.cells))],
    ['parameters', row => row.parameters?.toLocaleString('en-US') ?? '–'],
    ['depth', row => (row.depth === null ? '–' : String(row.depth))],
    ['time a run', row => (row.seconds === null ? '–' : durationText(row.seconds))],
    ...(kind === 'sweep' ? [] : [['the paper, %', paper] satisfies [string, unknown]]),
  ];
  return [columns.map(([head]) => head), ...rows.map(row => columns.map(([, of]) => of(row)))];
}

/** How far it is, in a sentence. */
export function progressText({ finished, ended, open }: ExperimentTable): string {
  const parts = [`${finished} of ${finished + ended + open} runs finished`];
  if (open > 0) parts.push(`${open} to go`);
  if (ended > 0) parts.push(`${ended} ended otherwise and not counted`);
  return `${parts.join(', ')}.`;
}

/** What was tested on, and how long all were trained; null while no run has finished. */
function basisText({ rows }: ExperimentTable): string | null {
  const finished = rows.flatMap(row => row.runs).filter(run => run.eval !== null);
  const [first] = finished;
  if (!first) return null;
  const same = <T>(of: (run: TableRun) => T): T | null => (finished.every(run => of(run) === of(first)) ? of(first) : null);
  const [count, steps] = [same(run => run.eval!.count), same(run => run.step)];
  return [
    count === null ? 'Runs were evaluated on different numbers of test puzzles' : `Share of ${count.toLocaleString('en-US')} test puzzles wholly right at the last evaluation`,
    steps === null ? 'after different numbers of optimiser steps' : `after ${steps.toLocaleString('en-US')} optimiser steps`,
    'mean over seeds with a 95 % interval: the wider of Student\'s t over seeds and Wilson\'s over all answers',
  ].join(', ').concat('.');
}

/** The whole as a Markdown document. */
export function tableMarkdown(table: ExperimentTable): string {
  const [heads, ...rows] = tableCells(table);
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const total = table.rows.flatMap(row => row.runs).reduce((sum, run) => sum + run.seconds, 0);
  const basis = basisText(table);
  return [
    `# ${cell(table.id)}`, '',
    `${progressText(table)}${total > 0 ? ` ${durationText(total)} of computing so far.` : ''}`, '',
    ...(basis === null ? [] : [basis, '']),
    line(heads!), `|${heads!.map(() => '---').join('|')}|`, ...rows.map(line), '',
    ...(table.kind === 'sweep' ? [] : ['The paper\'s numbers are of Sudoku-Extreme, width 512, trained for hours on a GPU: the order of the rows can be compared, the numbers cannot.', '']),
  ].join('\n');
}
