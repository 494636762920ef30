/**
 * The models that are timed: the 4x4 example as it is, three of the paper's kind at sizes a CPU can bear, and the paper's own
 * TRM-MLP in a small batch. Shapes only; the data are random tokens, because a step costs the same whatever is in them.
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

/** Number format of the forward pass. */
export type Dtype = ResolvedConfig['arch']['forward_dtype'];

const metadata = (seq_len: number, vocab_size: number): DatasetMetadata => ({
  pad_id: 0, ignore_label_id: 0, blank_identifier_id: 0, vocab_size, seq_len, num_puzzle_identifiers: 1,
  total_groups: 1000, mean_puzzle_examples: 1, total_puzzles: 1000, sets: ['all'],
});

const config = (arch: Record<string, unknown>, global_batch_size: number): ResolvedConfig =>
  resolveConfig(configSchema.parse({
    arch: { name: 'trm', forward_dtype: 'float32', ...arch },
    data_paths: ['synthetic'], global_batch_size, epochs: 1000, eval_interval: 1000, ema: true, lr: 1e-4, lr_warmup_steps: 0,
  }));

const trmMlp = { mlp_t: true, pos_encodings: 'none' };
const trmAtt = { mlp_t: false, pos_encodings: 'rope' };

/** The shapes by name. A to D have the paper's T = 3, n = 6, 2 layers, expansion 4, stablemax loss, N_sup = 16. */
export const shapes = {
  '4x4': {
    words: 'the 4x4 example: hidden 64, expansion 2, T 2, n 2, L 16, P 2, V 6, batch 64',
    config: config({ ...trmMlp, hidden_size: 64, expansion: 2, H_cycles: 2, L_cycles: 2, halt_max_steps: 8, puzzle_emb_len: 2 }, 64),
    data: metadata(16, 6),
  },
  A: {
    words: 'TRM-MLP hidden 128, L 81, P 16, V 11, batch 32',
    config: config({ ...trmMlp, hidden_size: 128, puzzle_emb_len: 16 }, 32),
    data: metadata(81, 11),
  },
  B: {
    words: 'TRM-MLP hidden 128, L 16, P 2, V 6, batch 64',
    config: config({ ...trmMlp, hidden_size: 128, puzzle_emb_len: 2 }, 64),
    data: metadata(16, 6),
  },
  C: {
    words: 'TRM-Att hidden 128, 2 heads, rope, L 81, P 16, V 11, batch 32',
    config: config({ ...trmAtt, hidden_size: 128, num_heads: 2, puzzle_emb_len: 16 }, 32),
    data: metadata(81, 11),
  },
  D: {
    words: 'TRM-MLP hidden 512, L 81, P 16, V 11, batch 16',
    config: config({ ...trmMlp, hidden_size: 512, puzzle_emb_len: 16 }, 16),
    data: metadata(81, 11),
  },
} satisfies Record<string, Shape>;

/** Name of a shape. */
export type ShapeName = keyof typeof shapes;

/** A model small enough to take very many steps of, in a batch just large enough to be split among two workers: hidden 32, T = n = 1. */
export const smallest: Shape = {
  words: 'TRM-MLP hidden 32, expansion 2, T 1, n 1, L 16, P 2, V 6, batch 32',
  config: config({ ...trmMlp, hidden_size: 32, expansion: 2, H_cycles: 1, L_cycles: 1, puzzle_emb_len: 2 }, 32),
  data: metadata(16, 6),
};

/** A shape's config with the forward pass in `dtype`. */
export const inDtype = (shape: Shape, dtype: Dtype): ResolvedConfig => ({ ...shape.config, arch: { ...shape.config.arch, forward_dtype: dtype } });

/** `count` random tokens that are neither PAD nor blank. */
export function randomTokens(count: number, vocabSize: number, stream: RandomStream): Int32Array {
  return Int32Array.from({ length: count }, () => stream.integer(2, vocabSize - 1));
}
