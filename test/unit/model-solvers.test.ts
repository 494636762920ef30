/** Root finders: fixed points that are known, every puzzle by itself, and what is said of residual and iterations. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { beforeAll, describe, expect, test } from 'vitest';
import { solvers } from '../../src/config/arch-schema';
import { openCpu } from '../../src/engine/cpu';
import { solve } from '../../src/model/solvers';
import type { Solution, SolverOptions } from '../../src/model/solvers';
import { exampleTensor } from './training-example';

beforeAll(async () => {
  await openCpu();
});

const size = 12;
/** A matrix whose largest singular value is below `scale`: f(z) = tanh(z A + b) is a contraction for scale < 1. */
const matrix = (scale: number): tf.Tensor2D => tf.tensor2d(Array.from(exampleTensor([size, size], 1).data, value => (value * scale) / (size / 2)), [size, size]);
const offsets = (rows: number): tf.Tensor2D => tf.tensor2d(exampleTensor([rows, size], 2).data as Float32Array, [rows, size]);
const f = (b: tf.Tensor, scale = 0.9) => (z: tf.Tensor): tf.Tensor => tf.tanh(tf.add(tf.matMul(z as tf.Tensor2D, matrix(scale)), b));
const numbers = ({ z, residual, iterations }: Solution) => ({ z: [...z.dataSync()], residual: [...residual.dataSync()], iterations: [...iterations.dataSync()] });
const options = (more: Partial<SolverOptions>): SolverOptions => ({ solver: 'fixed_point', iterations: 60, tolerance: 1e-6, memory: 5, ...more });

/** The fixed point by patience alone. */
function patient(b: tf.Tensor, scale?: number): number[] {
  let z: tf.Tensor = tf.zerosLike(b);
  for (let i = 0; i < 500; i++) z = f(b, scale)(z);
  return [...z.dataSync()];
}

describe.each(solvers)('%s', solver => {
  test('finds the fixed point, and says how near it is', () => {
    const b = offsets(3);
    const { z, residual, iterations } = numbers(solve(f(b), tf.zerosLike(b), options({ solver })));
    patient(b).forEach((value, i) => expect(z[i]).toBeCloseTo(value, 4));
    for (const r of residual) expect(r).toBeLessThan(1e-5);
    for (const n of iterations) expect(n).toBeLessThanOrEqual(60);
    const image = [...f(b)(tf.tensor2d(z, [3, size])).dataSync()];
    const norm = (values: number[]): number => Math.hypot(...values);
    const first = norm(image.slice(0, size).map((value, i) => value - z[i]!)) / norm(image.slice(0, size));
    expect(residual[0]).toBeCloseTo(first, 5);
  });

  test('a puzzle that has converged keeps what it has, and what a puzzle gets does not depend on the others', () => {
    const b = tf.mul(offsets(3), tf.tensor2d([[0], [1], [3]]));
    const together = numbers(solve(f(b), tf.zerosLike(b), options({ solver, tolerance: 1e-2 })));
    expect(together.iterations[0]).toBe(1); // f(0) = 0
    expect(together.z.slice(0, size)).toEqual(Array<number>(size).fill(0));
    for (let row = 0; row < 3; row++) {
      const own = tf.slice(b, [row, 0], [1, size]);
      const alone = numbers(solve(f(own), tf.zerosLike(own), options({ solver, tolerance: 1e-2 })));
      expect(together.iterations[row]).toBe(alone.iterations[0]);
      alone.z.forEach((value, i) => expect(together.z[row * size + i]).toBeCloseTo(value, 5));
    }
    for (const r of together.residual) expect(r).toBeLessThanOrEqual(1e-2);
  });

  test('without enough iterations it gives the best it saw, and every application is told', () => {
    const b = offsets(2);
    const told: number[] = [];
    const { residual, iterations } = numbers(solve(f(b), tf.zerosLike(b), options({ solver, iterations: 3, tolerance: 1e-9 }), i => told.push(i)));
    expect(told).toEqual([1, 2, 3]);
    expect(iterations).toEqual([3, 3]);
    for (const r of residual) expect(r).toBeLessThan(1);
  });

  test('where there is nothing to find nothing becomes NaN', () => {
    const rotation = (z: tf.Tensor): tf.Tensor => tf.neg(tf.add(z, 1e-30)); // no convergence by iteration, and residuals that repeat
    const { z, residual } = numbers(solve(rotation, tf.ones([2, size]), options({ solver, iterations: 30 })));
    for (const value of [...z, ...residual]) expect(value).not.toBeNaN();
  });
});

test('acceleration takes fewer applications than patience', () => {
  const b = offsets(4);
  const [plain, anderson, broyden] = solvers.map(solver => numbers(solve(f(b, 1.8), tf.zerosLike(b), options({ solver, tolerance: 1e-5, iterations: 200 }))).iterations);
  for (let row = 0; row < 4; row++) {
    expect(anderson![row]).toBeLessThan(plain![row]!);
    expect(broyden![row]).toBeLessThan(plain![row]!);
  }
});
