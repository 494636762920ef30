/**
 * The training loss of one supervision step: cross-entropy of the answer per puzzle, averaged over its valid cells, plus
 * half the binary cross-entropies of the halting heads (published `ACTLossHead`). Everything is per puzzle, [B].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { lossTypes } from '../config/arch-schema';
import { customGradient } from './custom-gradient';

/** The published name of a cross-entropy. */
export type LossType = (typeof lossTypes)[number];

/**
 * log of stablemax: s(v) = v + 1 for v >= 0, 1 / (1 - v) for v < 0, divided by its sum over the last axis (Prieto et al.,
 * arXiv:2501.04697). s'(v) = min(s, 1)^2: 1 where v >= 0, s^2 below.
 */
const logStablemax = customGradient<[Tensor]>((logits, save) => {
  const s = tf.add(tf.relu(logits), tf.div(1, tf.add(1, tf.relu(tf.neg(logits)))));
  const p = tf.div(s, tf.sum(s, -1, true));
  save([s, p]);
  return {
    value: tf.log(p),
    gradFunc: (dy, [s, p]) => tf.mul(tf.sub(dy, tf.mul(p!, tf.sum(dy, -1, true))), tf.div(tf.square(tf.minimum(s!, 1)), s!)),
  };
});

/** Log-probabilities [..., V] of logits under the loss's own normalisation. */
export const logProbabilities = (logits: Tensor, loss: LossType): Tensor => (loss === 'stablemax_cross_entropy' ? logStablemax(logits) : tf.logSoftmax(logits));

/** 1 where a label counts, [B, L]; ignored labels are negative. */
export const validCells = (labels: Tensor): Tensor => tf.cast(tf.greaterEqual(labels, 0), 'float32');

/** Cross-entropy per puzzle, [B]: sum over valid cells / their number (at least 1). logits [B, L, V], labels [B, L]. */
export function answerLoss(logits: Tensor, labels: Tensor, loss: LossType): Tensor {
  const vocab = logits.shape[2]!;
  const valid = validCells(labels);
  // The one-hot row of an ignored label is all zero, so it adds nothing.
  const target = tf.mul(tf.cast(tf.oneHot(tf.cast(tf.maximum(labels, 0), 'int32'), vocab), 'float32'), tf.expandDims(valid, 2));
  const perPuzzle = tf.neg(tf.sum(tf.mul(target, logProbabilities(logits, loss)), [1, 2]));
  return tf.div(perPuzzle, tf.maximum(tf.sum(valid, 1), 1));
}

/** Binary cross-entropy with logits, elementwise: softplus(q) - q * target. */
export const haltingLoss = (q: Tensor, target: Tensor): Tensor => tf.sub(tf.softplus(q), tf.mul(q, target));

/** How right an answer is, [B] each: right cells, valid cells, and 1 where the whole puzzle is right. No gradient. */
export function correctness(logits: Tensor, labels: Tensor): { predictions: Tensor; right: Tensor; valid: Tensor; exact: Tensor } {
  const predictions = tf.argMax(logits, -1);
  const mask = validCells(labels);
  const right = tf.sum(tf.mul(mask, tf.cast(tf.equal(predictions, labels), 'float32')), 1);
  const valid = tf.sum(mask, 1);
  return { predictions, right, valid, exact: tf.cast(tf.equal(right, valid), 'float32') };
}
