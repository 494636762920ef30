/**
 * n x n mazes and their tokens, as published: `#` wall, space free, `S` start, `G` goal, `o` on the way, which are tokens 1
 * to 5; 0 is PAD, so the vocabulary has 6 entries. The solution is the question with the shortest way from S to G drawn.
 */
import type { RowFormat } from './write-dataset';

/** The published characters; character k is token k + 1. */
export const mazeCharacters = '# SGo';
/** Tokens by what they mean. */
export const mazeTokens = { wall: 1, free: 2, start: 3, goal: 4, way: 5 } as const;

/** Sides a maze may have. */
export const mazeSides = { least: 5, most: 40 } as const;

/** A question with its solution, both n*n tokens. */
export interface MazePuzzle {
  readonly question: Uint8Array;
  readonly solution: Uint8Array;
}

/** The published metadata of n x n mazes. */
export function mazeFormat(size: number): RowFormat {
  return { seq_len: size * size, vocab_size: mazeCharacters.length + 1, pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, num_puzzle_identifiers: 1 };
}

/** The side of the mazes with this vocabulary and length, or undefined when they are something else. */
export function mazeSideOf(shape: { vocab_size: number; seq_len: number }): number | undefined {
  const side = Math.sqrt(shape.seq_len);
  return shape.vocab_size === mazeCharacters.length + 1 && Number.isInteger(side) && side >= mazeSides.least ? side : undefined;
}

/** The cells beside a cell of an n x n board, at most four. */
export function neighbours(size: number, cell: number): number[] {
  const column = cell % size;
  const around: number[] = [];
  if (cell >= size) around.push(cell - size);
  if (column > 0) around.push(cell - 1);
  if (column < size - 1) around.push(cell + 1);
  if (cell < size * (size - 1)) around.push(cell + size);
  return around;
}

/** What a search from one cell found. */
export interface Distances {
  /** Steps to each cell; -1 where none leads. */
  readonly steps: Int32Array;
  /** Shortest ways to each cell: 0, 1, or 2 for two and more. */
  readonly ways: Uint8Array;
}

/** Breadth-first search over the cells that `open` allows. */
export function distancesFrom(size: number, from: number, open: (cell: number) => boolean): Distances {
  const steps = new Int32Array(size * size).fill(-1);
  const ways = new Uint8Array(size * size);
  const queue = [from];
  steps[from] = 0;
  ways[from] = 1;
  for (let at = 0; at < queue.length; at++) {
    const cell = queue[at]!;
    for (const next of neighbours(size, cell)) {
      if (!open(next)) continue;
      if (steps[next] === -1) {
        steps[next] = steps[cell]! + 1;
        queue.push(next);
      }
      if (steps[next] === steps[cell]! + 1) ways[next] = Math.min(2, ways[next]! + ways[cell]!);
    }
  }
  return { steps, ways };
}

/** The cells strictly between the start of a search and `to`, along a shortest way. */
export function cellsBetween(size: number, { steps }: Distances, to: number): number[] {
  const cells: number[] = [];
  for (let cell = to; steps[cell]! > 1;) {
    cell = neighbours(size, cell).find(next => steps[next] === steps[cell]! - 1)!;
    cells.push(cell);
  }
  return cells;
}

/**
 * Solves a maze of tokens. `solutions`: shortest ways from S to G: 0 (none, or not exactly one S and one G), 1, or 2 for two
 * and more; with exactly one, `tokens` is the maze with it drawn.
 */
export function solveMaze(size: number, question: ArrayLike<number>): { solutions: 0 | 1 | 2; tokens: Uint8Array | undefined } {
  const { wall, start, goal, free, way } = mazeTokens;
  const tokens = Uint8Array.from(question, token => (token === way ? free : token));
  const [from, to] = [tokens.indexOf(start), tokens.indexOf(goal)];
  if (from < 0 || to < 0 || tokens.lastIndexOf(start) !== from || tokens.lastIndexOf(goal) !== to) return { solutions: 0, tokens: undefined };
  const distances = distancesFrom(size, from, cell => tokens[cell] !== wall && tokens[cell] !== 0);
  const solutions = distances.ways[to] as 0 | 1 | 2;
  if (solutions !== 1) return { solutions, tokens: undefined };
  for (const cell of cellsBetween(size, distances, to)) tokens[cell] = way;
  return { solutions, tokens };
}
