/** Names, shapes and counts of parameters, held against the published models' own checkpoints. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load';
import type { ResolvedArch } from '../../src/config/resolve';
import { bufferShapes, effectiveDepth, flopsPerStep, parameterCount, parameterShapes, prefixLength, swigluWidth } from '../../src/model/shapes';

const folder = path.join(import.meta.dirname, '../fixtures/parity');

function published(name: string): Record<string, number[]> {
  const bytes = readFileSync(path.join(folder, `${name}.safetensors`));
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString()) as Record<string, { shape: number[] }>;
  return Object.fromEntries(Object.entries(header).filter(([key]) => key.startsWith('init.')).map(([key, { shape }]) => [key.slice('init.'.length), shape]));
}

interface Fixture { upstreamArch: string; arch: Record<string, unknown>; vocabSize: number; seqLen: number; numPuzzleIdentifiers: number }

function archOf(options: object): ResolvedArch {
  const { config, problems } = parseConfig(JSON.stringify({ arch: { name: 'trm', ...options }, data_paths: ['d'] }));
  if (!config) throw new Error(JSON.stringify(problems));
  return config.arch;
}

describe('shapes of the published models', () => {
  test.each(['trm-mlp', 'trm-att', 'trm-att-learned-pos', 'trm-no-puzzle-emb', 'trm-act-continue', 'trm-single-z', 'trm-multi-z', 'hrm', 'transformer'])('%s', name => {
    const fixture = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Fixture;
    const arch = archOf({ name: fixture.upstreamArch, ...fixture.arch });
    const data = { vocab_size: fixture.vocabSize, seq_len: fixture.seqLen, num_puzzle_identifiers: fixture.numPuzzleIdentifiers };
    const shapes = published(name);
    const ours = Object.fromEntries([...parameterShapes(arch, data), ...bufferShapes(arch)].map(spec => [spec.name, spec.shape]));
    expect(ours).toEqual(shapes);
    const trained = Object.entries(shapes).filter(([key]) => !/[HL]\d?_init$/.test(key));
    expect(parameterCount(arch, data).total).toBe(trained.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0));
  });
});

test('the paper\'s Sudoku model has about 5 million parameters and an effective depth of 42', () => {
  const arch = archOf({ mlp_t: true, pos_encodings: 'none' });
  const data = { vocab_size: 11, seq_len: 81, num_puzzle_identifiers: 1 };
  expect(parameterCount(arch, data).total / 1e6).toBeCloseTo(5.0, 0);
  expect(effectiveDepth(arch)).toBe(42);
  expect(prefixLength(arch)).toBe(16);
});

test('the SwiGLU width rounds as Python does', () => {
  expect(swigluWidth(512, 4)).toBe(1536);
  expect(swigluWidth(97, 4)).toBe(512);
  expect(swigluWidth(64, 2)).toBe(256);
  expect(swigluWidth(769, 0.5)).toBe(256); // 256.33 rounds down to 256
  expect(swigluWidth(1539, 0.25)).toBe(256); // 256.5 rounds to even
});

test('prefix tokens', () => {
  expect(prefixLength(archOf({ hidden_size: 32, puzzle_emb_ndim: 48, puzzle_emb_len: 0 }))).toBe(2);
  expect(prefixLength(archOf({ puzzle_emb_ndim: 0, puzzle_emb_len: 0 }))).toBe(0);
});

test('compute of a step: more recursions cost forward passes only, the continue head one more forward pass', () => {
  const data = { vocab_size: 6, seq_len: 16, num_puzzle_identifiers: 1 };
  const small = { hidden_size: 64, expansion: 2, L_cycles: 2, mlp_t: true, puzzle_emb_len: 2 };
  const at = (options: object) => flopsPerStep(archOf({ ...small, ...options }), data, 1);
  const recursion = at({ H_cycles: 3 }) - at({ H_cycles: 2 });
  expect(at({ H_cycles: 4 }) - at({ H_cycles: 3 })).toBe(recursion);
  // one recursion = 3 networks of 2 blocks, each 6 * D * S * 256 (mixer) + 6 * S * D * 256, with S 18 and D 64
  expect(recursion).toBe(3 * 2 * (6 * 64 * 18 * 256 * 2));
  expect(at({ H_cycles: 2, no_ACT_continue: false }) - at({ H_cycles: 2 })).toBe(2 * recursion + 2 * 16 * 64 * 6 + 4 * 64);
});

describe('the systems of the paper on Sudoku-Extreme', () => {
  const data = { vocab_size: 11, seq_len: 81, num_puzzle_identifiers: 1 };
  const mlp = { mlp_t: true, pos_encodings: 'none' };
  // Table 1 (and direct prediction of Table 4): millions of parameters and effective depth. HRM and direct prediction as published, with attention.
  test.each([
    ['HRM', { name: 'hrm' }, 27, 24],
    ['TRM', mlp, 5, 42],
    ['w/ separate f_H, f_L', { ...mlp, separate_networks: true }, 10, 42],
    ['w/ 4 layers, n = 3', { ...mlp, L_layers: 4, L_cycles: 3 }, 10, 48],
    ['w/ self-attention', {}, 7, 42],
    ['w/ T = 2, n = 2', { ...mlp, H_cycles: 2, L_cycles: 2 }, 5, 12],
    ['w/ 1-step gradient', { ...mlp, gradient: 'one_step' }, 5, 42],
    ['single z', { name: 'trm_singlez', ...mlp }, 5, 42],
    ['multi-scale z', { name: 'trm_hier6', ...mlp }, 5, 42],
    ['direct prediction', { name: 'direct' }, 27, 8],
    ['a transformer', { name: 'transformers_baseline' }, 27, 8],
    ['a deep equilibrium', { name: 'deq', ...mlp, solver_iterations: 20 }, 5, 42],
  ])('%s', (_, options, millions, depth) => {
    const arch = archOf(options);
    expect(Math.abs(parameterCount(arch, data).total / 1e6 - millions)).toBeLessThan(0.6);
    expect(effectiveDepth(arch)).toBe(depth);
  });

  test('the features carried, each with the vector it starts from', () => {
    const initial = (options: object) => bufferShapes(archOf(options)).map(({ name }) => name);
    expect(initial({})).toEqual(['inner.H_init', 'inner.L_init']);
    expect(initial({ name: 'trm_singlez' })).toEqual(['inner.L_init']);
    expect(initial({ name: 'trm_hier6', L_cycles: 2, z_features: 2 })).toEqual(['inner.H_init', 'inner.L1_init', 'inner.L2_init']);
    expect(initial({ name: 'transformers_baseline' })).toEqual(['inner.H_init']);
    expect(initial({ name: 'direct' })).toEqual([]);
    expect(initial({ name: 'deq' })).toEqual([]);
  });

  test('one-step gradient costs the backward pass of two updates instead of n + 1', () => {
    const at = (options: object) => flopsPerStep(archOf({ ...mlp, ...options }), data, 1);
    const recursion = at({ H_cycles: 4 }) - at({ H_cycles: 3 });
    expect(at({}) - at({ gradient: 'one_step' })).toBe(2 * recursion - 4 / 7 * recursion);
  });
});
