/**
 * Reading datasets in the published folder layout. `<folder>/<split>/dataset.json` names its sets; each set is five
 * arrays. A split may be spread over several folders: their metadata must agree, identifiers are not shifted (as in the
 * published loader), and each set of each folder stays a training set of its own. Rows stay on disk.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prettifyError } from 'zod';
import { datasetMetadataSchema, IGNORE_LABEL_ID } from './dataset';
import type { DatasetMetadata, DatasetSplit } from './dataset';
import { DatasetError, readError } from './errors';
import { NpyTable, readNpyVector } from './npy-read';

/** Which half of a dataset. */
export type SplitName = 'train' | 'test';

const rebuild = 'Build or copy the dataset again.';

/** Reads and checks `<folder>/<split>/dataset.json`. Throws DatasetError. */
export function readMetadata(folder: string, split: SplitName): DatasetMetadata {
  const path = join(folder, split, 'dataset.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    if (existsSync(path)) throw readError(path, thrown);
    const what = existsSync(folder) ? `the folder ${folder} has no ${join(split, 'dataset.json')}` : `there is no folder ${folder}`;
    throw new DatasetError('missing', `No ${split} dataset: ${what}.`, 'Check data_paths, or say under `dataset:` how to make it.', { cause: thrown });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new DatasetError('bad-metadata', `${path}: not JSON: ${thrown instanceof Error ? thrown.message : ''}`, rebuild, { cause: thrown });
  }
  const parsed = datasetMetadataSchema.safeParse(json);
  if (!parsed.success) throw new DatasetError('bad-metadata', `${path}: ${prettifyError(parsed.error)}`, rebuild);
  return parsed.data;
}

/** Keys on which several folders of one split must agree. */
const agreeing = ['seq_len', 'vocab_size', 'pad_id', 'ignore_label_id', 'blank_identifier_id', 'num_puzzle_identifiers'] as const;

/** The metadata of several folders as one: counts added, the mean weighted by puzzles, the rest equal. */
function mergeMetadata(folders: readonly string[], all: readonly DatasetMetadata[]): DatasetMetadata {
  const [first, ...rest] = all as [DatasetMetadata, ...DatasetMetadata[]];
  rest.forEach((other, i) => {
    const key = agreeing.find(name => other[name] !== first[name]) ?? (other.sets.join() === first.sets.join() ? undefined : ('sets' as const));
    if (key) {
      throw new DatasetError(
        'mismatch',
        `${folders[i + 1]!}: ${key} is ${JSON.stringify(other[key])}, but ${JSON.stringify(first[key])} in ${folders[0]!}`,
        'Folders trained together must be of one kind: take one of them out of data_paths.',
      );
    }
  });
  const sum = (of: (metadata: DatasetMetadata) => number) => all.reduce((total, metadata) => total + of(metadata), 0);
  const puzzles = sum(metadata => metadata.total_puzzles);
  return {
    ...first,
    num_puzzle_identifiers: sum(metadata => metadata.num_puzzle_identifiers),
    total_groups: sum(metadata => metadata.total_groups),
    total_puzzles: puzzles,
    mean_puzzle_examples: puzzles === 0 ? first.mean_puzzle_examples : sum(metadata => metadata.mean_puzzle_examples * metadata.total_puzzles) / puzzles,
  };
}

/** One set of one folder. */
interface OpenSet {
  readonly inputs: NpyTable;
  readonly labels: NpyTable;
  readonly puzzleIdentifiers: Int32Array;
  readonly puzzleIndices: Int32Array;
  readonly groupIndices: Int32Array;
}

/** Checks that `offsets` runs from 0 to `end` without going down (or, `strictly`, always up). */
function checkOffsets(path: string, offsets: Int32Array, end: number, meaning: string, strictly: boolean): void {
  const bad = (what: string) => new DatasetError('bad-array', `${path}: ${what}`, rebuild);
  if (offsets[0] !== 0) throw bad(`begins with ${offsets[0] ?? 'nothing'}, expected 0`);
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! < offsets[i - 1]! || (strictly && offsets[i] === offsets[i - 1])) throw bad(`entry ${i} is ${offsets[i]!} after ${offsets[i - 1]!}, expected ${strictly ? 'more' : 'no less'}`);
  }
  if (offsets.at(-1) !== end) throw bad(`ends with ${offsets.at(-1)!}, expected ${end}, the number of ${meaning}`);
}

function openSet(folder: string, split: SplitName, set: string, metadata: DatasetMetadata): OpenSet {
  const path = (field: string) => join(folder, split, `${set}__${field}.npy`);
  const tables: NpyTable[] = [];
  try {
    const inputs = new NpyTable(path('inputs'));
    tables.push(inputs);
    const labels = new NpyTable(path('labels'));
    tables.push(labels);
    for (const table of tables) {
      if (table.columns !== metadata.seq_len) throw new DatasetError('mismatch', `${table.path}: rows of ${table.columns} tokens, expected ${metadata.seq_len} (seq_len of dataset.json)`, rebuild);
    }
    if (labels.rows !== inputs.rows) throw new DatasetError('mismatch', `${labels.path}: ${labels.rows} rows, expected ${inputs.rows}, as many as inputs`, rebuild);
    const puzzleIndices = readNpyVector(path('puzzle_indices'));
    checkOffsets(path('puzzle_indices'), puzzleIndices, inputs.rows, 'examples', false);
    const groupIndices = readNpyVector(path('group_indices'));
    checkOffsets(path('group_indices'), groupIndices, puzzleIndices.length - 1, 'puzzles', true);
    const puzzleIdentifiers = readNpyVector(path('puzzle_identifiers'));
    if (puzzleIdentifiers.length !== puzzleIndices.length - 1) {
      throw new DatasetError('mismatch', `${path('puzzle_identifiers')}: ${puzzleIdentifiers.length} entries, expected ${puzzleIndices.length - 1}, one per puzzle`, rebuild);
    }
    const outside = puzzleIdentifiers.findIndex(id => id < 0 || id >= metadata.num_puzzle_identifiers);
    if (outside >= 0) throw new DatasetError('bad-array', `${path('puzzle_identifiers')}: entry ${outside} is ${puzzleIdentifiers[outside]!}, expected 0 to ${metadata.num_puzzle_identifiers - 1}`, rebuild);
    return { inputs, labels, puzzleIdentifiers, puzzleIndices, groupIndices };
  } catch (thrown) {
    for (const table of tables) table.close();
    throw thrown;
  }
}

