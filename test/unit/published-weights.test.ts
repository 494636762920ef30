/** Weights of the published code: what PyTorch wrote is read exactly, what does not fit or is hostile is refused, what we write is read back. */
import { openSync, readFileSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildModel } from '../../src/model/architectures';
import { bufferShapes, parameterShapes } from '../../src/model/shapes';
import type { Batch } from '../../src/puzzles/dataset';
import { fitWeights } from '../../src/published/fit-weights';
import { openWeightsFile } from '../../src/published/open-weights';
import { pickleStateDict } from '../../src/published/pickle-state-dict';
import { rowMajor } from '../../src/published/strides';
import { maxPickleBytes, unpickle } from '../../src/published/unpickle';
import { writeWeights } from '../../src/published/write-weights';
import { RunFolderError } from '../../src/runs/errors';
import { writeSafetensors } from '../../src/runs/safetensors';
import { toBfloat16 } from '../../src/runs/tensor-dtypes';
import { Evaluator } from '../../src/training/evaluation';
import { PuzzleEmbeddings } from '../../src/training/puzzle-embeddings';
import { engines } from '../engines';
import { answers, torchCheckpoint, torchConfig, torchData, writeZip } from './published-fixture';
import { problemOf, temporaryFolder } from './runs-fixture';

const folder = temporaryFolder();
const at = (name: string): string => path.join(folder, name);

describe('a checkpoint of torch.save', () => {
  test('has the published names without prefixes, in any number format', async () => {
    const { tensors } = await openWeightsFile(torchCheckpoint);
    const { arch } = torchConfig();
    const shapes = Object.fromEntries([...parameterShapes(arch, torchData), ...bufferShapes(arch)].map(({ name, shape }) => [name, shape]));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual(shapes);
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F32', 'F64', 'F16', 'BF16']));
  });

  test.each(engines)('answers on the $name engine as in the published code', async ({ open, there }) => {
    if (!there) return;
    const engine = await open();
    const config = torchConfig();
    const { model: dense, buffers, puzzleEmb, notes } = fitWeights(await openWeightsFile(torchCheckpoint), config.arch, torchData);
    expect(notes).toEqual([]);
    const weights = { which: 'model' as const, model: dense, buffers, puzzleEmb: new PuzzleEmbeddings(puzzleEmb!, 8) };
    const evaluator = new Evaluator(engine, buildModel(config.arch, torchData), config.arch, weights, 2, { inspect: true });
    const batch: Batch = { inputs: Int32Array.from(answers.inputs.flat()), labels: new Int32Array(32), puzzleIdentifiers: Int32Array.from(answers.puzzle_identifiers) };
    let largest = 0;
    for (let k = 0; k < 3; k++) {
      const outputs = await evaluator.step(batch, k === 0);
      for (const [name, expected] of [['logits', answers.logits[k]!], ['q_halt', answers.q_halt[k]!], ['q_continue', answers.q_continue[k]!]] as const) {
        expect(outputs[name]!.data).toHaveLength(expected.length);
        expected.forEach((value, i) => (largest = Math.max(largest, Math.abs(outputs[name]!.data[i]! - value))));
      }
    }
    evaluator.dispose();
    expect(largest).toBeLessThan(1e-4);
  });

  test('with puzzle embeddings of other puzzles gets their mean, and says so', async () => {
    const file = await openWeightsFile(torchCheckpoint);
    const own = fitWeights(file, torchConfig().arch, torchData).puzzleEmb!;
    const { puzzleEmb, notes } = fitWeights(file, torchConfig().arch, { ...torchData, num_puzzle_identifiers: 5 });
    expect(puzzleEmb).toHaveLength(5 * 8);
    for (let row = 0; row < 5; row++) for (let j = 0; j < 8; j++) expect(puzzleEmb![row * 8 + j]).toBeCloseTo((own[j]! + own[8 + j]! + own[16 + j]!) / 3, 6);
    expect(notes).toEqual(['The checkpoint has embeddings of 3 puzzles, the data have 5: every puzzle begins with their mean.']);
  });

  test.each([
    ['another vocabulary', {}, { vocab_size: 11 }, 'vocab_size is 6 in the checkpoint and 11 in the data'],
    ['another width', { hidden_size: 16, num_heads: 2, puzzle_emb_ndim: 8 }, {}, 'arch.hidden_size is 8 in the checkpoint and 16 in the config'],
    ['another puzzle embedding', { puzzle_emb_ndim: 16 }, {}, 'inner.puzzle_emb.weights is [3, 8] in the checkpoint, the config and data need [3, 16]'],
    ['more layers', { L_layers: 2 }, {}, 'inner.L_level.layers.1.self_attn.qkv_proj.weight [24, 8] is missing in the checkpoint'],
    ['another mixer', { mlp_t: true, pos_encodings: 'none' }, {}, 'inner.L_level.layers.0.self_attn.qkv_proj.weight [24, 8] of the checkpoint has no place in a trm of this config'],
  ])('%s is refused with both values', async (_, options, data, what) => {
    const file = await openWeightsFile(torchCheckpoint);
    const error = await problemOf(() => fitWeights(file, torchConfig(options).arch, { ...torchData, ...data }));
    expect(error.message).toContain(what);
    expect(error.message).toContain(torchCheckpoint);
    expect(error).toMatchObject({ code: 'shape', next: 'Use the config and data it was trained with.' });
  });
});

