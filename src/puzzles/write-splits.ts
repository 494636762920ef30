/**
 * From puzzles to a dataset folder, whatever kind they are: each split's puzzles, with their stored copies, stream to disk in
 * the published layout, so 1,000 copies of 1,000 puzzles need no memory. All of a dataset is written or nothing.
 */
import { join } from 'node:path';
import type { DatasetError } from './errors';
import { Pacer } from './pacing';
import type { LongWork } from './pacing';
import { readPuzzleCsv, samplePuzzleCsv } from './puzzle-csv';
import type { CsvOptions } from './puzzle-csv';
import type { SplitName } from './read-dataset';
import { DatasetWriter } from './write-dataset';
import type { Puzzle, RowFormat } from './write-dataset';

/** Rows written for one split. */
export interface SplitCounts {
  /** Original puzzles. */
  readonly groups: number;
  /** With their stored copies. */
  readonly puzzles: number;
  /** Rows: a puzzle may have several examples. */
  readonly examples: number;
}

/** What a build made. */
export interface BuildReport {
  readonly folder: string;
  /** Undefined when only the other split was asked for. */
  readonly train: SplitCounts | undefined;
  readonly test: SplitCounts | undefined;
  /** Damaged CSV rows left out: how many, and what was wrong with the first few. */
  readonly skipped: { readonly count: number; readonly first: readonly string[] };
  /** More about it, a line each. */
  readonly notes: readonly string[];
  /** What makes it doubtful, a line each. */
  readonly warnings: readonly string[];
  readonly seconds: number;
}

/** CSV files to build from; a split without a file is not written. */
export interface CsvSource {
  readonly csv: Partial<Record<SplitName, { readonly path: string; /** Take this many at random; undefined: all. */ readonly count?: number | undefined }>>;
  readonly minRating?: number | undefined;
  /** Leave out damaged rows instead of stopping at the first. */
  readonly skipBadRows?: boolean;
}

/** The CSV files of a folder in the published names. */
export function csvFilesOf(folder: string): Record<SplitName, { path: string }> {
  return { train: { path: join(folder, 'train.csv') }, test: { path: join(folder, 'test.csv') } };
}

/** The puzzles of one split on their way to disk. */
export interface SplitSource<P> {
  readonly split: SplitName;
  readonly puzzles: Iterable<P> | AsyncIterable<P>;
  /** How many; undefined when they report their own progress. */
  readonly total?: number;
  /** Share of the whole build that writing them is. */
  readonly share: readonly [number, number];
}

/** How puzzles become rows. */
export interface SplitsBuild<P> {
  readonly format: RowFormat;
  /** A puzzle (number `index` of its split) as a group: itself first, then, in training, its stored copies. */
  readonly group: (puzzle: P, split: SplitName, index: number) => Iterable<Puzzle>;
  /** Replace a dataset that is already there. */
  readonly overwrite?: boolean | undefined;
  /** Recorded beside the data in `built_from.json`. */
  readonly builtFrom?: unknown;
}

/** Damaged rows of CSV files, counted. */
export class SkippedRows {
  count = 0;
  readonly first: string[] = [];

  /** Counts one. */
  readonly add = (error: DatasetError): void => {
    if (this.count++ < 5) this.first.push(error.message);
  };
}

/** The splits of CSV files, one after the other. */
export async function* csvSplits<P>(source: CsvSource, rows: Pick<CsvOptions<P>, 'parse' | 'form'>, seed: number, skipped: SkippedRows, work: LongWork): AsyncGenerator<SplitSource<P>> {
  const options: CsvOptions<P> = { ...rows, minRating: source.minRating, onBadRow: source.skipBadRows ? skipped.add : undefined };
  const shares = { train: [0, 0.3, 0.8], test: [0.8, 0.9, 1] } as const;
  for (const split of ['train', 'test'] as const) {
    const file = source.csv[split];
    if (!file) continue;
    const [from, middle, to] = shares[split];
    if (file.count === undefined) yield { split, puzzles: readPuzzleCsv(file.path, options, work, [from, to]), share: [from, to] };
    else yield { split, puzzles: await samplePuzzleCsv(file.path, file.count, seed, options, work, [from, middle]), total: file.count, share: [middle, to] };
  }
}

/** Generated puzzles as splits, written in the last fifth of the build. */
export function* generatedSplits<P>({ train, test }: { readonly train: readonly P[]; readonly test: readonly P[] }): Generator<SplitSource<P>> {
  yield { split: 'train', puzzles: train, total: train.length, share: [0.8, 0.95] };
  yield { split: 'test', puzzles: test, total: test.length, share: [0.95, 1] };
}

/**
 * Writes a dataset of puzzles with one example each at `folder`: all of it or, on any failure or abort, nothing. Throws
 * DatasetError, or the signal's reason.
 */
export async function writeSplits<P>(folder: string, build: SplitsBuild<P>, sources: AsyncIterable<SplitSource<P>>, skipped: SkippedRows, work: LongWork): Promise<BuildReport> {
  const started = performance.now();
  const writer = new DatasetWriter(folder, build.overwrite);
  const counts: Partial<Record<SplitName, SplitCounts>> = {};
  try {
    for await (const { split, puzzles, total, share } of sources) {
      const rows = writer.split(split, build.format);
      const pacer = new Pacer(work, `Writing ${split}`, ...share);
      let index = 0;
      for await (const puzzle of puzzles) {
        rows.addGroup(build.group(puzzle, split, index));
        index++;
        if (total !== undefined) await pacer.tick(index, total);
      }
      if (total !== undefined) pacer.finish(total);
      counts[split] = rows.counts;
      rows.finish({ total_puzzles: rows.counts.groups }); // the published builders count groups, not copies, as total_puzzles
    }
    writer.json('identifiers.json', ['<blank>']);
    if (build.builtFrom !== undefined) writer.json('built_from.json', build.builtFrom);
    writer.finish();
    return { folder, train: counts.train, test: counts.test, skipped: { count: skipped.count, first: skipped.first }, notes: [], warnings: [], seconds: (performance.now() - started) / 1000 };
  } catch (thrown) {
    writer.abort();
    throw thrown;
  }
}
