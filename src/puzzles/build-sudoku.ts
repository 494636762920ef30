/**
 * From puzzles to a dataset folder: originals and, in training, stored symmetric copies, written in the published layout.
 * Puzzles are generated or taken from CSV files; rows stream to disk, so 1,000 copies of 1,000 puzzles need no memory.
 */
import { join } from 'node:path';
import { RandomStream } from '../random/stream';
import type { DatasetError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';
import type { SplitName } from './read-dataset';
import { sudokuFormat, sudokuGeometry, tokensOfBoard } from './sudoku-board';
import type { SudokuGeometry, SudokuSize } from './sudoku-board';
import { readSudokuCsv, sampleSudokuCsv } from './sudoku-csv';
import { defaultHoles, generateSudoku } from './sudoku-generate';
import type { GeneratedSudoku, SudokuPuzzle } from './sudoku-generate';
import { applySymmetry, drawSymmetry } from './sudoku-symmetry';
import { DatasetWriter } from './write-dataset';
import type { Puzzle } from './write-dataset';

/** Rows written for one split. */
export interface SplitCounts {
  /** Original puzzles. */
  readonly groups: number;
  /** With their stored copies. */
  readonly puzzles: number;
}

/** What a build made. */
export interface BuildReport {
  readonly folder: string;
  /** Undefined when only the other split was asked for. */
  readonly train: SplitCounts | undefined;
  readonly test: SplitCounts | undefined;
  /** Generated puzzles by their count of empty cells. */
  readonly holes?: GeneratedSudoku['holes'];
  /** Damaged CSV rows left out: how many, and what was wrong with the first few. */
  readonly skipped: { readonly count: number; readonly first: readonly string[] };
  readonly seconds: number;
}

/** CSV files to build from; a split without a file is not written. */
export interface CsvSource {
  readonly csv: Partial<Record<SplitName, { readonly path: string; /** Take this many at random; undefined: all. */ readonly count?: number | undefined }>>;
  readonly minRating?: number | undefined;
  /** Leave out damaged rows instead of stopping at the first. */
  readonly skipBadRows?: boolean;
}

/** Puzzles to generate. */
export interface GeneratedSource {
  readonly generate: { readonly train: number; readonly test: number; readonly holes?: readonly [number, number] | undefined };
}

/** A Sudoku dataset to build. */
export interface SudokuBuild {
  readonly size: SudokuSize;
  readonly from: CsvSource | GeneratedSource;
  /** Stored symmetric copies of each training puzzle. */
  readonly copies: number;
  readonly seed: number;
  /** Replace a dataset that is already there. */
  readonly overwrite?: boolean;
  /** Recorded beside the data in `built_from.json`. */
  readonly builtFrom?: unknown;
}

/** A puzzle and its symmetric copies, the original first. */
function* group(geometry: SudokuGeometry, puzzle: SudokuPuzzle, copies: number, stream: RandomStream | undefined): Generator<Puzzle> {
  const asRow = (question: Uint8Array, solution: Uint8Array): Puzzle => ({ identifier: 0, examples: [{ inputs: tokensOfBoard(question), labels: tokensOfBoard(solution) }] });
  yield asRow(puzzle.question, puzzle.solution);
  for (let copy = 0; stream && copy < copies; copy++) {
    const symmetry = drawSymmetry(stream, geometry);
    yield asRow(applySymmetry(geometry, puzzle.question, symmetry), applySymmetry(geometry, puzzle.solution, symmetry));
  }
}

/**
 * Builds a Sudoku dataset at `folder`: all of it or, on any failure or abort, nothing. Throws DatasetError, or the signal's
 * reason.
 */
export async function buildSudoku(build: SudokuBuild, folder: string, work: LongWork = {}): Promise<BuildReport> {
  const started = performance.now();
  const geometry = sudokuGeometry(build.size);
  const writer = new DatasetWriter(folder, build.overwrite);
  const skipped = { count: 0, first: [] as string[] };
  const counts: Partial<Record<SplitName, SplitCounts>> = {};

  const write = async (split: SplitName, puzzles: Iterable<SudokuPuzzle> | AsyncIterable<SudokuPuzzle>, total: number | undefined, share: readonly [number, number]) => {
    const rows = writer.split(split, sudokuFormat(build.size));
    const copies = split === 'train' ? build.copies : 0;
    const pacer = new Pacer(work, `Writing ${split}`, ...share);
    let index = 0;
    for await (const puzzle of puzzles) {
      rows.addGroup(group(geometry, puzzle, copies, copies > 0 ? RandomStream.named(build.seed, 'stored-symmetry', index) : undefined));
      index++;
      if (total !== undefined) await pacer.tick(index, total);
    }
    if (total !== undefined) pacer.finish(total);
    counts[split] = rows.counts;
    rows.finish(rows.counts.groups); // the published builder counts groups, not copies, as total_puzzles
  };

  try {
    let holes: GeneratedSudoku['holes'] | undefined;
    if ('generate' in build.from) {
      const wanted = build.from.generate;
      const generated = await generateSudoku({ size: build.size, seed: build.seed, train: wanted.train, test: wanted.test, holes: wanted.holes ?? defaultHoles[build.size] }, work, [0, 0.8]);
      await write('train', generated.train, generated.train.length, [0.8, 0.95]);
      await write('test', generated.test, generated.test.length, [0.95, 1]);
      holes = generated.holes;
    } else {
      const { csv, minRating, skipBadRows } = build.from;
      const onBadRow = (error: DatasetError) => {
        if (skipped.count++ < 5) skipped.first.push(error.message);
      };
      const shares = { train: [0, 0.3, 0.8], test: [0.8, 0.9, 1] } as const;
      for (const split of ['train', 'test'] as const) {
        const file = csv[split];
        if (!file) continue;
        const [from, middle, to] = shares[split];
        const options = { size: build.size, minRating, onBadRow: skipBadRows ? onBadRow : undefined };
        if (file.count === undefined) await write(split, readSudokuCsv(file.path, options, work, [from, to]), undefined, [from, to]);
        else await write(split, await sampleSudokuCsv(file.path, file.count, build.seed, options, work, [from, middle]), file.count, [middle, to]);
      }
    }
    writer.json('identifiers.json', ['<blank>']);
    if (build.builtFrom !== undefined) writer.json('built_from.json', build.builtFrom);
    writer.finish();
    return { folder, train: counts.train, test: counts.test, ...(holes && { holes }), skipped, seconds: (performance.now() - started) / 1000 };
  } catch (thrown) {
    writer.abort();
    throw thrown;
  }
}

/** The CSV files of a folder in the published names. */
export function csvFilesOf(folder: string): Record<SplitName, { path: string }> {
  return { train: { path: join(folder, 'train.csv') }, test: { path: join(folder, 'test.csv') } };
}
