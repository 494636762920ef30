/**
 * The header of a NumPy `.npy` file: magic, version, and a Python dict literal that names the number type and the shape.
 * Only what published datasets use is understood (little-endian integers and bool, C order); everything else is refused
 * by name, because a header comes from outside and decides how many bytes are read.
 */
import { DatasetError } from './errors';

/** Number types of the arrays: NumPy's `descr` strings, by what this project reads. */
export type NpyType = '|u1' | '|i1' | '|b1' | '<u2' | '<i2' | '<u4' | '<i4' | '<u8' | '<i8';

/** Bytes per number. */
export const npyItemBytes: Readonly<Record<NpyType, number>> = {
  '|u1': 1, '|i1': 1, '|b1': 1, '<u2': 2, '<i2': 2, '<u4': 4, '<i4': 4, '<u8': 8, '<i8': 8,
};

/** What a header says. */
export interface NpyHeader {
  readonly type: NpyType;
  /** Sizes of the axes; every one is at least 0, none is unsafe to multiply. */
  readonly shape: readonly number[];
  /** Where the numbers begin, in bytes. */
  readonly dataOffset: number;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');
const longestHeader = 64 * 1024;
/** Bytes of magic, version and the longest length field: enough to learn how long the header is. */
export const npyPreambleBytes = 12;

function bad(path: string, what: string): DatasetError {
  return new DatasetError('bad-array', `${path}: ${what}`, 'Write the array again with numpy.save: integers, C order.');
}

/** Bytes from the start of the file to its numbers, read from its first 12 bytes. Throws DatasetError `bad-array`. */
export function npyDataOffset(path: string, preamble: Buffer): number {
  if (preamble.length < npyPreambleBytes || !preamble.subarray(0, 6).equals(magic)) throw bad(path, 'not a .npy file (its first bytes are not \\x93NUMPY)');
  const major = preamble[6]!;
  if (major < 1 || major > 3) throw bad(path, `.npy version ${major}, expected 1, 2 or 3`);
  const lengthBytes = major === 1 ? 2 : 4;
  const length = preamble.readUIntLE(8, lengthBytes);
  if (length > longestHeader) throw bad(path, `its header claims ${length} bytes, expected at most ${longestHeader}`);
  return 8 + lengthBytes + length;
}

/**
 * Parses a header, given the file's first `npyDataOffset` bytes. Throws DatasetError `bad-array`, naming what was found,
 * for a number type, order or shape that is not understood.
 */
export function parseNpyHeader(path: string, start: Buffer): NpyHeader {
  const dataOffset = npyDataOffset(path, start);
  const text = start.subarray(start[6] === 1 ? 10 : 12, dataOffset).toString('latin1');
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const axes = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || axes === undefined) throw bad(path, 'its header does not name descr, fortran_order and shape');
  const type = (/^[<=][iu]1$/.test(descr) ? `|${descr.slice(1)}` : descr) as NpyType;
  if (!Object.hasOwn(npyItemBytes, type)) throw bad(path, `numbers of type '${descr}', expected one of ${Object.keys(npyItemBytes).join(' ')}`);
  if (order === 'True') throw bad(path, 'Fortran order, expected C order');
  const shape = axes.split(',').map(axis => axis.trim()).filter((axis, i, all) => axis !== '' || i < all.length - 1).map(axis => {
    if (!/^\d{1,15}$/.test(axis)) throw bad(path, `an axis of '${axis.slice(0, 40)}' in its shape, expected a whole number`);
    return Number(axis);
  });
  if (!Number.isSafeInteger(shape.reduce((product, axis) => product * axis, npyItemBytes[type]))) throw bad(path, `a shape of (${axes}), which no file can hold`);
  return { type, shape, dataOffset };
}

/** Bytes of every header this project writes, whatever the shape: so the row count can be filled in at the end. */
export const writtenHeaderBytes = 128;

/** A version 1 header of exactly `writtenHeaderBytes`, as `numpy.save` would write it but for the padding. */
export function formatNpyHeader(type: NpyType, shape: readonly number[]): Buffer {
  const axes = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const dict = `{'descr': '${type}', 'fortran_order': False, 'shape': (${axes}), }`;
  const header = Buffer.alloc(writtenHeaderBytes, ' ');
  magic.copy(header);
  header[6] = 1;
  header[7] = 0;
  header.writeUInt16LE(writtenHeaderBytes - 10, 8);
  header.write(dict, 10, 'latin1');
  header[writtenHeaderBytes - 1] = 0x0a;
  return header;
}
