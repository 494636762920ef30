/** A few small ARC tasks for tests: one for training, two for evaluation (the second with two test inputs), one concept. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Grid } from '../../src/puzzles/dihedral';

/** A grid from lines of digits. */
export function gridOf(lines: readonly string[]): Grid {
  return { rows: lines.length, cols: lines[0]!.length, cells: Uint8Array.from(lines.join(''), Number) };
}

const rowsOf = (lines: readonly string[]): number[][] => lines.map(line => Array.from(line, Number));
type Lines = readonly string[];
interface Task { train: [Lines, Lines][]; test: [Lines, Lines][] }

/** The tasks, by subset. */
const subsets: Readonly<Record<string, Readonly<Record<string, Task>>>> = {
  training: { 'train-one': { train: [[['12', '34'], ['21']], [['5'], ['56', '65']]], test: [[['789'], ['987']]] } },
  evaluation: {
    'eval-one': { train: [[['100', '020'], ['3']], [['040'], ['4']], [['5', '6', '7'], ['567']]], test: [[['12', '00', '03'], ['123']]] },
    'eval-two': { train: [[['11', '23'], ['32']], [['45', '67'], ['76']], [['891'], ['198']]], test: [[['123', '456'], ['654', '321']], [['70'], ['07', '70']]] },
  },
  concept: { idea: { train: [[['123', '000'], ['321']]], test: [[['45'], ['54']]] } },
};

const taskJson = ({ train, test }: Task): unknown => ({ train: train.map(([input, output]) => ({ input: rowsOf(input), output: rowsOf(output) })), test: test.map(([input]) => ({ input: rowsOf(input) })) });

/** Writes the published files into a folder and returns it. `more`: further subsets, as tasks' names with the subset they copy the first task of. */
export function writeArcFiles(folder: string, { solutions = true, more = {} }: { solutions?: boolean; more?: Record<string, Record<string, string>> } = {}): string {
  mkdirSync(folder, { recursive: true });
  const all = { ...subsets, ...Object.fromEntries(Object.entries(more).map(([name, tasks]) => [name, Object.fromEntries(Object.entries(tasks).map(([id, from]) => [id, Object.values(subsets[from]!)[0]!]))])) };
  for (const [name, tasks] of Object.entries(all)) {
    const file = (what: string): string => join(folder, `arc-agi_${name}_${what}.json`);
    writeFileSync(file('challenges'), JSON.stringify(Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, taskJson(task)]))));
    if (solutions) writeFileSync(file('solutions'), JSON.stringify(Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, task.test.map(([, output]) => rowsOf(output))]))));
  }
  return folder;
}
