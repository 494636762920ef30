/**
 * The embedded question x: token embeddings, the puzzle's own vector as prefix positions, positions, and the scale
 * sqrt(D) (published `_input_embeddings`).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import { weight } from './blocks';
import type { Weights } from './blocks';
import { numberFormat } from './number-format';

/** What the embedding needs to know: D, V, P, whether positions are learned, and the format of x. */
export interface EmbeddingOptions { hidden_size: number; vocab_size: number; prefix: number; learnedPositions: boolean; forward_dtype: ResolvedArch['forward_dtype'] }

/**
 * x [B, S, D] of inputs [B, L] (int32) and the puzzles' vectors [B, puzzle_emb_ndim], or null without puzzle embedding.
 * Tokens are looked up by a product with one-hot rows: its gradient is a product too, and deterministic.
 */
export function embed(weights: Weights, inputs: Tensor, puzzleEmb: Tensor | null, options: EmbeddingOptions): Tensor {
  const { hidden_size: d, vocab_size: v, prefix } = options;
  const [b, l] = inputs.shape as [number, number];
  const { narrow } = numberFormat(options.forward_dtype);
  const oneHot = narrow(tf.cast(tf.oneHot(tf.reshape(inputs, [b * l]), v), 'float32'));
  let x: Tensor = tf.reshape(tf.matMul(oneHot as tf.Tensor2D, narrow(weight(weights, 'inner.embed_tokens.embedding_weight')) as tf.Tensor2D), [b, l, d]);
  if (puzzleEmb) {
    const missing = prefix * d - puzzleEmb.shape[1]!;
    const padded = narrow(missing > 0 ? tf.concat([puzzleEmb, tf.zeros([b, missing])], 1) : puzzleEmb);
    x = tf.concat([tf.reshape(padded, [b, prefix, d]), x], 1);
  }
  if (options.learnedPositions) x = tf.mul(tf.add(x, narrow(weight(weights, 'inner.embed_pos.embedding_weight'))), Math.SQRT1_2);
  return tf.mul(x, Math.sqrt(d));
}
