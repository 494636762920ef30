/**
 * Layers and losses with their gradients, on every engine: against the formula written down again in float64, whose gradient
 * is taken by finite differences (exact to 1e-8 there), and against TensorFlow.js's own gradient of plain operations.
 * Inputs of ordinary size, so small that epsilon rules, and so large that exponentials saturate.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine';
import { attentionWeights, rmsNormOfSum, rotary, selfAttention, splitSwiGLU, splitTokenSwiGLU, swiGLU, swiGLUOverTokens } from '../../src/model/layers';
import { numberFormat } from '../../src/model/number-format';
import { answerLoss, haltingLoss, logProbabilities } from '../../src/model/losses';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { engines } from '../engines';
import { exampleTensor } from './training-example';

type Layer = (x: Tensor, ...weights: Tensor[]) => Tensor;
/** Rows of numbers in float64. */
type Matrix = number[][];

const eps = 1e-5;
const theta = 100;

// The formulas in float64.
const times = (a: Matrix, b: Matrix): Matrix => a.map(row => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
const turned = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map(row => row[j]!));
const each = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix => a.map((row, i) => row.map((x, j) => f(x, b[i]![j]!)));
const rmsNormOf = (rows: Matrix): Matrix => rows.map(row => {
  const scale = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / row.length + eps);
  return row.map(x => x / scale);
});
/** With the published weights gate_up [2I, d] and down [d, I]. */
const swiGLUOf = (rows: Matrix, gateUp: Matrix, down: Matrix): Matrix => {
  const inner = gateUp.length / 2;
  const both = times(rows, turned(gateUp));
  return times(each(both.map(row => row.slice(0, inner)), both.map(row => row.slice(inner)), (gate, up) => (gate / (1 + Math.exp(-gate))) * up), turned(down));
};
const softmaxOf = (rows: Matrix): Matrix => rows.map(row => {
  const largest = Math.max(...row);
  const powers = row.map(x => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(p => p / sum);
});
const stablemaxOf = (rows: Matrix): Matrix => rows.map(row => {
  const s = row.map(x => (x >= 0 ? x + 1 : 1 / (1 - x)));
  const sum = s.reduce((a, b) => a + b, 0);
  return s.map(x => x / sum);
});
/** Each half of a head turned against the other by p theta^(-2j / head_dim) at position p. */
const rotatedOf = (rows: Matrix): Matrix => rows.map((row, p) => {
  const half = row.length / 2;
  return row.map((x, j) => {
    const angle = p * theta ** ((-2 * (j % half)) / row.length);
    return x * Math.cos(angle) + (j < half ? -row[j + half]! : row[j - half]!) * Math.sin(angle);
  });
});
/** One puzzle's self-attention with the published weights qkv [3 H head_dim, D] and o [D, H head_dim]. */
const attentionOf = (rows: Matrix, qkv: Matrix, o: Matrix, heads: number, rope: boolean): Matrix => {
  const width = qkv.length / 3;
  const size = width / heads;
  const all = times(rows, turned(qkv));
  const part = (which: number, head: number): Matrix => all.map(row => row.slice(which * width + head * size, which * width + (head + 1) * size));
  const mixed = Array.from({ length: heads }, (_, head) => {
    const [q, k] = [part(0, head), part(1, head)].map(rows => (rope ? rotatedOf(rows) : rows)) as [Matrix, Matrix];
    const scores = times(q, turned(k)).map(row => row.map(x => x / Math.sqrt(size)));
    return times(softmaxOf(scores), part(2, head));
  });
  return times(rows.map((_, i) => mixed.flatMap(head => head[i]!)), turned(o));
};
const labels = [[2, 0, IGNORE_LABEL_ID], [IGNORE_LABEL_ID, 3, 1]];
/** Mean of -log p(label) over a puzzle's valid cells. */
const answerLossOf = (puzzle: Matrix, index: number, probabilities: (rows: Matrix) => Matrix): number => {
  const losses = probabilities(puzzle).flatMap((row, cell) => (labels[index]![cell]! < 0 ? [] : [-Math.log(row[labels[index]![cell]!]!)]));
  return losses.reduce((a, b) => a + b, 0) / losses.length;
};

/** Flat data as matrices of the last two axes; one where there are fewer. */
function matrices(data: ArrayLike<number>, shape: readonly number[]): Matrix[] {
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1)!];
  return Array.from({ length: data.length / (rows * columns) }, (_, m) => Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => data[(m * rows + i) * columns + j]!)));
}

