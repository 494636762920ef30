/**
 * What is read from a feature: the answer through the output head, and the halting head's two logits from its first
 * position. The same output head decodes y (the answer) and z (what the paper's figure shows of the latent state).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { linear, weightOf } from './layers';
import { weight } from './blocks';
import type { Weights } from './blocks';

/** logits [B, L, V] of a feature [B, S, D]; the P prefix positions are left out. */
export function answerLogits(weights: Weights, feature: Tensor, prefix: number): Tensor {
  const [b, s, d] = feature.shape as [number, number, number];
  const answer = prefix ? tf.slice(feature, [0, prefix, 0], [b, s - prefix, d]) : feature;
  return linear(answer, weightOf(weight(weights, 'inner.lm_head.weight')));
}

/** The halting and the continue logit, [B] each, from the first position of a feature [B, S, D]. */
export function haltingLogits(weights: Weights, feature: Tensor): { q_halt: Tensor; q_continue: Tensor } {
  const [b, , d] = feature.shape as [number, number, number];
  const first = tf.reshape(tf.slice(feature, [0, 0, 0], [b, 1, d]), [b, d]);
  const q = tf.add(linear(first, weightOf(weight(weights, 'inner.q_head.weight'))), weight(weights, 'inner.q_head.bias'));
  return { q_halt: tf.reshape(tf.slice(q, [0, 0], [b, 1]), [b]), q_continue: tf.reshape(tf.slice(q, [0, 1], [b, 1]), [b]) };
}