describe('names', () => {
  const tensor = { shape: [2], data: Float32Array.of(1, 2) };
  test.each(['', 'model.', '_orig_mod.model.', '_orig_mod.', 'module._orig_mod.model.', 'model._orig_mod.'])('%s is a prefix', async prefix => {
    for (const format of ['torch', 'safetensors'] as const) {
      const file = at(`prefix-${prefix}.${format}`);
      await writeWeights(file, format, { [`${prefix}inner.q_head.bias`]: tensor });
      const weights = await openWeightsFile(file);
      expect([...weights.tensors.keys()]).toEqual(['inner.q_head.bias']);
      expect([...weights.read('inner.q_head.bias')]).toEqual([1, 2]);
    }
  });
  test('two of one tensor are refused', async () => {
    await writeWeights(at('twice'), 'torch', { 'model.a': tensor, '_orig_mod.model.a': tensor });
    expect((await problemOf(() => openWeightsFile(at('twice')))).message).toContain('"_orig_mod.model.a" and "model.a" are the same tensor');
  });
});

describe('what we write', () => {
  const tensors = {
    b: { shape: [3], data: toBfloat16(Float32Array.of(1, -2.5, 3.14159)), dtype: 'BF16' as const }, f: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    i: { shape: [2], data: BigInt64Array.of(7n, -8n) }, s: { shape: [], data: Float32Array.of(9) }, d: { shape: [1], data: Float64Array.of(0.5) }, e: { shape: [0, 4], data: new Float32Array(0) },
  };
  test.each(['torch', 'safetensors'] as const)('is read back: %s', async format => {
    const file = at(`own.${format}`);
    await writeWeights(file, format, tensors);
    const weights = await openWeightsFile(file);
    expect(Object.fromEntries([...weights.tensors].map(([name, { dtype, shape }]) => [name, [dtype, shape]]))).toEqual({ b: ['BF16', [3]], f: ['F32', [2, 3]], i: ['I64', [2]], s: ['F32', []], d: ['F64', [1]], e: ['F32', [0, 4]] });
    expect([...weights.read('b')]).toEqual([1, -2.5, 3.140625]);
    expect([...weights.read('f')]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...weights.read('i')]).toEqual([7, -8]);
    expect([...weights.read('s'), ...weights.read('d'), ...weights.read('e')]).toEqual([9, 0.5]);
  });
  test('has the same bytes every time, and leaves what is there alone', async () => {
    await writeWeights(at('once'), 'torch', tensors);
    await writeWeights(at('again'), 'torch', tensors);
    expect(readFileSync(at('once')).equals(readFileSync(at('again')))).toBe(true);
    writeFileSync(at('mine'), 'mine');
    expect(await problemOf(() => writeWeights(at('mine'), 'torch', tensors))).toMatchObject({ message: `${at('mine')} is there already.` });
    expect(readFileSync(at('mine'), 'utf8')).toBe('mine');
    await writeWeights(at('mine'), 'torch', tensors, { overwrite: true });
    expect([...(await openWeightsFile(at('mine'))).tensors.keys()]).toHaveLength(6);
    await problemOf(() => writeWeights(at('no/such/folder'), 'torch', tensors));
    expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([]);
  });
  test('bfloat16 is rounded to the nearest, halves to even, as PyTorch does', () => {
    const bits = (value: number): number => toBfloat16(Float32Array.of(value))[0]!;
    expect([1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, -1, Infinity, 3.4e38, NaN].map(bits)).toEqual([0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xbf80, 0x7f80, 0x7f80, 0x7fc0]);
  });
});

