/**
 * The gradient of the deep equilibrium model, of every weight and of the puzzle's embedding: that of the implicit function theorem is
 * the gradient through the whole iteration once that has converged, and the slope of the loss of the fixed point itself.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Tensor } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { solvers } from '../../src/config/arch-schema';
import type { ArchOf } from '../../src/config/resolve';
import { openWasm } from '../../src/engine/wasm';
import type { Engine } from '../../src/engine/engine';
import { network } from '../../src/model/blocks';
import type { Weights } from '../../src/model/blocks';
import { deq } from '../../src/model/deq';
import { initialWeights } from '../../src/training/initial-state';
import { exampleBatch, exampleConfig, exampleData, exampleTensor } from './training-example';

let engine: Engine;
beforeAll(async () => {
  engine = await openWasm();
});
afterAll(() => expect(engine.memory().tensors, 'tensors left behind').toBe(0));

const rows = 3;
const arch = (more: object = {}): ArchOf<'deq'> => exampleConfig({ name: 'deq', L_layers: 2, solver_iterations: 60, solver_tolerance: 1e-7, ...more }).arch as ArchOf<'deq'>;
const sequence = exampleData.seq_len + 1;
const tensorOf = ({ shape, data }: { shape: readonly number[]; data: ArrayLike<number> }): Tensor => tf.tensor(Array.from(data), [...shape]);

/** What must live through the gradient's own scopes, and is freed after the test. */
const kept: Tensor[] = [];
const keep = <T extends Tensor>(tensor: T): T => {
  kept.push(tf.keep(tensor));
  return tensor;
};
/** Frees everything that `f` makes. */
function tidied(f: () => void): void {
  tf.tidy(f);
  tf.dispose(kept.splice(0));
}

/** The problem: weights so small that the network is a contraction, and a loss of z. */
function problem() {
  const weights: Record<string, Tensor> = Object.fromEntries(Object.entries(initialWeights(arch(), exampleData, 1).model).map(([name, tensor]): [string, Tensor] => [name, tf.mul(tensorOf(tensor), name.includes('L_level') ? 0.3 : 1)]));
  const puzzleEmb = tensorOf(exampleTensor([rows, 8], 7));
  const inputs = tf.tensor2d(exampleBatch(3, [1, 2, 3]).inputs, [rows, exampleData.seq_len], 'int32');
  const direction = tensorOf(exampleTensor([rows, sequence, 8], 5));
  const names = Object.keys(weights).filter(name => /L_level|embed_tokens/.test(name));
  const variables = [...names.map(name => weights[name]!), puzzleEmb];
  const lossOf = (find: (weights: Weights, x: Tensor) => Tensor) => (...values: Tensor[]): tf.Scalar => {
    const own = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
    return tf.sum(tf.mul(direction, find(own, deq(arch(), exampleData).embed(own, inputs, values.at(-1)!))));
  };
  return { names: [...names, 'puzzle_emb'], variables, lossOf };
}

/** z by the model, its gradient by the implicit function theorem. */
const implicit = (more: object, measured: (name: string, values: Tensor) => void = () => undefined) => (weights: Weights, x: Tensor): Tensor => {
  const model = deq(arch(more), exampleData);
  // As in training: the fixed point is found beside the tape.
  let early: Tensor | null = null;
  tf.customGrad(((none: Tensor) => {
    early = keep(model.recurseWithoutGradient(weights, x, {}, { measured }).z_L!);
    return { value: tf.clone(none), gradFunc: (dy: Tensor) => dy };
  }) as Parameters<typeof tf.customGrad>[0])(tf.scalar(0));
  return model.recurseWithGradient(weights, x, { z_L: early! }, { measured }).z_L!;
};

/** z by iteration, its gradient through every step of it. */
const unrolled = (weights: Weights, x: Tensor): Tensor => {
  const net = network(weights, 'inner.L_level', 2, sequence, arch());
  let z: Tensor = tf.zerosLike(x);
  for (let i = 0; i < 60; i++) z = net(z, x);
  return z;
};

const largest = (values: Iterable<number>): number => Math.max(...Array.from(values, Math.abs));

describe.each(solvers)('%s', solver => {
  test('the implicit gradient is the gradient through the converged iteration', () => tidied(() => {
    const { names, variables, lossOf } = problem();
    const found: Record<string, number[]> = {};
    const own = tf.grads(lossOf(implicit({ solver }, (name, values) => (found[name] = [...values.dataSync()]))))(variables);
    const whole = tf.grads(lossOf(unrolled))(variables);
    for (const name of ['solver_residual', 'adjoint_residual']) for (const residual of found[name]!) expect(residual, name).toBeLessThan(2e-6);
    names.forEach((name, i) => {
      const expected = whole[i]!.dataSync();
      expect(largest(expected), name).toBeGreaterThan(1e-3);
      expect(largest(tf.sub(own[i]!, whole[i]!).dataSync()), name).toBeLessThan(2e-4 * largest(expected));
    });
  }));

  test('and the slope of the loss of the fixed point', () => tidied(() => {
    const { names, variables, lossOf } = problem();
    const loss = lossOf(implicit({ solver }));
    const gradients = tf.grads(loss)(variables);
    names.forEach((name, i) => {
      const along = tensorOf(exampleTensor(variables[i]!.shape, 11 + i, 1 / Math.sqrt(variables[i]!.size)));
      const step = 2e-2;
      const at = (sign: number): number => loss(...variables.map((variable, j) => (j === i ? tf.add(variable, tf.mul(along, sign * step)) : variable))).dataSync()[0]!;
      const slope = (at(1) - at(-1)) / (2 * step);
      const expected = tf.sum(tf.mul(along, gradients[i]!)).dataSync()[0]!;
      expect(Math.abs(slope - expected), `${name}: ${slope}, ${expected}`).toBeLessThan(0.01 * Math.max(Math.abs(expected), largest(gradients[i]!.dataSync())));
    });
  }));
});

test('with one iteration each way it is the one-step gradient, not the gradient', () => tidied(() => {
  const { variables, lossOf } = problem();
  const [first] = tf.grads(lossOf(implicit({ solver: 'fixed_point', solver_iterations: 1 })))(variables);
  const [whole] = tf.grads(lossOf(unrolled))(variables);
  expect(largest(tf.sub(first!, whole!).dataSync())).toBeGreaterThan(0.05 * largest(whole!.dataSync()));
}));
