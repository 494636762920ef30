/**
 * Gradients written by hand, on every engine: against finite differences, and against TensorFlow.js's own gradient of
 * the plain formula.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine';
import { rmsNorm, splitSwiGLU, swapTokensAndFeatures, swiGLU } from '../../src/model/layers';
import { logProbabilities } from '../../src/model/losses';
import { engines } from '../engines';
import { exampleTensor } from './training-example';

type Layer = (...inputs: Tensor[]) => Tensor;

const eps = 1e-5;
/** With the published weights gate_up [2I, d] and down [d, I]. */
const swiGLULayer: Layer = (h, gateUp, down) => swiGLU(h, splitSwiGLU(gateUp, down));
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

const layers: { name: string; layer: Layer; plain: Layer; shapes: number[][] }[] = [
  { name: 'rmsNorm', layer: h => rmsNorm(h, eps), plain: h => tf.div(h, tf.sqrt(tf.add(tf.mean(tf.mul(h, h), -1, true), eps))), shapes: [[2, 3, 5]] },
  { name: 'swiGLU', layer: swiGLULayer, plain: plainSwiGLU, shapes: [[2, 3, 4], [10, 4], [4, 5]] },
  { name: 'swiGLU over tokens', layer: (h, ...w) => swapTokensAndFeatures(swiGLULayer(swapTokensAndFeatures(h), ...w)), plain: plainSwiGLUOverTokens, shapes: [[2, 3, 4], [10, 3], [3, 5]] },
  { name: 'log stablemax', layer: v => logProbabilities(v, 'stablemax_cross_entropy'), plain: plainStablemax, shapes: [[2, 3, 4]] },
];

/** Values and gradients of sum(layer(inputs) * dy), in host memory. */
function evaluate(layer: Layer, inputs: Float32Array[], shapes: number[][], dyOf: (shape: number[]) => Float32Array): { value: number[]; gradients: number[][] } {
  return tf.tidy(() => {
    let value: number[] = [];
    const gradients = tf.grads((...tensors: Tensor[]) => {
      const y = layer(...tensors);
      value = [...y.dataSync()];
      return tf.sum(tf.mul(y, tf.tensor(dyOf(y.shape), y.shape)));
    })(inputs.map((data, i) => tf.tensor(data, shapes[i])));
    return { value, gradients: gradients.map(gradient => [...gradient.dataSync()]) };
  });
}

function expectClose(actual: number[], expected: number[], tolerance: number, what: string): void {
  expect(actual.length, what).toBe(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!), `${what}[${i}]: ${value}, expected ${expected[i]!}`).toBeLessThan(tolerance));
}

describe.each(engines)('$name engine', ({ open, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await open();
  });
  afterAll(() => {
    if (there) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
  });

  describe.each(layers)('$name', ({ layer, plain, shapes }) => {
    const inputs = shapes.map((shape, i) => exampleTensor(shape, 10 + i, 1.5).data as Float32Array);
    const dyOf = (shape: number[]): Float32Array => exampleTensor(shape, 20).data as Float32Array;

    test.skipIf(!there)('has the value and the gradient of the plain formula', () => {
      const ours = evaluate(layer, inputs, shapes, dyOf);
      const automatic = evaluate(plain, inputs, shapes, dyOf);
      expectClose(ours.value, automatic.value, 1e-5, 'value');
      automatic.gradients.forEach((gradient, i) => expectClose(ours.gradients[i]!, gradient, 1e-5, `gradient ${i}`));
    });

    test.skipIf(!there)('has the gradient of finite differences', () => {
      const { gradients } = evaluate(layer, inputs, shapes, dyOf);
      const h = 1e-2;
      const objective = (changed: Float32Array[]): number => tf.tidy(() => {
        const y = layer(...changed.map((data, i) => tf.tensor(data, shapes[i])));
        const dy = dyOf(y.shape);
        return [...y.dataSync()].reduce((sum, value, i) => sum + value * dy[i]!, 0);
      });
      inputs.forEach((data, i) => {
        const differences = Array.from(data, (value, j) => {
          const at = (x: number): number => objective(inputs.map((other, k) => (k === i ? data.with(j, x) : other)));
          return (at(value + h) - at(value - h)) / (2 * h);
        });
        expectClose(gradients[i]!, differences, 3e-3, `gradient ${i}`);
      });
    });
  });
});
