/**
 * Every kernel a training step uses, on the wasm engine against TensorFlow.js's plain JavaScript: same shapes, types and
 * values. The table is meant to grow with the model.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCpu } from '../../src/engine/cpu';
import { openWasm } from '../../src/engine/wasm';

type Case = readonly [name: string, run: () => tf.Tensor | tf.Tensor[]];

/** Numbers in -2..2 that do not depend on a backend or on the run. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}
const x = (shape: number[], seed = 1) => tf.tensor(numbers(shape.reduce((a, b) => a * b, 1), seed), shape);
const positive = (shape: number[], seed = 1) => tf.add(tf.abs(x(shape, seed)), 0.1);
const ints = (shape: number[], below: number, seed = 1) => tf.cast(tf.floor(tf.mul(tf.div(tf.add(x(shape, seed), 2), 4.0001), below)), 'int32');
const bools = (shape: number[], seed = 1) => tf.greater(x(shape, seed), 0);

const matMul = (a: number[], b: number[], transposeA = false, transposeB = false): Case => [
  `matMul [${a.join()}]${transposeA ? "'" : ''} [${b.join()}]${transposeB ? "'" : ''}`,
  () => tf.matMul(x(a), x(b, 2), transposeA, transposeB),
];

const products: Case[] = [
  matMul([5, 7], [7, 3]),
  matMul([7, 5], [7, 3], true),
  matMul([7, 3], [7, 9], true),
  matMul([5, 7], [3, 7], false, true),
  matMul([7, 5], [3, 7], true, true),
  matMul([4, 5, 7], [4, 7, 3]),
  matMul([4, 7, 5], [4, 7, 3], true),
  matMul([4, 5, 7], [4, 3, 7], false, true),
  matMul([4, 7, 5], [4, 3, 7], true, true),
  matMul([1, 5, 7], [4, 7, 3]),
  matMul([1, 7, 5], [4, 3, 7], true, true),
  matMul([4, 5, 7], [1, 7, 3]),
  matMul([4, 7, 5], [1, 3, 7], true, true),
  matMul([2, 3, 4, 5], [2, 3, 5, 6]),
  matMul([2, 3, 5, 4], [2, 3, 6, 5], true, true),
  matMul([1, 1], [1, 1]),
  matMul([17, 33], [33, 65]),
  matMul([0, 3], [3, 2]),
  // a' b of many rows, in runs of 256, with every height of a tile and both orders
  matMul([300, 7], [300, 24], true),
  matMul([257, 16], [257, 3], true),
  matMul([5, 16], [5, 16], true),
  matMul([300, 5], [300, 3], true),
  matMul([1, 300, 6], [1, 300, 8], true),
  // a b in panels of 16 columns: every width that is left over, odd rows, one row of b, batches of either operand
  ...Array.from({ length: 20 }, (_, i): Case => matMul([9 + (i % 4), 6], [6, 4 + i])),
  matMul([64, 97], [97, 97]),
  matMul([8, 1], [1, 33]),
  matMul([3, 11, 6], [6, 18]),
  matMul([3, 11, 6], [3, 6, 18]),
  matMul([2, 3, 9, 5], [2, 3, 21, 5], false, true),
  ['matMul 3-D by 2-D', () => tf.matMul(x([3, 4, 5]), x([5, 6], 2))],
  ['matMul 2-D by 3-D', () => tf.matMul(x([4, 5]), x([3, 5, 6], 2))],
  ['matMul int32', () => tf.matMul(ints([4, 5], 9), ints([5, 3], 9, 2))],
  ['one right operand seen at two widths', () => {
    const data = x([6, 4], 3);
    return [tf.matMul(x([2, 6]), data), tf.matMul(x([2, 4]), tf.reshape(data, [4, 6])), tf.matMul(x([5, 6]), data)];
  }],
  ['one operand used often, as a parameter is', () => {
    const w = x([4, 4], 5);
    let h: tf.Tensor = x([3, 4]);
    for (let i = 0; i < 4; i++) h = tf.tanh(tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D));
    return h;
  }],
];

const transposes: Case[] = [
  [[4, 4]], [[5, 7]], [[1, 9]], [[9, 1]], [[16, 33]], [[3, 5, 6]], [[2, 3, 5, 7]],
].map(([shape]) => [`transpose last two of [${shape!.join()}]`, () => tf.transpose(x(shape!), [...shape!.keys()].slice(0, -2).concat([shape!.length - 1, shape!.length - 2]))]);
transposes.push(
  ['transpose [1,0,2]', () => tf.transpose(x([3, 4, 5]), [1, 0, 2])],
  ['transpose [0,2,1,3]', () => tf.transpose(x([2, 3, 4, 5]), [0, 2, 1, 3])],
  ['transpose [2,0,1]', () => tf.transpose(x([3, 4, 5]), [2, 0, 1])],
  ['transpose int32', () => tf.transpose(ints([6, 5], 50))],
  ['transpose bool', () => tf.transpose(bools([6, 5]))],
);

const unary = (name: string, op: (t: tf.Tensor) => tf.Tensor, of: (shape: number[]) => tf.Tensor = x): Case => [name, () => op(of([3, 5]))];
const elementwise: Case[] = [
  unary('abs', tf.abs), unary('neg', tf.neg), unary('sign', tf.sign), unary('square', tf.square), unary('exp', tf.exp), unary('relu', tf.relu),
  unary('sigmoid', tf.sigmoid), unary('softplus', tf.softplus), unary('tanh', tf.tanh), unary('sin', tf.sin), unary('cos', tf.cos), unary('erf', tf.erf),
  unary('step', t => tf.step(t)), unary('floor', tf.floor), unary('round', tf.round), unary('expm1', tf.expm1),
  unary('sqrt', tf.sqrt, positive), unary('rsqrt', tf.rsqrt, positive), unary('log', tf.log, positive), unary('log1p', tf.log1p, positive), unary('reciprocal', tf.reciprocal, positive),
  unary('isNaN', t => tf.isNaN(tf.log(t))), unary('isFinite', t => tf.isFinite(tf.log(t))), unary('zerosLike', tf.zerosLike), unary('onesLike', tf.onesLike),
  unary('clipByValue', t => tf.clipByValue(t, -0.5, 0.5)), unary('logSigmoid', tf.logSigmoid), unary('silu', t => tf.mul(t, tf.sigmoid(t))),
  unary('cast to int32', t => tf.cast(t, 'int32')), unary('cast int32 to float32', t => tf.cast(tf.cast(t, 'int32'), 'float32')),
  unary('cast to bool', t => tf.cast(tf.mul(tf.cast(t, 'int32'), 256), 'bool')), unary('cast to bool and sum', t => tf.sum(tf.cast(tf.mul(t, 3), 'bool'))),
  unary('cast bool to float32', t => tf.cast(tf.greater(t, 0), 'float32')), unary('cast bool to int32', t => tf.cast(tf.greater(t, 0), 'int32')),
];
const pairs: [number[], number[]][] = [[[3, 5], [3, 5]], [[3, 5], [5]], [[3, 5], [3, 1]], [[2, 3, 5], [2, 1, 5]], [[3, 1], [1, 5]], [[4], []], [[], [4]]];
const binary = (name: string, op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case[] =>
  pairs.map(([a, b]) => [`${name} [${a.join()}] [${b.join()}]`, () => op(x(a), x(b, 2))]);
const binaries: Case[] = [
  ...binary('add', tf.add), ...binary('sub', tf.sub), ...binary('mul', tf.mul), ...binary('div', tf.div), ...binary('atan2', tf.atan2), ...binary('maximum', tf.maximum),
  ...binary('minimum', tf.minimum), ...binary('squaredDifference', tf.squaredDifference), ...binary('greater', tf.greater), ...binary('greaterEqual', tf.greaterEqual),
  ...binary('less', tf.less), ...binary('lessEqual', tf.lessEqual), ...binary('equal', tf.equal), ...binary('notEqual', tf.notEqual),
  ...binary('pow', (a, b) => tf.pow(tf.abs(a), b)), ...binary('where', (a, b) => tf.where(tf.greater(tf.add(a, b), 0), tf.add(a, tf.zerosLike(b)), tf.add(tf.zerosLike(a), b))),
  ['integer add', () => tf.add(ints([3, 5], 9), ints([5], 9, 2))],
  ['integer mul', () => tf.mul(ints([3, 5], 9), ints([3, 1], 9, 2))],
  ['integer sub', () => tf.sub(ints([3, 5], 9), ints([], 9, 2))],
  ['integer equal', () => tf.equal(ints([3, 5], 3), ints([5], 3, 2))],
  ['integer notEqual a scalar', () => tf.notEqual(ints([3, 5], 3), tf.scalar(1, 'int32'))],
  ['integer greater', () => tf.greater(ints([3, 5], 9), ints([3, 5], 9, 2))],
  ['integer less', () => tf.less(ints([3, 5], 9), ints([3, 5], 9, 2))],
  ['integer maximum', () => tf.maximum(ints([3, 5], 9), ints([3, 5], 9, 2))],
  ['integer mod', () => tf.mod(ints([3, 5], 9), tf.scalar(4, 'int32'))],
  ['integer floorDiv', () => tf.floorDiv(ints([3, 5], 9), tf.scalar(4, 'int32'))],
  ['logicalAnd', () => tf.logicalAnd(bools([3, 5]), bools([3, 5], 2))],
  ['logicalAnd broadcast', () => tf.logicalAnd(bools([3, 5]), bools([3, 1], 2))],
  ['logicalOr', () => tf.logicalOr(bools([3, 5]), bools([3, 5], 2))],
  ['logicalNot', () => tf.logicalNot(bools([3, 5]))],
  ['where with a mask of rows', () => tf.where(tf.tile(tf.reshape(bools([3]), [3, 1, 1]), [1, 2, 4]), x([3, 2, 4]), x([3, 2, 4], 2))],
  ['where int32', () => tf.where(bools([3, 5]), ints([3, 5], 9), ints([3, 5], 9, 2))],
  ['addN', () => tf.addN([x([3, 5]), x([3, 5], 2), x([3, 5], 3)])],
];

const axes: (number | number[] | undefined)[] = [undefined, 0, 1, 2, -1, [0, 1], [1, 2], [0, 2], [-1]];
const reduction = (name: string, op: (t: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor, of: (shape: number[]) => tf.Tensor = x): Case[] =>
  axes.flatMap(axis => [false, true].map((keepDims): Case => [`${name} axis ${axis === undefined ? 'all' : axis.toString()}${keepDims ? ' kept' : ''}`, () => op(of([3, 4, 5]), axis, keepDims)]));
const reductions: Case[] = [
  ...reduction('sum', tf.sum), ...reduction('mean', tf.mean), ...reduction('max', tf.max), ...reduction('min', tf.min), ...reduction('prod', tf.prod),
  ...reduction('all', tf.all, bools), ...reduction('any', tf.any, bools), ...reduction('sum of integers', tf.sum, shape => ints(shape, 9)), ...reduction('sum of bools', tf.sum, bools),
  ...reduction('max of integers', tf.max, shape => ints(shape, 90)), ...reduction('logSumExp', tf.logSumExp),
  ['softmax', () => tf.softmax(x([3, 4, 5]))],
  ['logSoftmax', () => tf.logSoftmax(x([3, 4, 5]))],
  ['argMax last', () => tf.argMax(x([3, 4, 5]), -1)],
  ['argMax middle', () => tf.argMax(x([3, 4, 5]), 1)],
  ['argMax of equals', () => tf.argMax(ints([3, 4, 5], 2), -1)],
  ['norm', () => tf.sqrt(tf.sum(tf.square(x([3, 4, 5]))))],
  ...[0, 1].flatMap((axis): Case[] => [
    [`cumsum ${axis}`, () => tf.cumsum(x([3, 5]), axis)],
    [`cumsum ${axis} exclusive reverse`, () => tf.cumsum(x([3, 5]), axis, true, true)],
    [`cumprod ${axis}`, () => tf.cumprod(x([3, 5]), axis)],
  ]),
  ['cumsum int32', () => tf.cumsum(ints([3, 5], 9), 1)],
];

const moves: Case[] = [
  ['gather rows', () => tf.gather(x([7, 4]), ints([5], 7))],
  ['gather with a matrix of ids', () => tf.gather(x([7, 4]), ints([2, 3], 7))],
  ['gather axis 1', () => tf.gather(x([3, 7]), ints([4], 7), 1)],
  ['oneHot', () => tf.oneHot(ints([2, 3], 5), 5)],
  ['oneHot as floats', () => tf.cast(tf.oneHot(ints([6], 5), 5), 'float32')],
  ['oneHot out of range', () => tf.oneHot(tf.tensor1d([-1, 0, 7], 'int32'), 3)],
  ['oneHot with values', () => tf.oneHot(ints([6], 5), 5, 0.9, 0.1)],
  ['unsortedSegmentSum', () => tf.unsortedSegmentSum(x([6, 4]), ints([6], 3) as tf.Tensor1D, 3)],
  ['unsortedSegmentSum drops ids out of range', () => tf.unsortedSegmentSum(x([4, 2]), tf.tensor1d([0, -1, 5, 1], 'int32'), 2)],
  ['concat 0', () => tf.concat([x([2, 3]), x([4, 3], 2)], 0)],
  ['concat 1', () => tf.concat([x([2, 3, 4]), x([2, 1, 4], 2)], 1)],
  ['concat last', () => tf.concat([x([2, 3, 4]), x([2, 3, 2], 2)], -1)],
  ['concat int32', () => tf.concat([ints([2, 3], 9), ints([2, 1], 9, 2)], 1)],
  ['stack', () => tf.stack([x([2, 3]), x([2, 3], 2)], 1)],
  ['unstack', () => tf.unstack(x([3, 4]), 1)],
  ['split', () => tf.split(x([3, 6]), [2, 4], 1)],
  ['slice', () => tf.slice(x([3, 4, 5]), [1, 0, 2], [2, 4, 3])],
  ['slice of int32', () => tf.slice(ints([3, 4], 9), [1, 1], [2, 2])],
  ['pad 2-D', () => tf.pad(x([3, 4]), [[1, 2], [0, 3]])],
  ['pad 3-D', () => tf.pad(x([2, 3, 4]), [[0, 0], [1, 0], [0, 2]])],
  ['pad with a value', () => tf.pad(ints([3, 4], 9), [[1, 0], [0, 1]], 7)],
  ['tile', () => tf.tile(x([1, 3, 4]), [5, 1, 1])],
  ['tile int32', () => tf.tile(ints([3], 9), [4])],
  ['broadcastTo', () => tf.broadcastTo(x([1, 3, 1]), [2, 3, 4])],
  ['expandDims and squeeze', () => tf.squeeze(tf.expandDims(x([3, 4]), 1))],
  ['reverse', () => tf.reverse(x([3, 4]), 1)],
  ['fill', () => tf.fill([2, 3], 1.5)],
  ['range', () => tf.range(0, 7, 1, 'int32')],
  ['linspace', () => tf.linspace(0, 1, 5)],
  ['scatterND', () => tf.scatterND(tf.tensor2d([[1], [4]], [2, 1], 'int32'), x([2, 3]), [6, 3])],
  ['topk', () => tf.topk(x([3, 6]), 2).values],
];

const gradients: Case[] = [
  ['gradients of a product with its transpose flags', () => tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.matMul(a, b, true, false))))([x([5, 3]), x([5, 4], 2)])],
  ['gradients of a batched product', () => tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(tf.matMul(a, b, false, true))))([x([2, 5, 3]), x([2, 4, 3], 2)])],
  ['gradient of gather', () => tf.grad(table => tf.sum(tf.square(tf.gather(table, tf.tensor1d([0, 2, 2, 1], 'int32')))))(x([4, 3]))],
  ['gradient of softplus, sigmoid, relu, log, rsqrt', () => tf.grad(t => tf.sum(tf.add(tf.softplus(t), tf.mul(tf.sigmoid(t), tf.log(tf.add(tf.relu(t), tf.rsqrt(tf.add(tf.square(t), 1))))))))(x([3, 5]))],
  ['gradient of concat, slice, tile, pad', () => tf.grad(t => tf.sum(tf.square(tf.pad(tf.slice(tf.concat([tf.tile(t, [2, 1]), t], 0), [1, 1], [5, 2]), [[0, 1], [1, 0]]))))(x([3, 4]))],
  ['gradient of mean, sum, max over axes', () => tf.grad(t => tf.sum(tf.mul(tf.mean(t, -1, true), tf.sum(tf.square(t), 0, true))))(x([3, 4]))],
  ['gradient of softmax', () => tf.grad(t => tf.sum(tf.square(tf.softmax(t))))(x([3, 4]))],
  ['gradient of atan2', () => tf.grad(t => tf.sum(tf.atan2(t, positive([3, 4], 2))))(x([3, 4]))],
];

interface Result {
  shape: number[];
  dtype: string;
  values: number[];
}
function resultsOf(cases: readonly Case[]): Map<string, Result[] | Error> {
  const results = new Map<string, Result[] | Error>();
  for (const [name, run] of cases) {
    tf.engine().startScope();
    try {
      results.set(name, [run()].flat().map(t => ({ shape: t.shape, dtype: t.dtype, values: Array.from(t.dataSync()) })));
    } catch (error) {
      results.set(name, error as Error);
    } finally {
      tf.engine().endScope();
    }
  }
  return results;
}

const groups = { products, transposes, elementwise, binaries, reductions, moves, gradients };
const all = Object.values(groups).flat();
let expected: ReturnType<typeof resultsOf>;
let actual: ReturnType<typeof resultsOf>;

beforeAll(async () => {
  await openCpu();
  expected = resultsOf(all);
  await openWasm();
  actual = resultsOf(all);
});

describe.each(Object.entries(groups))('wasm kernels: %s', (_, cases) => {
  it.each(cases)('%s', name => {
    const want = expected.get(name);
    const got = actual.get(name);
    if (want instanceof Error) throw want;
    if (got instanceof Error) throw got;
    expect(got!.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(want!.map(({ shape, dtype }) => ({ shape, dtype })));
    got!.forEach(({ values }, i) =>
      values.forEach((value, j) => {
        const reference = want![i]!.values[j]!;
        if (Number.isNaN(reference)) expect(value).toBeNaN();
        else if (!Number.isFinite(reference)) expect(value).toBe(reference);
        else expect(Math.abs(value - reference), `element ${j}: ${value} instead of ${reference}`).toBeLessThanOrEqual(1e-5 + 1e-5 * Math.abs(reference));
      }),
    );
  });
});

describe('wasm kernels where the reference is wrong itself', () => {
  it('scans along a negative axis', () => {
    const values = (t: tf.Tensor) => Array.from(t.dataSync());
    expect(values(tf.cumsum(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), -1))).toEqual([1, 3, 6, 4, 9, 15]);
    expect(values(tf.cumsum(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), -2))).toEqual([1, 2, 3, 5, 7, 9]);
    expect(values(tf.cumprod(tf.tensor2d([[1, 2, 3], [4, 5, 6]]), -1))).toEqual([1, 2, 6, 4, 20, 120]);
  });

  it('sums segments of integers as integers', () => {
    const sums = tf.unsortedSegmentSum(tf.tensor1d([5, 6, 7], 'int32'), tf.tensor1d([1, 0, 1], 'int32'), 3);
    expect(sums.dtype).toBe('int32');
    expect(Array.from(sums.dataSync())).toEqual([6, 12, 0]);
  });

  it('multiplies batches that are broadcast in different dimensions', () => {
    const [a, b] = [x([2, 1, 9, 5]), x([3, 5, 21], 2)];
    const product = tf.matMul(a, b);
    const spread = tf.matMul(tf.broadcastTo(a, [2, 3, 9, 5]), tf.broadcastTo(tf.reshape(b, [1, 3, 5, 21]), [2, 3, 5, 21]));
    expect(product.shape).toEqual([2, 3, 9, 21]);
    expect(product.dataSync()).toEqual(spread.dataSync());
  });

  it('refuses operands that do not multiply', () => {
    expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([4, 5]))).toThrow(/4|inner/);
  });
});

describe('wasm memory', () => {
  it('holds no more tensors or ids after many products than before', () => {
    const multiply = () => tf.tidy(() => tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.matMul(a, b)))([x([3, 5, 4]), x([3, 4, 6], 2)]).map(g => g.dataSync()));
    multiply();
    const { numTensors, numBytes } = tf.memory();
    const ids = tf.backend().numDataIds();
    for (let i = 0; i < 500; i++) multiply();
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    expect(tf.backend().numDataIds()).toBe(ids);
  });

  it('clones without a copy; a clone outlives its original', () => {
    const original = x([3, 4]);
    const values = original.dataSync().slice();
    const ids = tf.backend().numDataIds();
    const clone = tf.clone(original);
    expect(tf.backend().numDataIds()).toBe(ids);
    original.dispose();
    tf.dispose(Array.from({ length: 20 }, () => tf.fill([3, 4], 9))); // would take the freed place
    expect(clone.dataSync()).toEqual(values);
    clone.dispose();
    expect(tf.backend().numDataIds()).toBe(ids - 1);
  });
});
