import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NpyTable, readNpyVector } from '../../src/puzzles/npy-read';
import { NpyWriter } from '../../src/puzzles/npy-write';
import { failureOf, temporaryFolder, writeNpy } from './puzzles-fixture';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const dict = (descr: string, shape: string, order = 'False') => `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;

test('a table and a vector come back as written', () => {
  const table = new NpyWriter(at('table.npy'), '|u1', 3);
  const vector = new NpyWriter(at('vector.npy'), '<i4');
  for (let row = 0; row < 10_000; row++) {
    table.append([row % 256, (row * 7) % 256, 255]);
    vector.append([row - 5_000]);
  }
  table.finish();
  vector.finish();
  const read = new NpyTable(at('table.npy'));
  expect([read.rows, read.columns]).toEqual([10_000, 3]);
  const out = new Int32Array(3);
  for (const row of [0, 9_999, 5_461, 5_462, 17]) {
    read.readRow(row, out);
    expect([...out]).toEqual([row % 256, (row * 7) % 256, 255]);
  }
  read.close();
  expect(readNpyVector(at('vector.npy'))).toEqual(Int32Array.from({ length: 10_000 }, (_, i) => i - 5_000));
});

test('the written header is what NumPy reads: version 1, aligned to 64 bytes, ended by a newline', () => {
  const writer = new NpyWriter(at('header.npy'), '<i4');
  writer.append([1, 2, 3]);
  writer.finish();
  const bytes = readFileSync(at('header.npy'));
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  expect(bytes.readUInt16LE(8)).toBe(118);
  expect(bytes.subarray(10, 128).toString('latin1').trimEnd()).toBe("{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }");
  expect(bytes[127]).toBe(0x0a);
  expect(bytes.length).toBe(128 + 12);
});

test.each([
  ['|u1', [200, 0]], ['|i1', [-3, 100]], ['|b1', [1, 0]],
  ['<u2', [65_535, 1]], ['<i2', [-300, 300]], ['<u4', [70_000, 2]], ['<i4', [-70_000, 2]], ['<u8', [70_000, 3]], ['<i8', [-70_000, 3]],
])('numbers of type %s', (type, values) => {
  const bytes = Number(type[2]);
  const data = Buffer.alloc(bytes * values.length);
  values.forEach((value, i) => {
    if (bytes === 8) data.writeBigInt64LE(BigInt(value), i * 8);
    else if (value < 0) data.writeIntLE(value, i * bytes, bytes);
    else data.writeUIntLE(value, i * bytes, bytes);
  });
  writeNpy(at('typed.npy'), dict(type, '2,'), data);
  expect([...readNpyVector(at('typed.npy'))]).toEqual(values);
});

test('a truncated file names itself, the bytes expected and the bytes found', () => {
  const writer = new NpyWriter(at('cut.npy'), '|u1', 81);
  for (let row = 0; row < 100; row++) writer.append(new Uint8Array(81));
  writer.finish();
  truncateSync(at('cut.npy'), 128 + 81 * 40 + 5);
  const failure = failureOf(() => new NpyTable(at('cut.npy')));
  expect(failure.code).toBe('truncated');
  expect(failure.message).toContain(at('cut.npy'));
  expect(failure.message).toContain('(100, 81)');
  expect(failure.message).toContain('expected 8100 bytes');
  expect(failure.message).toContain('found 3245');
});

test('a file cut short while it is open is noticed at the row', () => {
  const writer = new NpyWriter(at('shrinks.npy'), '|u1', 81);
  for (let row = 0; row < 1000; row++) writer.append(new Uint8Array(81));
  writer.finish();
  const table = new NpyTable(at('shrinks.npy'));
  truncateSync(at('shrinks.npy'), 1000);
  expect(failureOf(() => table.readRow(999, new Int32Array(81))).code).toBe('truncated');
  table.close();
});

test.each([
  ['big-endian numbers', dict('>i4', '2,'), "'>i4'"],
  ['floats', dict('<f4', '2,'), "'<f4'"],
  ['objects', dict('|O', '2,'), "'|O'"],
  ['Fortran order', dict('<i4', '2,', 'True'), 'Fortran'],
  ['a negative axis', dict('<i4', '-2,'), "'-2'"],
  ['an axis that is no number', dict('<i4', '2L,'), "'2L'"],
  ['an impossible shape', dict('<i4', '999999999999999, 999999999999999'), 'no file can hold'],
  ['another shape than its data', dict('<i4', '1,'), 'expected 4 bytes of data, found 8'],
  ['two axes', dict('<i4', '1, 2'), '2 axes, expected 1'],
  ['no axis', dict('<i8', ''), '0 axes, expected 1'],
  ['no dict', 'hello', 'does not name'],
])('%s are refused', (_what, header, says) => {
  writeNpy(at('hostile.npy'), header, Buffer.alloc(8));
  const failure = failureOf(() => readNpyVector(at('hostile.npy')));
  expect(failure.code).toBe('bad-array');
  expect(failure.message).toContain(says);
});

test('what is no .npy, has no end to its header, or a number beyond 32 bits is refused', () => {
  writeFileSync(at('text.npy'), 'this is not an array at all');
  expect(failureOf(() => readNpyVector(at('text.npy'))).message).toContain('not a .npy file');
  writeFileSync(at('tiny.npy'), 'x');
  expect(failureOf(() => readNpyVector(at('tiny.npy'))).code).toBe('truncated');
  writeFileSync(at('long.npy'), Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\x7f', 'latin1'));
  expect(failureOf(() => readNpyVector(at('long.npy'))).message).toContain('2147483647');
  const wide = Buffer.alloc(8);
  wide.writeBigInt64LE(1n << 40n);
  writeNpy(at('wide.npy'), dict('<i8', '1,'), wide);
  expect(failureOf(() => readNpyVector(at('wide.npy'))).message).toContain('1099511627776');
  expect(failureOf(() => readNpyVector(at('absent.npy'))).code).toBe('missing');
});
