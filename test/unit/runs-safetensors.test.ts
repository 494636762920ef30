import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { encodeSafetensors, readSafetensors, readSafetensorsHeader, writeSafetensors } from '../../src/runs/safetensors';
import { problemOf, temporaryFolder } from './runs-fixture';

const dir = temporaryFolder();

/** A file with this header and this many data bytes. */
function file(header: unknown, dataBytes: number, name = 'x.safetensors'): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const at = path.join(dir, name);
  writeFileSync(at, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return at;
}

it('gives back what was written, from a file and from memory', async () => {
  const tensors = {
    'blocks.0.w': { shape: [2, 3], data: new Float32Array([1, -2, 3.5, Infinity, NaN, -0]) },
    steps: { shape: [2], data: new Int32Array([-7, 2 ** 31 - 1]) },
    big: { shape: [1], data: new BigInt64Array([-(2n ** 62n)]) },
    d: { shape: [], data: new Float64Array([Math.PI]) },
    b: { shape: [3], data: new Uint8Array([0, 1, 255]) },
    none: { shape: [0, 4], data: new Float32Array(0) },
    7: { shape: [1], data: new Float32Array([7]) },
  };
  const at = path.join(dir, 'round.safetensors');
  const { bytes } = await writeSafetensors(at, tensors, { format: 'pt' });
  expect(readFileSync(at)).toHaveLength(bytes);
  expect(Buffer.compare(readFileSync(at), encodeSafetensors(tensors, { format: 'pt' }))).toBe(0);
  for (const read of [readSafetensors(at), readSafetensors(encodeSafetensors(tensors)), readSafetensors(readFileSync(at))]) {
    expect(Object.keys(read).sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, tensor] of Object.entries(tensors)) {
      expect([...read[name]!.shape]).toEqual(tensor.shape);
      expect(read[name]!.data).toEqual(tensor.data);
    }
  }
  expect(readSafetensorsHeader(at).metadata).toEqual({ format: 'pt' });
});

it('writes a view into a larger buffer as the view alone', () => {
  const data = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
  expect([...readSafetensors(encodeSafetensors({ v: { shape: [2], data } }))['v']!.data]).toEqual([1, 2]);
});

it('reads a file of the reference implementation (python safetensors 0.8.0, numpy)', () => {
  const golden = 
    'uAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoiYnkgbnVtcHkifSwiaTY0Ijp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbMCwxNl19LCJmNjQi' +
    'OnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlsxNiwyNF19LCJmMzIiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsMl0sImRhdGFfb2Zmc2V0cyI6WzI0' +
    'LDQwXX0sImkzMiI6eyJkdHlwZSI6IkkzMiIsInNoYXBlIjpbMl0sImRhdGFfb2Zmc2V0cyI6WzQwLDQ4XX0sImYxNiI6eyJkdHlwZSI6IkYxNiIsInNoYXBlIjpbNV0sImRhdGFfb2Zm' +
    'c2V0cyI6WzQ4LDU4XX0sInU4Ijp7ImR0eXBlIjoiVTgiLCJzaGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOls1OCw2MV19LCJmbGFnIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbMl0s' +
    'ImRhdGFfb2Zmc2V0cyI6WzYxLDYzXX19ICAgIP//////////AAAAAAABAABpVxSLCr8FQAAAwD8AAADAAAAAAHfMKzL7////BgAAAAA8ALj/ewEAAHzIAQIBAA==';
  const read = readSafetensors(Buffer.from(golden, 'base64'));
  expect(read['f32']).toMatchObject({ dtype: 'F32', shape: [2, 2], data: new Float32Array([1.5, -2, 0, 1e-8]) });
  expect(read['f16']).toMatchObject({ dtype: 'F16', data: new Float32Array([1, -0.5, 65504, 5.960464477539063e-8, Infinity]) });
  expect(read['i64']!.data).toEqual(new BigInt64Array([-1n, 2n ** 40n]));
  expect(read['i32']!.data).toEqual(new Int32Array([-5, 6]));
  expect(read['u8']!.data).toEqual(new Uint8Array([200, 1, 2]));
  expect(read['flag']).toMatchObject({ dtype: 'BOOL', data: new Uint8Array([1, 0]) });
  expect(read['f64']!.data).toEqual(new Float64Array([Math.E]));
});

