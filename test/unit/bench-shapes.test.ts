/**
 * The benchmark's shapes: that they are the models they say they are, and that the compute their rates are reckoned with is what a
 * hand counts, product by product.
 */
import { expect, test } from 'vitest';
import { inDtype, shapes, smallest } from '../../bench/shapes';
import type { Shape } from '../../bench/shapes';
import { findConflicts } from '../../src/config/resolve';
import { flopsPerStep, parameterCount } from '../../src/model/shapes';

/** Operations of a product of [m, k] and [k, n]: a multiplication and an addition for each of m n k terms. */
const product = (m: number, k: number, n: number): number => 2 * m * k * n;

const flops = ({ config, data }: Shape): number => flopsPerStep(config.arch, data, config.global_batch_size);

/** SwiGLU over `rows` vectors of `size`, `inner` wide: gate and up together, then down. */
const swiglu = (rows: number, size: number, inner: number): number => product(rows, size, 2 * inner) + product(rows, inner, size);

/** T = 3 recursions of n + 1 = 7 networks forward, the last of them backward at twice the cost; heads once each way. */
const step = (batch: number, network: number, heads: number): number => batch * (3 * 7 * network + heads + 2 * (7 * network + heads));

test('A: 171 GFLOP per step', () => {
  // S = 16 + 81 = 97; both inner widths are 512 (4 * 97 * 2/3 = 258.7 and 4 * 128 * 2/3 = 341.3, up to a multiple of 256)
  const block = swiglu(128, 97, 512) + swiglu(97, 128, 512);
  expect(flops(shapes.A)).toBe(step(32, 2 * block, product(81, 128, 11) + product(1, 128, 2)));
  expect(flops(shapes.A) / 1e9).toBeCloseTo(170.9, 1);
});

test('B: the token mixer is as wide for 18 positions as it must be', () => {
  const block = swiglu(128, 18, 256) + swiglu(18, 128, 512);
  expect(flops(shapes.B)).toBe(step(64, 2 * block, product(16, 128, 6) + product(1, 128, 2)));
});

test('C: attention with its two products of S x S', () => {
  const qkv = product(97, 128, 3 * 128);
  const scores = 2 * product(97, 64, 97); // 2 heads: Q K^T
  const mixed = 2 * product(97, 97, 64); // 2 heads: the weights times V
  const out = product(97, 128, 128);
  const block = qkv + scores + mixed + out + swiglu(97, 128, 512);
  expect(flops(shapes.C)).toBe(step(32, 2 * block, product(81, 128, 11) + product(1, 128, 2)));
});

test('D: the paper\'s TRM-MLP, 5 million parameters', () => {
  const block = swiglu(512, 97, 512) + swiglu(97, 512, 1536);
  expect(flops(shapes.D)).toBe(step(16, 2 * block, product(81, 512, 11) + product(1, 512, 2)));
  expect(parameterCount(shapes.D.config.arch, shapes.D.data).total / 1e6).toBeCloseTo(5.0, 0);
});

test('every shape can be trained, in either number format', () => {
  for (const shape of [...Object.values<Shape>(shapes), smallest]) {
    expect(findConflicts(shape.config), shape.words).toEqual([]);
    expect(shape.config).toMatchObject({ ema: true, arch: { forward_dtype: 'float32', loss: { loss_type: 'stablemax_cross_entropy' } } });
    expect(inDtype(shape, 'bfloat16').arch).toEqual({ ...shape.config.arch, forward_dtype: 'bfloat16' });
  }
});

test('A to D recurse as the paper does', () => {
  for (const name of ['A', 'B', 'C', 'D'] as const)
    expect(shapes[name].config.arch).toMatchObject({ H_cycles: 3, L_cycles: 6, L_layers: 2, expansion: 4, halt_max_steps: 16, no_ACT_continue: true });
  expect(shapes.C.config.arch).toMatchObject({ mlp_t: false, num_heads: 2, pos_encodings: 'rope' });
});
