/**
 * Reading `.npy` arrays of integers. A table (inputs, labels) stays on disk: rows are read by position through a small
 * cache of blocks, so a file of millions of rows costs a few MiB, and a small one is soon held whole. Index arrays are
 * short next to the tables and are loaded whole.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DatasetError, readError } from './errors';
import { npyDataOffset, npyItemBytes, npyPreambleBytes, parseNpyHeader } from './npy-header';
import type { NpyHeader, NpyType } from './npy-header';

const blockBytes = 16 * 1024;
const cachedBlocks = 256;

type Decode = (from: Buffer, at: number) => number;

const decoders: Readonly<Record<NpyType, Decode>> = {
  '|u1': (from, at) => from[at]!,
  '|b1': (from, at) => (from[at] === 0 ? 0 : 1),
  '|i1': (from, at) => from.readInt8(at),
  '<u2': (from, at) => from.readUInt16LE(at),
  '<i2': (from, at) => from.readInt16LE(at),
  '<u4': (from, at) => from.readUInt32LE(at),
  '<i4': (from, at) => from.readInt32LE(at),
  '<u8': (from, at) => Number(from.readBigUInt64LE(at)),
  '<i8': (from, at) => Number(from.readBigInt64LE(at)),
};

/** Decodes `out.length` numbers at byte `at`; refuses those that do not fit 32 bits. */
function decodeInto(path: string, type: NpyType, from: Buffer, at: number, out: Int32Array): void {
  const decode = decoders[type];
  const bytes = npyItemBytes[type];
  const wide = bytes >= 4;
  for (let i = 0; i < out.length; i++) {
    const value = decode(from, at + i * bytes);
    if (wide && value !== (value | 0)) throw new DatasetError('bad-array', `${path}: holds ${value}, expected numbers of at most 32 bits`, 'Tokens, identifiers and offsets must fit 32 bits.');
    out[i] = value;
  }
}

/** Reads exactly `into.length` bytes at `position`; fewer is a DatasetError `truncated`. */
function readFully(path: string, file: number, into: Buffer, position: number): void {
  let done = 0;
  while (done < into.length) {
    const read = readSync(file, into, done, into.length - done, position + done);
    if (read === 0) {
      throw new DatasetError('truncated', `${path}: ends at byte ${position + done}, expected ${position + into.length}`, 'The file is cut short: copy or build the dataset again.');
    }
    done += read;
  }
}

function openNpy(path: string): { file: number; header: NpyHeader } {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    throw readError(path, thrown);
  }
  try {
    const size = fstatSync(file).size;
    const preamble = Buffer.alloc(npyPreambleBytes);
    readFully(path, file, preamble, 0);
    const start = Buffer.alloc(npyDataOffset(path, preamble));
    readFully(path, file, start, 0);
    const header = parseNpyHeader(path, start);
    const expected = header.shape.reduce((product, axis) => product * axis, npyItemBytes[header.type]);
    const found = size - header.dataOffset;
    if (found !== expected) {
      const shape = `(${header.shape.join(', ')}) of ${npyItemBytes[header.type]}-byte numbers`;
      throw found < expected
        ? new DatasetError('truncated', `${path}: truncated: its header says ${shape}, expected ${expected} bytes of data, found ${found}`, 'The file is cut short: copy or build the dataset again.')
        : new DatasetError('bad-array', `${path}: its header says ${shape}, expected ${expected} bytes of data, found ${found}`, 'The header does not belong to this data: build the dataset again.');
    }
    return { file, header };
  } catch (thrown) {
    closeSync(file);
    throw readError(path, thrown);
  }
}

function mustHaveAxes(path: string, header: NpyHeader, axes: number, meaning: string): void {
  if (header.shape.length === axes) return;
  throw new DatasetError('bad-array', `${path}: has ${header.shape.length} axes, expected ${axes} (${meaning})`, 'Build the dataset again in the published layout.');
}

/** A table [rows, columns] on disk, read row by row. Throws DatasetError when the file is not what its header says. */
export class NpyTable {
  readonly rows: number;
  readonly columns: number;
  private readonly header: NpyHeader;
  private readonly rowBytes: number;
  private readonly rowsPerBlock: number;
  private readonly blocks = new Map<number, Buffer>();
  private file: number | undefined;

  constructor(readonly path: string) {
    const { file, header } = openNpy(path);
    this.file = file;
    this.header = header;
    try {
      mustHaveAxes(path, header, 2, 'rows, columns');
    } catch (thrown) {
      this.close();
      throw thrown;
    }
    this.rows = header.shape[0]!;
    this.columns = header.shape[1]!;
    this.rowBytes = this.columns * npyItemBytes[header.type];
    this.rowsPerBlock = Math.max(1, Math.floor(blockBytes / Math.max(1, this.rowBytes)));
  }

  /** Reads row `row` into `out` (length `columns`). Throws RangeError for a row that does not exist. */
  readRow(row: number, out: Int32Array): void {
    if (!(row >= 0 && row < this.rows)) throw new RangeError(`${this.path}: row ${row} of ${this.rows}`);
    if (out.length !== this.columns) throw new RangeError(`${this.path}: a row has ${this.columns} numbers, not ${out.length}`);
    const blockIndex = Math.floor(row / this.rowsPerBlock);
    decodeInto(this.path, this.header.type, this.block(blockIndex), (row - blockIndex * this.rowsPerBlock) * this.rowBytes, out);
  }

  private block(index: number): Buffer {
    const held = this.blocks.get(index);
    if (held) return held;
    if (this.file === undefined) throw new Error(`${this.path}: read after close`);
    const firstRow = index * this.rowsPerBlock;
    const wanted = Math.min(this.rowsPerBlock, this.rows - firstRow) * this.rowBytes;
    let buffer: Buffer | undefined;
    if (this.blocks.size >= cachedBlocks) {
      const [oldest, reusable] = this.blocks.entries().next().value!;
      this.blocks.delete(oldest);
      if (reusable.length === wanted) buffer = reusable;
    }
    buffer ??= Buffer.allocUnsafeSlow(wanted);
    try {
      readFully(this.path, this.file, buffer, this.header.dataOffset + firstRow * this.rowBytes);
    } catch (thrown) {
      throw readError(this.path, thrown);
    }
    this.blocks.set(index, buffer);
    return buffer;
  }

  /** Closes the file; reading afterwards throws. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
    this.blocks.clear();
  }
}

/** Loads a whole array of one axis. Throws DatasetError. */
export function readNpyVector(path: string): Int32Array {
  const { file, header } = openNpy(path);
  try {
    mustHaveAxes(path, header, 1, 'one number per entry');
    const out = new Int32Array(header.shape[0]!);
    const bytes = npyItemBytes[header.type];
    const chunk = Buffer.alloc(Math.min(1 << 20, Math.max(1, out.length) * bytes)); // 1 MiB is a multiple of every number's size
    for (let first = 0; first < out.length; first += chunk.length / bytes) {
      const part = out.subarray(first, Math.min(out.length, first + chunk.length / bytes));
      readFully(path, file, chunk.subarray(0, part.length * bytes), header.dataOffset + first * bytes);
      decodeInto(path, header.type, chunk, 0, part);
    }
    return out;
  } catch (thrown) {
    throw readError(path, thrown);
  } finally {
    closeSync(file);
  }
}
