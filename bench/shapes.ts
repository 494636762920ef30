/**
 * The models that are timed: the 4x4 example as it is, and two of the paper's kind at sizes a CPU can bear. Shapes only; the
 * data are random tokens, because a step costs the same whatever is in them.
 */
import { resolveConfig } from '../src/config/resolve';
import type { ResolvedConfig } from '../src/config/resolve';
import { configSchema } from '../src/config/schema';
import type { DatasetMetadata } from '../src/puzzles/dataset';
import type { RandomStream } from '../src/random/stream';

/** A model with the shape of its data. */
export interface Shape {
  readonly words: string;
  readonly config: ResolvedConfig;
  readonly data: DatasetMetadata;
}

const metadata = (seq_len: number, vocab_size: number): DatasetMetadata => ({
  pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size, seq_len, num_puzzle_identifiers: 1,
  total_groups: 1000, mean_puzzle_examples: 1, total_puzzles: 1000, sets: ['all'],
});

const trmMlp = (arch: Record<string, unknown>, global_batch_size: number): ResolvedConfig =>
  resolveConfig(configSchema.parse({
    arch: { name: 'trm', mlp_t: true, pos_encodings: 'none', forward_dtype: 'float32', ...arch },
    data_paths: ['synthetic'], global_batch_size, epochs: 1000, eval_interval: 1000, ema: true, lr: 1e-4, lr_warmup_steps: 0,
  }));

/** The shapes by name. A and B have the paper's T = 3, n = 6, 2 layers, expansion 4, stablemax loss, N_sup = 16. */
export const shapes = {
  '4x4': {
    words: 'the 4x4 example: hidden 64, expansion 2, T 2, n 2, L 16, P 2, V 6, batch 64',
    config: trmMlp({ hidden_size: 64, expansion: 2, H_cycles: 2, L_cycles: 2, halt_max_steps: 8, puzzle_emb_len: 2 }, 64),
    data: metadata(16, 6),
  },
  A: {
    words: 'TRM-MLP hidden 128, L 81, P 16, V 11, batch 32',
    config: trmMlp({ hidden_size: 128, puzzle_emb_len: 16 }, 32),
    data: metadata(81, 11),
  },
  B: {
    words: 'TRM-MLP hidden 128, L 16, P 2, V 6, batch 64',
    config: trmMlp({ hidden_size: 128, puzzle_emb_len: 2 }, 64),
    data: metadata(16, 6),
  },
} satisfies Record<string, Shape>;

/** Name of a shape. */
export type ShapeName = keyof typeof shapes;

/** `count` random tokens that are neither PAD nor blank. */
export function randomTokens(count: number, vocabSize: number, stream: RandomStream): Int32Array {
  return Int32Array.from({ length: count }, () => stream.integer(2, vocabSize - 1));
}
