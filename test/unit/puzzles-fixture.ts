/** Small datasets on disk for the tests of puzzles/, written by the project's own writer or byte by byte. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatasetError } from '../../src/puzzles/errors';
import type { SplitName } from '../../src/puzzles/read-dataset';
import { DatasetWriter } from '../../src/puzzles/write-dataset';
import type { RowFormat } from '../../src/puzzles/write-dataset';

/** A fresh temporary folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'trm-puzzles-'));
}

/** Rows of two tokens, vocabulary 100. */
export const pairFormat: RowFormat = { pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size: 100, seq_len: 2, num_puzzle_identifiers: 50 };

/**
 * Writes a split whose groups are lists of puzzles, given as their numbers of examples. Example e has inputs [e, e] and
 * labels [e, 0], puzzle p identifier p + 1.
 */
export function writePairs(folder: string, split: SplitName, groups: number[][], format: RowFormat = pairFormat): string {
  const writer = new DatasetWriter(folder);
  const rows = writer.split(split, format);
  let example = 0;
  let identifier = 1;
  for (const group of groups) {
    rows.addGroup(group.map(size => ({ identifier: identifier++, examples: Array.from({ length: size }, () => ({ inputs: [example, example], labels: [example++, 0] })) })));
  }
  rows.finish();
  writer.json('identifiers.json', ['<blank>']);
  writer.finish();
  return folder;
}

/** A .npy file as numpy.save writes it: the header text and the data, whatever they are. */
export function writeNpy(path: string, header: string, data: Uint8Array): void {
  const padded = `${header}${' '.repeat((64 - ((10 + header.length + 1) % 64)) % 64)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  writeFileSync(path, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(padded, 'latin1'), data]));
}

/** What the action throws, which must be a DatasetError. */
export function failureOf(action: () => unknown): DatasetError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof DatasetError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

/** As failureOf, of a promise. */
export async function rejectionOf(action: Promise<unknown>): Promise<DatasetError> {
  try {
    await action;
  } catch (thrown) {
    if (thrown instanceof DatasetError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