// The same in plain operations of the engine.
const plainSwiGLU: Layer = (h, gateUp, down) => {
  const [gate, up] = tf.split(tf.matMul(tf.reshape(h, [-1, h.shape.at(-1)!]), gateUp, false, true), 2, 1);
  return tf.reshape(tf.matMul(tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!), down, false, true), h.shape);
};
/** Over tokens: W h for every puzzle by itself, nothing turned. */
const plainSwiGLUOverTokens: Layer = (h, gateUp, down) => tf.stack(tf.unstack(h).map(puzzle => {
  const [gate, up] = tf.split(tf.matMul(gateUp, puzzle), 2, 0);
  return tf.matMul(down, tf.mul(tf.mul(gate!, tf.sigmoid(gate!)), up!));
}));
const plainStablemax: Layer = v => {
  const s = tf.where(tf.greaterEqual(v, 0), tf.add(v, 1), tf.div(1, tf.sub(1, v)));
  return tf.log(tf.div(s, tf.sum(s, -1, true)));
};
/** Puzzle by puzzle and head by head. */
const plainAttention = (heads: number, rope: boolean): Layer => (h, qkv, o) => tf.stack(tf.unstack(h).map(puzzle => {
  const parts = tf.split(tf.matMul(puzzle, qkv, false, true), 3 * heads, 1);
  const size = parts[0]!.shape[1]!;
  const { cos, sin } = rotary(puzzle.shape[0], size, theta);
  const turn = (x: Tensor): Tensor => {
    const [first, second] = tf.split(x, 2, 1);
    return rope ? tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(second!), first!], 1), sin)) : x;
  };
  const mixed = Array.from({ length: heads }, (_, head) => {
    const scores = tf.div(tf.matMul(turn(parts[head]!), turn(parts[heads + head]!), false, true), Math.sqrt(size));
    return tf.matMul(tf.softmax(scores), parts[2 * heads + head]!);
  });
  return tf.matMul(tf.concat(mixed, 1), o, false, true);
}));

const format = numberFormat('float32');
const swiGLULayer: Layer = (h, gateUp, down) => swiGLU(h, splitSwiGLU(gateUp, down), format);
const tokenSwiGLULayer: Layer = (h, gateUp, down) => swiGLUOverTokens(h, splitTokenSwiGLU(gateUp, down), format);
const attentionLayer = (heads: number, rope: boolean): Layer => (h, qkv, o) =>
  selfAttention(h, attentionWeights(qkv, o), heads, rope ? rotary(h.shape[1]!, qkv.shape[0] / 3 / heads, theta) : null, format);
const labelled = (loss: Parameters<typeof answerLoss>[2]): Layer => v => answerLoss(v, tf.tensor2d(labels, undefined, 'int32'), loss);
const target = [0.3, 1, 0, 0.7];

interface Case {
  readonly name: string;
  readonly layer: Layer;
  readonly plain?: Layer;
  readonly shapes: readonly (readonly number[])[];
  /** The formula on matrices of the last two axes of the first input and on the other inputs, flat. */
  readonly formula: (matrix: Matrix, index: number, ...weights: Matrix[]) => Matrix | number;
  /** Sizes of the first input. */
  readonly scales: readonly number[];
}

const attention = (heads: number, rope: boolean): Case => ({
  name: `selfAttention of ${heads} head${heads > 1 ? 's' : ''}${rope ? ', rope' : ''}`, layer: attentionLayer(heads, rope), plain: plainAttention(heads, rope), shapes: [[2, 3, 8], [24, 8], [8, 8]], scales: [1.5, 1e-3],
  formula: (h, _, qkv, o) => attentionOf(h, qkv, o, heads, rope),
});

const cases: readonly Case[] = [
  ...([-1, 1] as const).flatMap((axis): Case[] => {
    const over = axis === 1 ? (f: (rows: Matrix) => Matrix) => (rows: Matrix) => turned(f(turned(rows))) : (f: (rows: Matrix) => Matrix) => f;
    const plain = (x: Tensor): Tensor => tf.div(x, tf.sqrt(tf.add(tf.mean(tf.mul(x, x), axis, true), eps)));
    const name = `rmsNorm over ${axis === 1 ? 'tokens' : 'features'}`;
    return [
      // h + h/2 is of the size of h: also so small that epsilon rules.
      { name, layer: h => rmsNormOfSum(h, tf.div(h, 2), eps, format, axis), plain: h => plain(tf.mul(h, 1.5)), shapes: [[2, 3, 5]], scales: [1.5, 3e-3, 1e-5, 1e4], formula: over(rows => rmsNormOf(rows.map(row => row.map(x => 1.5 * x)))) },
      { name: `${name}, of two`, layer: (h, branch) => rmsNormOfSum(h, branch, eps, format, axis), plain: (h, branch) => plain(tf.add(h, branch)), shapes: [[1, 3, 5], [1, 3, 5]], scales: [1.5, 1e-3], formula: (h, _, branch) => over(rmsNormOf)(each(h, branch, (x, y) => x + y)) },
    ];
  }),
  { name: 'swiGLU', layer: swiGLULayer, plain: plainSwiGLU, shapes: [[2, 3, 4], [10, 4], [4, 5]], scales: [1.5, 1e-3, 40], formula: (h, _, gateUp, down) => swiGLUOf(h, gateUp, down) },
  {
    name: 'swiGLU over tokens', layer: tokenSwiGLULayer, plain: plainSwiGLUOverTokens, shapes: [[2, 3, 4], [10, 3], [3, 5]], scales: [1.5, 40],
    formula: (h, _, gateUp, down) => turned(swiGLUOf(turned(h), gateUp, down)),
  },
  attention(1, false), attention(2, false), attention(2, true),
  { name: 'log stablemax', layer: v => logProbabilities(v, 'stablemax_cross_entropy'), plain: plainStablemax, shapes: [[2, 3, 4]], scales: [1.5, 1e-3, 60], formula: v => stablemaxOf(v).map(row => row.map(Math.log)) },
  { name: 'answer loss, stablemax', layer: labelled('stablemax_cross_entropy'), shapes: [[2, 3, 4]], scales: [1.5, 60], formula: (v, index) => answerLossOf(v, index, stablemaxOf) },
  { name: 'answer loss, softmax', layer: labelled('softmax_cross_entropy'), shapes: [[2, 3, 4]], scales: [1.5, 8], formula: (v, index) => answerLossOf(v, index, softmaxOf) },
  { name: 'halting loss', layer: q => haltingLoss(q, tf.tensor1d(target)), shapes: [[4]], scales: [1.5, 20], formula: ([q]) => [q!.map((x, i) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - x * target[i]!)] },
];

