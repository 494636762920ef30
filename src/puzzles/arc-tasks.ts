/**
 * ARC tasks from JSON: a challenges file (`{task: {train: [{input, output}], test: [{input}]}}`) with a solutions file beside
 * it (`{task: [output, ...]}`), or one file with everything. Files come from anywhere, so size and shape are checked before
 * anything is made of them.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { arcColours, arcSide } from './arc-board';
import type { Grid } from './dihedral';
import { DatasetError, readError } from './errors';

/** An example of a task. */
export interface ArcPair {
  readonly input: Grid;
  readonly output: Grid;
}

/** A task: examples to learn the rule from, and examples to be solved. */
export interface ArcTask {
  readonly id: string;
  readonly train: readonly ArcPair[];
  readonly test: readonly ArcPair[];
}

/** Tasks of a file, in its order. */
export interface ArcTasks {
  readonly tasks: readonly ArcTask[];
  /** False when the outputs of the test pairs are unknown; each is then one black cell, as published. */
  readonly solved: boolean;
}

/** Bytes of a file that is read; the largest published one has 4 MB, and a built `test_puzzles.json` no more. */
const largestFile = 64 << 20;

function bad(path: string, what: string): DatasetError {
  return new DatasetError('bad-metadata', `${path}: ${what}`, 'Use the challenge and solution files of ARC-AGI as they are published.');
}

/** Something read from JSON, cut short for a message. */
function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function readJson(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > largestFile) throw bad(path, `has ${size} bytes, expected at most ${largestFile}`);
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    throw readError(path, thrown);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw bad(path, `not JSON: ${thrown instanceof Error ? thrown.message.slice(0, 100) : ''}`);
  }
  if (!isMapping(value)) throw bad(path, 'expected a mapping of tasks');
  return value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A grid from rows of numbers. `where` names it. Throws DatasetError. */
function parseGrid(path: string, where: string, value: unknown): Grid {
  const side = `1 to ${arcSide}`;
  if (!Array.isArray(value)) throw bad(path, `${where}: expected rows of numbers, found ${isMapping(value) ? 'a mapping' : shown(value)}`);
  const rows = value.length;
  if (rows < 1 || rows > arcSide) throw bad(path, `${where}: ${rows} rows, expected ${side}`);
  const cols = Array.isArray(value[0]) ? value[0].length : 0;
  if (cols < 1 || cols > arcSide) throw bad(path, `${where}: ${cols} columns, expected ${side}`);
  const cells = new Uint8Array(rows * cols);
  value.forEach((row: unknown, r) => {
    if (!Array.isArray(row) || row.length !== cols) throw bad(path, `${where}: row ${r + 1} has ${Array.isArray(row) ? row.length : 'no'} columns, expected ${cols} as in row 1`);
    row.forEach((colour: unknown, c) => {
      if (typeof colour !== 'number' || !Number.isInteger(colour) || colour < 0 || colour >= arcColours) throw bad(path, `${where}: row ${r + 1}, column ${c + 1} is ${shown(colour)}, expected a colour of 0 to ${arcColours - 1}`);
      cells[r * cols + c] = colour;
    });
  });
  return { rows, cols, cells };
}

const unknownOutput: Grid = { rows: 1, cols: 1, cells: new Uint8Array(1) };

/** The pairs of a task's `train` or `test`. `outputs` stand in for those that are not beside their inputs. */
function parsePairs(path: string, where: string, value: unknown, outputs: (index: number) => Grid | undefined): ArcPair[] {
  if (!Array.isArray(value) || value.length === 0) throw bad(path, `${where}: expected a list of at least one pair`);
  return value.map((pair: unknown, index) => {
    const name = `${where} ${index + 1}`;
    if (!isMapping(pair)) throw bad(path, `${name}: expected a mapping with input and output`);
    const output = outputs(index);
    return { input: parseGrid(path, `${name} input`, pair['input']), output: output ?? parseGrid(path, `${name} output`, pair['output']) };
  });
}

/** Reads tasks; `solutions` is a path, used when that file is there. Throws DatasetError naming file, task and place. */
export function readArcTasks(path: string, solutions?: string): ArcTasks {
  const challenges = readJson(path);
  const solved = solutions !== undefined && existsSync(solutions) ? readJson(solutions) : undefined;
  let known = true;
  const tasks = Object.entries(challenges).map(([id, value]): ArcTask => {
    const where = `task ${shown(id)}`;
    if (!isMapping(value)) throw bad(path, `${where}: expected a mapping with train and test`);
    if (id.includes('|||')) throw bad(path, `${where}: '|||' cannot be part of a name`);
    const answers = solved && Object.hasOwn(solved, id) ? solved[id] : undefined;
    if (solved && !(Array.isArray(answers) && Array.isArray(value['test']) && answers.length === value['test'].length)) {
      throw bad(solutions!, `${where}: ${Array.isArray(answers) ? answers.length : 'no'} solutions, expected one for each of its test pairs`);
    }
    const output = (index: number): Grid | undefined => {
      if (Array.isArray(answers)) return parseGrid(solutions!, `${where}, solution ${index + 1}`, answers[index]);
      const pair: unknown = (value['test'] as unknown[])[index];
      if (isMapping(pair) && pair['output'] !== undefined) return undefined;
      known = false;
      return unknownOutput;
    };
    return { id, train: parsePairs(path, `${where}, train pair`, value['train'], () => undefined), test: parsePairs(path, `${where}, test pair`, value['test'], output) };
  });
  if (tasks.length === 0) throw bad(path, 'holds no tasks');
  return { tasks, solved: known };
}