test('views of a storage become rows', () => {
  const storage = Int16Array.from({ length: 12 }, (_, i) => i);
  expect([...rowMajor(storage, 0, [2, 3], [1, 2])]).toEqual([0, 2, 4, 1, 3, 5]);
  expect([...rowMajor(storage, 1, [2, 2], [6, 1])]).toEqual([1, 2, 7, 8]);
  expect([...rowMajor(storage, 3, [2, 3], [0, 0])]).toEqual([3, 3, 3, 3, 3, 3]);
  expect([...rowMajor(storage, 2, [2, 1, 2], [4, 99, 2])]).toEqual([2, 4, 6, 8]);
  expect([...rowMajor(Float32Array.of(1, 2, 3, 4), 1, [2], [1])]).toEqual([2, 3]);
});

/** An archive with this pickle and the numbers of one storage of 4 values. */
const archive = (name: string, pickle: Uint8Array, more: Record<string, Uint8Array> = {}): Promise<string> => writeZip(at(name), { 'x/data.pkl': pickle, 'x/byteorder': 'little', 'x/data/0': new Uint8Array(16), 'x/version': '3\n', ...more });
const bytes = (...parts: (string | number[])[]): Buffer => Buffer.concat(parts.map(part => Buffer.from(part as string)));
const proto = [0x80, 2];
const stop = '.';

