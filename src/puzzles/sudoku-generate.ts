/**
 * Sudoku puzzles with exactly one solution: a random full board, emptied cell by cell as long as the solution stays the
 * only one. All puzzles of a dataset, train and test together, differ up to symmetry, so a model that solves a test
 * puzzle has not met it in another guise. The empty cells are graded: as many puzzles of each count in the range as of
 * the next.
 */
import { RandomStream } from '../random/stream';
import { DatasetError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';
import { sudokuGeometry } from './sudoku-board';
import type { SudokuGeometry, SudokuSize } from './sudoku-board';
import { searchSudoku } from './sudoku-solve';
import { symmetryFingerprint } from './sudoku-symmetry';

/** A question (0 = empty) with its solution, both n*n digits. */
export interface SudokuPuzzle {
  readonly question: Uint8Array;
  readonly solution: Uint8Array;
}

/** Fewest and most empty cells by default, per side. */
export const defaultHoles: Readonly<Record<SudokuSize, readonly [number, number]>> = { 4: [8, 11], 6: [18, 22], 9: [45, 54] };

/** Fewest givens any uniquely solvable board has: no range of holes can go beyond. */
const fewestGivens: Readonly<Record<SudokuSize, number>> = { 4: 4, 6: 8, 9: 17 };

/** Tries in a row without a new puzzle after which a count of empty cells is taken to be exhausted. */
const patience = 1000;

/**
 * Tries to make a puzzle with `holes` empty cells: a random full board, cells emptied in random order where the solution
 * stays unique. Undefined when this board and order do not get that far.
 */
export function drawSudoku(stream: RandomStream, geometry: SudokuGeometry, holes: number): SudokuPuzzle | undefined {
  const solution = searchSudoku(geometry, new Uint8Array(geometry.cells), 1, stream).first!;
  const question = solution.slice();
  let empty = 0;
  const order = stream.permutation(geometry.cells);
  for (let i = 0; i < order.length && empty < holes; i++) {
    if (empty + order.length - i < holes) return undefined;
    const cell = order[i]!;
    question[cell] = 0;
    if (searchSudoku(geometry, question, 2).solutions === 1) empty++;
    else question[cell] = solution[cell]!;
  }
  return empty === holes ? { question, solution } : undefined;
}

/** What to generate. */
export interface GenerateOptions {
  readonly size: SudokuSize;
  readonly train: number;
  readonly test: number;
  /** Fewest and most empty cells. Default: by size. */
  readonly holes?: readonly [number, number] | undefined;
  readonly seed: number;
}

/** Puzzles of both splits, in random order, and how many there are of each count of empty cells. */
export interface GeneratedSudoku {
  readonly train: SudokuPuzzle[];
  readonly test: SudokuPuzzle[];
  readonly holes: { count: number; train: number; test: number }[];
}

function checkHoles(size: SudokuSize, [fewest, most]: readonly [number, number]): void {
  const limit = size * size - fewestGivens[size];
  if (fewest >= 1 && fewest <= most && most <= limit) return;
  throw new DatasetError('bad-option', `holes: [${fewest}, ${most}]: expected fewest <= most, both from 1 to ${limit} on a ${size} x ${size} board`, `Leave holes out to get [${defaultHoles[size].join(', ')}].`);
}

/**
 * Generates both splits. The same options always give the same puzzles. Throws DatasetError `bad-option` for impossible
 * holes, `not-enough` when there are not that many different puzzles, or the signal's reason.
 */
export async function generateSudoku(options: GenerateOptions, work: LongWork = {}, share: readonly [number, number] = [0, 1]): Promise<GeneratedSudoku> {
  const { size, train, test, seed } = options;
  const range = options.holes ?? defaultHoles[size];
  checkHoles(size, range);
  const geometry = sudokuGeometry(size);
  const total = train + test;
  const pools = Array.from({ length: range[1] - range[0] + 1 }, (_, i) => ({ count: range[0] + i, puzzles: [] as SudokuPuzzle[], tries: 0, inVain: 0 }));
  const known = new Set<string>();
  const pacer = new Pacer(work, `Generating ${size} x ${size} puzzles`, ...share);

  while (known.size < total) {
    const open = pools.filter(pool => pool.inVain < patience);
    if (open.length === 0) {
      throw new DatasetError(
        'not-enough',
        `Found ${known.size} different ${size} x ${size} puzzles with ${range[0]} to ${range[1]} empty cells, ${total} asked for (train ${train} + test ${test}).`,
        'Ask for fewer, or widen holes: symmetric copies count as one puzzle.',
      );
    }
    const pool = open.reduce((least, other) => (other.puzzles.length < least.puzzles.length ? other : least));
    const puzzle = drawSudoku(RandomStream.named(seed, `sudoku-${size}x${size}`, pool.count, pool.tries++), geometry, pool.count);
    const fingerprint = puzzle && symmetryFingerprint(geometry, puzzle.question);
    if (puzzle && fingerprint !== undefined && !known.has(fingerprint)) {
      known.add(fingerprint);
      pool.puzzles.push(puzzle);
      pool.inVain = 0;
    } else pool.inVain++;
    await pacer.tick(known.size, total);
  }
  pacer.finish(total);

  const splits = { train: [] as SudokuPuzzle[], test: [] as SudokuPuzzle[] };
  const holes = pools.map(({ count }) => ({ count, train: 0, test: 0 }));
  let at = 0;
  pools.forEach((pool, i) => {
    for (const puzzle of pool.puzzles) {
      const split = Math.floor(((at + 1) * test) / total) > Math.floor((at * test) / total) ? 'test' : 'train';
      splits[split].push(puzzle);
      holes[i]![split]++;
      at++;
    }
  });
  const shuffled = (split: 'train' | 'test') => Array.from(RandomStream.named(seed, `sudoku-order-${split}`).permutation(splits[split].length), i => splits[split][i]!);
  return { train: shuffled('train'), test: shuffled('test'), holes };
}