it('reads bfloat16 exactly', () => {
  const header = Buffer.from(JSON.stringify({ b: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] } }));
  const bytes = Buffer.alloc(8 + header.length + 6);
  bytes.writeBigUInt64LE(BigInt(header.length));
  header.copy(bytes, 8);
  [0x3f80, 0xc040, 0x7f80].forEach((v, i) => bytes.writeUInt16LE(v, 8 + header.length + 2 * i));
  expect([...readSafetensors(bytes)['b']!.data]).toEqual([1, -3, Infinity]);
});

it('refuses a file cut off anywhere', async () => {
  const whole = encodeSafetensors({ a: { shape: [4], data: new Float32Array(4) }, b: { shape: [2], data: new Int32Array(2) } });
  const at = path.join(dir, 'cut.safetensors');
  for (let n = 0; n < whole.length; n++) {
    writeFileSync(at, whole);
    truncateSync(at, n);
    expect((await problemOf(() => readSafetensors(at))).code, `cut to ${n} bytes`).toBe('corrupt');
  }
});

const f32 = (shape: unknown, data_offsets: unknown, dtype: unknown = 'F32'): unknown => ({ dtype, shape, data_offsets });
it.each([
  ['a header longer than the file', '{"a":1', 0, { claim: 1e6 }],
  ['a header of exabytes', '{}', 0, { claim: 2 ** 60 }],
  ['no JSON', '{]', 0, {}],
  ['no object', '[]', 0, {}],
  ['bytes beyond the file', { a: f32([4], [0, 16]) }, 8, {}],
  ['a shape larger than its bytes', { a: f32([1000, 1000], [0, 4]) }, 4, {}],
  ['a shape that overflows', { a: f32([2 ** 40, 2 ** 40, 0], [0, 0]) }, 0, { fine: true }],
  ['a product that overflows', { a: f32([2 ** 50, 2 ** 50], [0, 8]) }, 8, {}],
  ['a negative dimension', { a: f32([-1], [0, 4]) }, 4, {}],
  ['a fractional dimension', { a: f32([0.5], [0, 2]) }, 2, {}],
  ['offsets the wrong way round', { a: f32([1], [4, 0]) }, 4, {}],
  ['overlapping tensors', { a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12, {}],
  ['a gap', { a: f32([1], [4, 8]) }, 8, {}],
  ['bytes no tensor covers', { a: f32([1], [0, 4]) }, 9, {}],
  ['an unknown dtype', { a: f32([1], [0, 4], 'F8_E4M3') }, 4, {}],
  ['a dtype of the prototype', { a: f32([1], [0, 4], 'constructor') }, 4, {}],
  ['metadata that is no text', { __metadata__: { a: 1 } }, 0, {}],
])('looks at the header before anything else: %s', async (_, header, dataBytes, { claim, fine }: { claim?: number; fine?: boolean }) => {
  const at = file(header, dataBytes);
  if (claim !== undefined) {
    const bytes = readFileSync(at);
    bytes.writeBigUInt64LE(BigInt(claim));
    writeFileSync(at, bytes);
  }
  if (fine) {
    expect(Object.keys(readSafetensors(at))).toEqual(['a']);
    return;
  }
  const problem = await problemOf(() => readSafetensors(at));
  expect(problem.code).toBe('corrupt');
  expect(problem.message).toContain(at);
  expect((await problemOf(() => readSafetensors(readFileSync(at)))).code).toBe('corrupt');
});

it('names the dtype whose values are not read, and says no more than that of the file', async () => {
  const problem = await problemOf(() => readSafetensorsHeader(file({ a: f32([1], [0, 1], 'F8_E4M3') }, 1)));
  expect(problem.message).toMatch(/tensor "a": dtype "F8_E4M3" is not one of F64, F32/);
  expect(problem.next).toBe('Convert its tensors to one of these, such as F32 or BF16.');
});

it('takes any name without touching the prototype of anything', () => {
  const at = file(`{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1);
  expect(Object.keys(readSafetensors(at))).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
});

it('refuses to write data that does not fit its shape, and to overwrite', async () => {
  const at = path.join(dir, 'misfit.safetensors');
  expect((await problemOf(() => writeSafetensors(at, { a: { shape: [3], data: new Float32Array(2) } }))).code).toBe('shape');
  expect((await problemOf(() => writeSafetensors(at, {}))).code).toBe('io');
});