describe('hostile files are refused', () => {
  test.each([
    ['a call of os.system', bytes(proto, 'cos\nsystem\n', 'X', [4, 0, 0, 0], 'true', [0x85], 'R', stop), '"os.system"'],
    ['a name from the stack', bytes([0x80, 4], [0x8c, 8], 'builtins', [0x8c, 4], 'eval', [0x93], stop), '"builtins.eval"'],
    ['a name that looks harmless', bytes(proto, 'ctorch\nload\n', stop), '"torch.load"'],
    ['a name with a dotted way to another', bytes([0x80, 4], [0x8c, 11], 'collections', [0x8c, 19], 'OrderedDict.__init_', [0x93], stop), '"collections.OrderedDict.__init_"'],
    ['an instance (INST)', bytes(proto, '(', 'ios\nsystem\n', stop), 'opcode 0x69'],
    ['an object (NEWOBJ)', bytes(proto, 'ccollections\nOrderedDict\n', ')', [0x81], stop), 'opcode 0x81'],
    ['an extension', bytes(proto, [0x82, 1], stop), 'opcode 0x82'],
    ['a persistent id that is no storage', bytes(proto, 'X', [1, 0, 0, 0], 'a', 'Q', stop), 'stored outside the pickle'],
    ['a storage called', bytes(proto, 'ctorch\nFloatStorage\n', ')', 'R', stop), 'a call of torch.FloatStorage'],
    ['attributes of a tensor', bytes(proto, 'N', '}', 'b', stop), 'attributes of something'],
    ['an empty stack', bytes(proto, 'R', stop), 'nothing is on the stack'],
    ['no end', bytes(proto, '}'), 'the pickle is cut off'],
    ['a text longer than the file', bytes(proto, [0x8d, 255, 255, 255, 255, 255, 255, 255, 127], stop), 'the pickle is cut off'],
    ['a later protocol', bytes([0x80, 9], stop), 'pickle protocol 9'],
    ['no state dict', bytes(proto, ']', stop), 'it holds no state dict'],
    ['a state dict of other things', bytes(proto, '}', 'X', [1, 0, 0, 0], 'a', 'K', [1], 's', stop), 'its entry "a" is no tensor'],
    ['numbers that are not there', pickleStateDict([{ name: 'a', storage: 'FloatStorage', shape: [4] }, { name: 'b', storage: 'FloatStorage', shape: [4] }]), 'the numbers of "b" (data/1) are missing'],
    ['more numbers than there are', pickleStateDict([{ name: 'a', storage: 'FloatStorage', shape: [1000, 1000] }]), 'needs 1000000 values, its storage holds 4'],
    ['another number format', pickleStateDict([{ name: 'a', storage: 'DoubleStorage', shape: [4] }]), 'its storage holds 2'],
  ])('%s', async (name, pickle, what) => {
    const error = await problemOf(async () => openWeightsFile(await archive(`hostile ${name}`, pickle)));
    expect(error.message).toContain(what);
    expect(error.code).toBe('corrupt');
    expect(error.next).not.toBe('');
  });

  test('an expanded tensor of a trillion values', async () => {
    const small = pickleStateDict([{ name: 'a', storage: 'FloatStorage', shape: [4] }]).toString('latin1');
    const [int, million] = ['J\x04\0\0\0', 'J\x40\x42\x0f\0'];
    const shape = small.lastIndexOf(`(${int}t`);
    const huge = `${small.slice(0, shape)}(${million}${million}t(J\0\0\0\0J\0\0\0\0t${small.slice(small.indexOf('t', small.indexOf('t', shape) + 1) + 1)}`;
    const error = await problemOf(async () => openWeightsFile(await archive('expanded', Buffer.from(huge, 'latin1'))));
    expect(error.message).toContain('"a" is [1000000, 1000000] over a storage of 4 values');
  });

  test('a shape that is changed after it was looked at', async () => {
    const int = (value: number): number[] => [0x4a, value & 255, (value >> 8) & 255, (value >> 16) & 255, value >> 24];
    const text = (value: string): (string | number[])[] => ['X', [value.length, 0, 0, 0], value];
    const storage = ['(', ...text('storage'), 'ctorch\nFloatStorage\n', ...text('0'), ...text('cpu'), int(4), 't', 'Q'];
    const list = (value: number, memo: number): (string | number[])[] => [']', [0x71, memo], int(value), 'a'];
    const pickle = bytes(proto, '}', ...text('a'), 'ctorch._utils\n_rebuild_tensor_v2\n', '(', ...storage, int(0), ...list(4, 1), ...list(1, 2), [0x89], '}', 't', 'R', 's', 'h', [1], int(1 << 30), 'a', '0', stop);
    const weights = await openWeightsFile(await archive('changing', pickle));
    expect(weights.tensors.get('a')).toEqual({ dtype: 'F32', shape: [4] });
    expect(weights.read('a')).toHaveLength(4);
  });

  test('the largest pickle of nothing but dicts', async () => {
    const dicts = Buffer.alloc(maxPickleBytes - 1, '}');
    expect((await openWeightsFile(await archive('dicts', Buffer.concat([dicts, Buffer.from(stop)])))).tensors.size).toBe(0);
    expect((await problemOf(async () => openWeightsFile(await archive('larger', Buffer.alloc(maxPickleBytes + 1, '}'))))).message).toContain(`at most ${maxPickleBytes} are read`);
  });

  test('a pickle that builds on itself costs no more than its bytes', () => {
    const steps = Array.from({ length: 50_000 }, () => [0x32, 0x86]).flat(); // twice itself, 50,000 times
    expect(() => unpickle('x', bytes(proto, '}', steps, stop))).not.toThrow();
  });

  test('compressed entries: nothing is unpacked', async () => {
    const file = await writeZip(at('bomb'), { 'x/data.pkl': new Uint8Array(200 << 20), 'x/version': '3\n' }, { compress: true });
    expect(statSync(file).size).toBeLessThan(1 << 20);
    const before = process.memoryUsage().arrayBuffers;
    expect((await problemOf(() => openWeightsFile(file))).message).toContain('entry "x/data.pkl" is compressed or encrypted; torch.save does neither');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 << 20);
  });

  test('an archive that lies about its entries', async () => {
    const good = readFileSync(torchCheckpoint);
    const central = good.lastIndexOf('PK\x01\x02');
    const patched = (change: (copy: Buffer) => void): string => {
      const copy = Buffer.from(good);
      change(copy);
      writeFileSync(at('lying'), copy);
      return at('lying');
    };
    for (const [what, change] of [
      ['size', copy => copy.writeUInt32LE(0xfffffff0, central + 24)],
      ['place', copy => copy.writeUInt32LE(0x7fffffff, central + 42)],
      ['entries', copy => copy.writeBigUInt64LE(0xfffffff0n, copy.lastIndexOf('PK\x06\x06') + 32)],
      ['a few more entries', copy => copy.writeBigUInt64LE(40n, copy.lastIndexOf('PK\x06\x06') + 32)],
    ] as [string, (copy: Buffer) => void][]) expect(await problemOf(() => openWeightsFile(patched(change))).catch(() => null), what).toMatchObject({ code: 'corrupt' });
  });

  test('cut off anywhere, or with any byte changed, it is read or refused, and nothing else', async () => {
    const good = readFileSync(torchCheckpoint);
    const { arch } = torchConfig();
    const attempt = async (content: Buffer): Promise<void> => {
      writeFileSync(at('damaged'), content);
      try {
        fitWeights(await openWeightsFile(at('damaged')), arch, torchData);
      } catch (error) {
        if (!(error instanceof RunFolderError)) throw error;
      }
    };
    for (let length = 0; length < good.length; length += 613) await attempt(good.subarray(0, length));
    for (let i = 0; i < good.length; i += i < 2500 || i > good.length - 2500 ? 7 : 901) {
      const copy = Buffer.from(good);
      copy[i]! ^= 0x55;
      await attempt(copy);
    }
  });

  test.each([
    ['nothing', ''], ['a text', 'hello, this is no checkpoint'], ['a bare pickle', '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'], ['an empty archive', 'PK\x05\x06' + '\0'.repeat(18)],
  ])('%s', async (name, content) => {
    writeFileSync(at(name), content, 'latin1');
    const error = await problemOf(() => openWeightsFile(at(name)));
    expect(error).toMatchObject({ code: 'corrupt' });
    expect(error.message).toContain(at(name));
  });

  test('a folder, a missing file, a safetensors file that lies', async () => {
    expect((await problemOf(() => openWeightsFile(folder))).message).toContain('not a regular file');
    expect((await problemOf(() => openWeightsFile(at('none')))).code).toBe('missing');
    await writeSafetensors(at('lies.safetensors'), { a: { shape: [4], data: new Float32Array(4) } });
    const fd = openSync(at('lies.safetensors'), 'r+');
    writeSync(fd, Buffer.from(readFileSync(at('lies.safetensors')).toString('latin1').replace('[4]', '[9]').slice(0, 60), 'latin1'), 0, 60, 0);
    expect((await problemOf(() => openWeightsFile(at('lies.safetensors')))).message).toContain('shape [9]');
  });
});
