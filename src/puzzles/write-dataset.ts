/**
 * Writing datasets in the published folder layout, row by row. Everything goes into a temporary folder beside the target
 * that takes its place in one rename at the end: a reader meets the whole dataset or none of it.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { DatasetMetadata } from './dataset';
import { DatasetError, systemCode, writeError } from './errors';
import { NpyWriter } from './npy-write';
import type { SplitName } from './read-dataset';

/** What is the same in every row of a split. */
export type RowFormat = Pick<DatasetMetadata, 'pad_id' | 'ignore_label_id' | 'blank_identifier_id' | 'vocab_size' | 'seq_len' | 'num_puzzle_identifiers'>;

/** One question with its solution, both [seq_len] tokens of 0..255. */
export interface Example {
  readonly inputs: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** A puzzle: its identifier and its examples. */
export interface Puzzle {
  readonly identifier: number;
  readonly examples: readonly Example[];
}

/** Entries of a folder; none when it is not there. Throws DatasetError `unwritable` when it is not a folder. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw writeError(folder, thrown);
  }
}

const ownEntries: readonly string[] = ['train', 'test', 'identifiers.json', 'test_puzzles.json', 'built_from.json'];

/** Throws DatasetError `exists` when `folder` must not be written: it holds something and may not be, or is not, a dataset. */
export function refuseToOverwrite(folder: string, overwrite: boolean): void {
  const entries = entriesOf(folder);
  if (entries.length === 0) return;
  const foreign = entries.find(entry => !ownEntries.includes(entry));
  if (foreign !== undefined) throw new DatasetError('exists', `${folder}: holds ${foreign}, which is not part of a dataset, so it is not replaced.`, 'Choose another folder.');
  if (!overwrite) throw new DatasetError('exists', `${folder}: already holds a dataset.`, 'Choose another folder, delete this one, or ask for it to be overwritten.');
}

/** Writes one set, `all`, of one split. */
export class SplitWriter {
  private readonly arrays;
  private examples = 0;
  private puzzles = 0;
  private groups = 0;

  constructor(private readonly folder: string, private readonly format: RowFormat) {
    const path = (field: string) => join(folder, `all__${field}.npy`);
    this.arrays = {
      inputs: new NpyWriter(path('inputs'), '|u1', format.seq_len),
      labels: new NpyWriter(path('labels'), '|u1', format.seq_len),
      puzzleIdentifiers: new NpyWriter(path('puzzle_identifiers'), '<i4'),
      puzzleIndices: new NpyWriter(path('puzzle_indices'), '<i4'),
      groupIndices: new NpyWriter(path('group_indices'), '<i4'),
    };
    this.arrays.puzzleIndices.append([0]);
    this.arrays.groupIndices.append([0]);
  }

  /** Appends one group: a puzzle and its augmented copies. */
  addGroup(puzzles: Iterable<Puzzle>): void {
    for (const puzzle of puzzles) {
      for (const example of puzzle.examples) {
        this.arrays.inputs.append(example.inputs);
        this.arrays.labels.append(example.labels);
        this.examples++;
      }
      this.arrays.puzzleIdentifiers.append([puzzle.identifier]);
      this.arrays.puzzleIndices.append([this.examples]);
      this.puzzles++;
    }
    this.arrays.groupIndices.append([this.puzzles]);
    this.groups++;
  }

  /** Groups, puzzles and examples so far. */
  get counts(): { groups: number; puzzles: number; examples: number } {
    return { groups: this.groups, puzzles: this.puzzles, examples: this.examples };
  }

  /** Ends the arrays and writes `dataset.json`, with what was not known before or is published otherwise. */
  finish(known: Partial<Pick<DatasetMetadata, 'total_puzzles' | 'num_puzzle_identifiers'>> = {}): void {
    for (const array of Object.values(this.arrays)) array.finish();
    const metadata: DatasetMetadata = {
      ...this.format,
      total_groups: this.groups,
      mean_puzzle_examples: this.puzzles === 0 ? 1 : this.examples / this.puzzles,
      total_puzzles: this.puzzles,
      sets: ['all'],
      ...known,
    };
    writeJson(join(this.folder, 'dataset.json'), metadata);
  }

  /** Closes the files as they are. */
  abort(): void {
    for (const array of Object.values(this.arrays)) array.abort();
  }
}

function writeJson(path: string, value: unknown): void {
  try {
    writeFileSync(path, JSON.stringify(value), { flush: true });
  } catch (thrown) {
    throw writeError(path, thrown);
  }
}

/** A dataset folder being written; nothing is at its place until `finish`, and nothing anywhere after `abort`. */
export class DatasetWriter {
  private readonly folder: string;
  private readonly temporary: string;
  private readonly splits: SplitWriter[] = [];

  /** Throws DatasetError `exists` or `unwritable`. */
  constructor(folder: string, private readonly overwrite = false) {
    this.folder = resolve(folder);
    refuseToOverwrite(this.folder, overwrite);
    this.temporary = join(dirname(this.folder), `.${basename(this.folder)}.${randomBytes(4).toString('hex')}.tmp`);
    try {
      mkdirSync(this.temporary, { recursive: true });
    } catch (thrown) {
      throw writeError(this.folder, thrown);
    }
  }

  /** Begins a split. */
  split(name: SplitName, format: RowFormat): SplitWriter {
    const folder = join(this.temporary, name);
    try {
      mkdirSync(folder);
    } catch (thrown) {
      throw writeError(folder, thrown);
    }
    const writer = new SplitWriter(folder, format);
    this.splits.push(writer);
    return writer;
  }

  /** Writes a JSON file of the dataset's root, e.g. `identifiers.json`. */
  json(name: string, value: unknown): void {
    writeJson(join(this.temporary, name), value);
  }

  /** Puts the dataset in its place. Throws DatasetError; the target is then as it was before. */
  finish(): void {
    const replaced = `${this.temporary}.old`;
    let moved = false;
    try {
      syncFolder(this.temporary);
      refuseToOverwrite(this.folder, this.overwrite);
      if (entriesOf(this.folder).length > 0) {
        renameSync(this.folder, replaced);
        moved = true;
      } else {
        try {
          rmdirSync(this.folder);
        } catch (thrown) {
          if (systemCode(thrown) !== 'ENOENT') throw thrown;
        }
      }
      renameSync(this.temporary, this.folder);
      syncFolder(dirname(this.folder));
    } catch (thrown) {
      if (moved) renameSync(replaced, this.folder);
      throw writeError(this.folder, thrown);
    }
    if (moved) rmSync(replaced, { recursive: true, force: true });
  }

  /** Closes and removes everything written. */
  abort(): void {
    for (const split of this.splits) split.abort();
    rmSync(this.temporary, { recursive: true, force: true });
  }
}

/** Makes a folder's entries durable, where the system can. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } catch (thrown) {
    if (systemCode(thrown) !== 'EINVAL') throw thrown; // some network file systems cannot
  } finally {
    closeSync(file);
  }
}
