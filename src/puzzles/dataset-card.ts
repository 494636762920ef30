/**
 * What `run.json` records of a dataset: where it is, how much is in it, and a hash that tells whether it is still the
 * same when the run is resumed or compared.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { readError } from './errors';
import { openSplit, readMetadata } from './read-dataset';
import type { SplitName } from './read-dataset';

/** Facts of one split, as in `run.json`. */
export interface DatasetFacts {
  /** Folders as given. */
  paths: string[];
  split: SplitName;
  examples: number;
  puzzles: number;
  groups: number;
  identifiers: number;
  seq_len: number;
  vocab_size: number;
  /** How training rows are varied, in words; null: not at all. */
  augment: string | null;
  /** `sha256:...` of all files, or `sha256-of-sizes-and-ends:...` when one is too large to read whole. */
  content_hash: string;
}

const mebibyte = 1 << 20;
/** Files up to this size are hashed whole; of larger ones the size and the first and last MiB. */
const wholeUpTo = 64 * mebibyte;

/** Hashes one file into `hash`; returns false when only its size and ends were. */
function hashFile(path: string, hash: Hash, chunk: Buffer): boolean {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const size = fstatSync(file).size;
    hash.update(`${size}\n`);
    const starts = size <= wholeUpTo ? Array.from({ length: Math.ceil(size / mebibyte) }, (_, i) => i * mebibyte) : [0, size - mebibyte];
    for (const start of starts) hash.update(chunk.subarray(0, readSync(file, chunk, 0, mebibyte, start)));
    return size <= wholeUpTo;
  } catch (thrown) {
    throw readError(path, thrown);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function contentHash(folders: readonly string[], split: SplitName): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(mebibyte);
  let whole = true;
  for (const folder of folders) {
    const arrays = readMetadata(folder, split).sets.flatMap(set => ['inputs', 'labels', 'puzzle_identifiers', 'puzzle_indices', 'group_indices'].map(field => `${set}__${field}.npy`));
    for (const name of ['dataset.json', ...arrays]) {
      hash.update(`${name}\n`);
      whole = hashFile(join(folder, split, name), hash, chunk) && whole;
    }
  }
  return `${whole ? 'sha256' : 'sha256-of-sizes-and-ends'}:${hash.digest('hex')}`;
}

/**
 * The card of a split. `onTheFly`: the config draws fresh symmetries at every use (training only). Reads up to 64 MiB of
 * each file. Throws DatasetError.
 */
export function datasetCard(folders: readonly string[], split: SplitName, onTheFly = false): DatasetFacts {
  const opened = openSplit(folders, split);
  try {
    const puzzles = opened.puzzleIndices.length - 1;
    const groups = opened.groupIndices.length - 1;
    const copies = groups > 0 ? puzzles / groups - 1 : 0;
    const stored = copies > 0 ? `${Number.isInteger(copies) ? copies : copies.toFixed(1)} stored copies per puzzle` : null;
    const drawn = onTheFly && split === 'train' ? 'a fresh symmetry at every draw' : null;
    return {
      paths: [...folders],
      split,
      examples: opened.examples,
      puzzles,
      groups,
      identifiers: opened.metadata.num_puzzle_identifiers,
      seq_len: opened.metadata.seq_len,
      vocab_size: opened.metadata.vocab_size,
      augment: [stored, drawn].filter(part => part !== null).join(', ') || null,
      content_hash: contentHash(folders, split),
    };
  } finally {
    opened.close();
  }
}
