/** What a run starts from: the statistics of the weights as drawn, and their independence of each other. */
import { describe, expect, test } from 'vitest';
import { initialWeights } from '../../src/training/initial-state';
import { exampleConfig } from './training-example';

const data = { vocab_size: 40, seq_len: 64, num_puzzle_identifiers: 3 };
const options = { hidden_size: 64, expansion: 4, L_layers: 2, pos_encodings: 'none' };
const arch = exampleConfig(options).arch;
const { model, buffers } = initialWeights(arch, data, 1);

const deviation = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);

describe('statistics', () => {
  test.each([
    ['inner.embed_tokens.embedding_weight', 1 / Math.sqrt(64)],
    ['inner.lm_head.weight', 1 / Math.sqrt(64)],
    ['inner.L_level.layers.0.mlp_t.gate_up_proj.weight', 1 / Math.sqrt(65)],
    ['inner.L_level.layers.0.mlp_t.down_proj.weight', 1 / Math.sqrt(256)],
    ['inner.L_level.layers.1.mlp.gate_up_proj.weight', 1 / Math.sqrt(64)],
    ['inner.L_level.layers.1.mlp.down_proj.weight', 1 / Math.sqrt(256)],
  ])('%s: standard deviation after truncation, cut at two sigma', (name, std) => {
    const values = model[name]!.data;
    const standardErrors = 5 / Math.sqrt(2 * values.length);
    expect(Math.abs(deviation(values) / std - 1), `deviation ${deviation(values)}, expected ${std}`).toBeLessThan(standardErrors);
    expect(Math.abs(Array.from(values).reduce((a, b) => a + b, 0) / values.length) / std).toBeLessThan(5 / Math.sqrt(values.length));
    const largest = Math.max(...Array.from(values, Math.abs)) / std;
    expect(largest).toBeLessThanOrEqual(2 / 0.8796 + 1e-4);
    expect(largest).toBeGreaterThan(2); // the unit normal is cut at 2, then widened
  });

  test('the halting head starts at 0 with bias -5', () => {
    expect(new Set(model['inner.q_head.weight']!.data)).toEqual(new Set([0]));
    expect([...model['inner.q_head.bias']!.data]).toEqual([-5, -5]);
  });

  test('H_init and L_init have deviation 1 and differ', () => {
    for (const name of ['inner.H_init', 'inner.L_init']) expect(Math.abs(deviation(buffers[name]!.data) - 1)).toBeLessThan(5 / Math.sqrt(128));
    expect(buffers['inner.H_init']!.data).not.toEqual(buffers['inner.L_init']!.data);
  });

  test('the puzzle embedding is no dense parameter', () => expect(Object.keys(model)).not.toContain('inner.puzzle_emb.weights'));
});

describe('draws', () => {
  test('are the same for the same seed, others for another', () => {
    expect(initialWeights(arch, data, 1)).toEqual({ model, buffers });
    expect(initialWeights(arch, data, 2).model['inner.lm_head.weight']).not.toEqual(model['inner.lm_head.weight']);
  });

  test('differ between tensors of one shape', () => {
    const layer = (i: number): Float32Array => model[`inner.L_level.layers.${i}.mlp.down_proj.weight`]!.data as Float32Array;
    expect(layer(0)).not.toEqual(layer(1));
    expect(model['inner.embed_tokens.embedding_weight']!.data).not.toEqual(model['inner.lm_head.weight']!.data);
  });

  test('do not depend on which other tensors there are', () => {
    const more = initialWeights(exampleConfig({ ...options, pos_encodings: 'learned', L_layers: 3 }).arch, data, 1);
    expect(Object.keys(more.model).length).toBeGreaterThan(Object.keys(model).length);
    for (const [name, tensor] of Object.entries(model)) expect(more.model[name], name).toEqual(tensor);
    expect(more.buffers).toEqual(buffers);
  });
});