/** Values and gradients of sum(layer(inputs) * dy), in host memory. */
function evaluate(layer: Layer, inputs: readonly Float32Array[], shapes: Case['shapes'], dyOf: (shape: readonly number[]) => Float32Array): { value: number[]; shape: number[]; gradients: number[][] } {
  return tf.tidy(() => {
    let value: number[] = [];
    let shape: number[] = [];
    const gradients = tf.grads((...tensors: Tensor[]) => {
      const y = layer(...(tensors as [Tensor, ...Tensor[]]));
      [value, shape] = [[...y.dataSync()], y.shape];
      return tf.sum(tf.mul(y, tf.tensor(dyOf(y.shape), y.shape)));
    })(inputs.map((data, i) => tf.tensor(data, [...shapes[i]!])));
    return { value, shape, gradients: gradients.map(gradient => [...gradient.dataSync()]) };
  });
}

/** Within `share` of the largest value expected. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, share: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  expect(largest, `${what} is not nothing`).toBeGreaterThan(0);
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(actual[i]! - expected[i]!);
    if (!(off <= share * largest)) expect.fail(`${what}[${i}]: ${actual[i]!}, expected ${expected[i]!}; off by ${off / largest} of the largest`);
  }
}

/** The formula's values, flat, in float64. */
function valuesOf({ formula, shapes }: Case, inputs: readonly ArrayLike<number>[]): number[] {
  const [first, ...weights] = inputs.map((data, i) => matrices(data, shapes[i]!));
  return first!.flatMap((matrix, index) => {
    const value = formula(matrix, index, ...weights.map(weight => weight[0]!));
    return typeof value === 'number' ? [value] : value.flat();
  });
}

/** The gradients of sum(formula(inputs) * dy) by central differences of fourth order. */
function differencesOf(of: Case, inputs: readonly Float32Array[], dy: Float32Array): number[][] {
  const objective = (changed: ArrayLike<number>[]): number => valuesOf(of, changed).reduce((sum, value, i) => sum + value * dy[i]!, 0);
  return inputs.map((data, i) => {
    const h = 2e-6 * Math.max(...data.map(Math.abs));
    return Array.from(data, (value, j) => {
      const at = (x: number): number => objective(inputs.map((other, k) => (k === i ? Array.from(other).with(j, x) : other)));
      return (8 * (at(value + h) - at(value - h)) - (at(value + 2 * h) - at(value - 2 * h))) / (12 * h);
    });
  });
}

describe.each(engines)('$name engine', ({ open, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await open();
  });
  afterAll(() => {
    if (there) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
  });

  describe.each(cases)('$name', one => {
    const { layer, plain, shapes, scales } = one;
    const dyOf = (shape: readonly number[]): Float32Array => exampleTensor(shape, 20).data as Float32Array;
    const inputsOf = (scale: number): Float32Array[] => shapes.map((shape, i) => exampleTensor(shape, 10 + i, i === 0 ? scale : 1.5).data as Float32Array);

    test.skipIf(!there).each(scales)('has the values and the gradient of the formula, inputs up to %d', scale => {
      const inputs = inputsOf(scale);
      const { value, shape, gradients } = evaluate(layer, inputs, shapes, dyOf);
      expectClose(value, valuesOf(one, inputs), 2e-6, 'value');
      differencesOf(one, inputs, dyOf(shape)).forEach((expected, i) => expectClose(gradients[i]!, expected, 1e-5, `gradient ${i}`));
    });

    if (plain) test.skipIf(!there)('has the value and the gradient of plain operations', () => {
      const inputs = inputsOf(1.5);
      const ours = evaluate(layer, inputs, shapes, dyOf);
      const automatic = evaluate(plain, inputs, shapes, dyOf);
      expectClose(ours.value, automatic.value, 2e-6, 'value');
      automatic.gradients.forEach((gradient, i) => expectClose(ours.gradients[i]!, gradient, 1e-5, `gradient ${i}`));
    });
  });
});