/** Joins prefix offsets of several sets into one: each continues where the one before ended. */
function joinOffsets(all: readonly Int32Array[]): Int32Array {
  if (all.length === 1) return all[0]!;
  const joined = new Int32Array(1 + all.reduce((total, offsets) => total + offsets.length - 1, 0));
  let at = 1;
  let base = 0;
  for (const offsets of all) {
    for (let i = 1; i < offsets.length; i++) joined[at++] = base + offsets[i]!;
    base += offsets.at(-1)!;
  }
  return joined;
}

/** The index i with offsets[i] <= value < offsets[i + 1]; empty runs are stepped over. */
function runOf(offsets: Int32Array, value: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (offsets[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

class FolderSplit implements DatasetSplit {
  readonly examples: number;
  readonly puzzleIndices: Int32Array;
  readonly groupIndices: Int32Array;
  readonly puzzleIdentifiers: Int32Array;
  readonly setGroups: Int32Array;
  private readonly setExamples: Int32Array;

  constructor(readonly metadata: DatasetMetadata, private readonly sets: readonly OpenSet[]) {
    this.puzzleIndices = joinOffsets(sets.map(set => set.puzzleIndices));
    this.groupIndices = joinOffsets(sets.map(set => set.groupIndices));
    this.setExamples = joinOffsets(sets.map(set => Int32Array.of(0, set.inputs.rows)));
    this.setGroups = joinOffsets(sets.map(set => Int32Array.of(0, set.groupIndices.length - 1)));
    this.examples = this.setExamples.at(-1)!;
    if (sets.length === 1) this.puzzleIdentifiers = sets[0]!.puzzleIdentifiers;
    else {
      this.puzzleIdentifiers = new Int32Array(this.puzzleIndices.length - 1);
      let at = 0;
      for (const set of sets) {
        this.puzzleIdentifiers.set(set.puzzleIdentifiers, at);
        at += set.puzzleIdentifiers.length;
      }
    }
  }

  readInputs(example: number, out: Int32Array): void {
    const { table, row } = this.locate('inputs', example);
    table.readRow(row, out);
    const cell = out.findIndex(token => token < 0 || token >= this.metadata.vocab_size);
    if (cell >= 0) throw this.badToken(table.path, row, cell, out[cell]!);
  }

  readLabels(example: number, out: Int32Array): void {
    const { table, row } = this.locate('labels', example);
    table.readRow(row, out);
    const { ignore_label_id: ignored, vocab_size } = this.metadata;
    for (let cell = 0; cell < out.length; cell++) {
      const label = out[cell]!;
      if (label === ignored) out[cell] = IGNORE_LABEL_ID;
      else if (label !== IGNORE_LABEL_ID && (label < 0 || label >= vocab_size)) throw this.badToken(table.path, row, cell, label);
    }
  }

  private locate(field: 'inputs' | 'labels', example: number): { table: NpyTable; row: number } {
    if (!(example >= 0 && example < this.examples)) throw new RangeError(`example ${example} of ${this.examples}`);
    const set = runOf(this.setExamples, example);
    return { table: this.sets[set]![field], row: example - this.setExamples[set]! };
  }

  private badToken(path: string, row: number, cell: number, token: number): DatasetError {
    return new DatasetError('bad-token', `${path}: row ${row}, position ${cell}: token ${token}, expected 0 to ${this.metadata.vocab_size - 1} (vocab_size ${this.metadata.vocab_size} in dataset.json)`, rebuild);
  }

  puzzleOf(example: number): number {
    if (!(example >= 0 && example < this.examples)) throw new RangeError(`example ${example} of ${this.examples}`);
    return runOf(this.puzzleIndices, example);
  }

  close(): void {
    for (const set of this.sets) {
      set.inputs.close();
      set.labels.close();
    }
  }
}

/**
 * Opens a split of one or more dataset folders. Throws DatasetError naming the file: missing, truncated, not in the
 * published layout, or folders that do not go together.
 */
export function openSplit(folders: readonly string[], split: SplitName): DatasetSplit {
  if (folders.length === 0) throw new DatasetError('missing', `No folder given for the ${split} dataset.`, 'Name one under data_paths.');
  const all = folders.map(folder => readMetadata(folder, split));
  const sets: OpenSet[] = [];
  try {
    for (const set of all[0]!.sets) {
      folders.forEach((folder, i) => {
        if (all[i]!.sets.includes(set)) sets.push(openSet(folder, split, set, all[i]!));
      });
    }
    const opened = new FolderSplit(mergeMetadata(folders, all), sets);
    const groups = opened.groupIndices.length - 1;
    if (groups !== opened.metadata.total_groups) {
      throw new DatasetError('mismatch', `${folders.join(', ')}: dataset.json counts ${opened.metadata.total_groups} groups in ${split}, the arrays hold ${groups}`, rebuild);
    }
    return opened;
  } catch (thrown) {
    for (const set of sets) {
      set.inputs.close();
      set.labels.close();
    }
    throw thrown;
  }
}
