/** Adam-atan2 and the puzzle embedding's sign-SGD against hand-worked numbers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, HostTensors } from '../../src/engine/engine';
import { adamAtan2, adamAtan2Scalars } from '../../src/training/adam-atan2';
import type { AdamAtan2Options } from '../../src/training/adam-atan2';
import { PuzzleEmbeddings } from '../../src/training/puzzle-embeddings';
import { engines } from '../engines';

describe.each(engines)('Adam-atan2 on $name', ({ open, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await open();
  });

  /** Runs steps with these gradients on one parameter vector; returns p, m, v after each. */
  async function optimise(start: number[], gradients: number[][], lr: number, options: AdamAtan2Options): Promise<HostTensors[]> {
    const shape = [start.length];
    const zeros = { shape, data: new Float32Array(start.length) };
    const session = engine.session((state, inputs) => {
      const { g, lr, decay, rate, varianceCorrection } = inputs as Record<string, Tensor>;
      return { state: adamAtan2(state['p']!, g!, state['m']!, state['v']!, { lr: lr!, decay: decay!, rate: rate!, varianceCorrection: varianceCorrection! }, options), outputs: {} };
    }, { p: { shape, data: Float32Array.from(start) }, m: zeros, v: zeros });
    const states: HostTensors[] = [];
    for (const [i, gradient] of gradients.entries()) {
      const scalars = Object.fromEntries(Object.entries(adamAtan2Scalars(lr, i + 1, options)).map(([name, value]) => [name, { shape: [], data: Float32Array.of(value) }]));
      await session.run({ g: { shape, data: Float32Array.from(gradient) }, ...scalars });
      states.push(await session.read());
    }
    session.dispose();
    return states;
  }

  test.skipIf(!there)('two steps worked by hand', async () => {
    const [first, second] = await optimise([1], [[0.5], [-1]], 0.1, { beta1: 0.9, beta2: 0.95, weight_decay: 0.5 });
    // t = 1: m 0.05, v 0.0125; p = 1 * 0.95 - 0.1 / 0.1 * atan2(0.05, sqrt(0.0125 / 0.05) = 0.5)
    expect(first!['m']!.data[0]).toBeCloseTo(0.05, 6);
    expect(first!['v']!.data[0]).toBeCloseTo(0.0125, 6);
    expect(first!['p']!.data[0]).toBeCloseTo(0.95 - 0.09966865, 6);
    // t = 2: m 0.9 * 0.05 - 0.1, v 0.95 * 0.0125 + 0.05; p = p * 0.95 - 0.1 / 0.19 * atan2(-0.055, sqrt(0.061875 / 0.0975))
    expect(second!['m']!.data[0]).toBeCloseTo(-0.055, 6);
    expect(second!['v']!.data[0]).toBeCloseTo(0.061875, 6);
    expect(second!['p']!.data[0]).toBeCloseTo(0.85033135 * 0.95 + (0.1 / 0.19) * 0.06893157, 6);
  });

  test.skipIf(!there)('without gradient and moments only the decay acts: no epsilon, no NaN', async () => {
    const [after] = await optimise([2, -4, 0], [[0, 0, 0]], 0.1, { beta1: 0.9, beta2: 0.95, weight_decay: 0.5 });
    for (const [i, value] of [1.9, -3.8, 0].entries()) expect(after!['p']!.data[i]).toBeCloseTo(value, 6);
  });

  test.skipIf(!there)('a step does not depend on the gradient\'s scale: the first is lr * pi / 4 towards its sign', async () => {
    const [after] = await optimise([0, 0, 0], [[1e-3, -1, 1e3]], 0.1, { beta1: 0, beta2: 0, weight_decay: 0 });
    for (const [i, sign] of [1, -1, 1].entries()) expect(after!['p']!.data[i]).toBeCloseTo((-sign * 0.1 * Math.PI) / 4, 6);
  });
});

describe('sign-SGD on puzzle embeddings', () => {
  const table = (): PuzzleEmbeddings => new PuzzleEmbeddings(Float32Array.of(1, -1, 2, 4, -8, 16, 0, 0), 2);

  test('moves by the sign of the gradient and decays, only the rows in use', () => {
    const embeddings = table();
    embeddings.signSgd(Int32Array.of(2, 0), Float32Array.of(100, -1e-9, 0, 3), 0.1, 0.5);
    const expected = [0.95, -0.95 - 0.1, 2, 4, -7.6 - 0.1, 15.2 + 0.1, 0, 0];
    expected.forEach((value, i) => expect(embeddings.weights[i]).toBeCloseTo(value, 5));
  });

  test('sums the gradients of a repeated identifier before taking the sign, and decays its row once', () => {
    const embeddings = table();
    embeddings.signSgd(Int32Array.of(1, 3, 1, 1), Float32Array.of(3, 1, 0, 0, -1, -1, -1, -2), 0.1, 0.5);
    const expected = [1, -1, 1.9 - 0.1, 3.8 + 0.1, -8, 16, 0, 0]; // sums: 1 and -2; one by one the first would be -
    expected.forEach((value, i) => expect(embeddings.weights[i]).toBeCloseTo(value, 5));
  });

  test('gradients that cancel only decay', () => {
    const embeddings = table();
    embeddings.signSgd(Int32Array.of(0, 0), Float32Array.of(1, 2, -1, -2), 0.1, 0.5);
    expect([...embeddings.weights.subarray(0, 2)].map(value => Math.fround(value))).toEqual([Math.fround(0.95), Math.fround(-0.95)]);
  });

  test('reads one row per slot', () => expect([...table().rows(Int32Array.of(2, 0, 2))]).toEqual([-8, 16, 1, -1, -8, 16]));
});
