/** A tiny problem for tests of training: 6 cells of 5 tokens, a model of width 8, and batches drawn from a seed. */
import { archSchema } from '../../src/config/arch-schema';
import { configSchema } from '../../src/config/schema';
import { resolveConfig } from '../../src/config/resolve';
import type { ResolvedConfig } from '../../src/config/resolve';
import type { HostTensor, HostTensors } from '../../src/engine/engine';
import type { DataShape } from '../../src/model/shapes';
import type { Batch } from '../../src/puzzles/dataset';
import { RandomStream } from '../../src/random/stream';

/** What the problem's data look like. */
export const exampleData: DataShape = { vocab_size: 5, seq_len: 6, num_puzzle_identifiers: 7 };

/** Small options, of which every architecture takes those that it has. */
const small = {
  mlp_t: true, pos_encodings: 'none', hidden_size: 8, num_heads: 2, expansion: 1, H_cycles: 2, L_cycles: 2, H_layers: 1, L_layers: 1, z_features: 2, halt_max_steps: 3,
  halt_exploration_prob: 0, puzzle_emb_len: 1, forward_dtype: 'float32',
};

/** A config of the problem: of a `trm` unless named, T = n = 2, one block, 4 slots; `arch` and `rest` change it. Of `defaults` it takes what its architecture has. */
export function exampleConfig(arch: object = {}, rest: object = {}, defaults: object = {}): ResolvedConfig {
  const { name, ...options } = { name: 'trm', ...arch };
  const { shape } = archSchema.options.find(option => option.shape.name.value === name)!;
  const ofOneStep = 'halt_exploration_prob' in shape ? {} : { halt_max_steps: 1 };
  const taken = Object.fromEntries(Object.entries({ ...small, ...defaults, ...ofOneStep, ...options }).filter(([key]) => key in shape || key in options));
  return resolveConfig(configSchema.parse({
    arch: { name, ...taken },
    data_paths: ['unused'], global_batch_size: 4, lr: 1e-2, lr_warmup_steps: 0, epochs: 1, ...rest,
  }));
}

/** A batch of random rows, the same for the same seed; row r belongs to puzzle `identifiers[r]`. */
export function exampleBatch(seed: number, identifiers: readonly number[] = [1, 2, 3, 4], data: DataShape = exampleData): Batch {
  const stream = RandomStream.named(seed, 'example-batch');
  const tokens = (): Int32Array => Int32Array.from({ length: identifiers.length * data.seq_len }, () => stream.integer(1, data.vocab_size - 1));
  return { inputs: tokens(), labels: tokens(), puzzleIdentifiers: Int32Array.from(identifiers) };
}

/** A tensor of random numbers in -scale..scale, the same for the same seed. */
export function exampleTensor(shape: readonly number[], seed: number, scale = 1): HostTensor {
  const stream = RandomStream.named(seed, 'example-tensor');
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * (2 * stream.uniform() - 1)) };
}

/** The largest difference between two sets of tensors of the same names and sizes. */
export function largestDifference(a: HostTensors, b: HostTensors): number {
  let largest = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]?.data;
    if (other?.length !== data.length) throw new Error(`"${name}" is not the same size in both`);
    data.forEach((value: number, i: number) => (largest = Math.max(largest, Math.abs(value - other[i]!))));
  }
  return largest;
}
