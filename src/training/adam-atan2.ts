/**
 * Adam-atan2 (Everett et al., arXiv:2407.05872), the optimiser of all dense parameters:
 *
 *   m = lerp(m, g, 1 - beta1);  v = lerp(v, g^2, 1 - beta2);  p = p (1 - lr wd)
 *   p = p - lr / (1 - beta1^t) * atan2(m, sqrt(v) / sqrt(1 - beta2^t))
 *
 * There is no epsilon: atan2 is defined where both are zero.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Constants of a run. */
export interface AdamAtan2Options { beta1: number; beta2: number; weight_decay: number }

/** The scalars of one optimiser step, computed on the host in float64: they enter the step function as inputs. */
export interface AdamAtan2Scalars { lr: Tensor; decay: Tensor; rate: Tensor; varianceCorrection: Tensor }

/** Host values of the scalars at optimiser step t (from 1). */
export function adamAtan2Scalars(lr: number, t: number, { beta1, beta2, weight_decay }: AdamAtan2Options): Record<keyof AdamAtan2Scalars, number> {
  return { lr, decay: 1 - lr * weight_decay, rate: lr / (1 - beta1 ** t), varianceCorrection: 1 / Math.sqrt(1 - beta2 ** t) };
}

/** One parameter's update; all tensors of the parameter's shape. */
export function adamAtan2(p: Tensor, g: Tensor, m: Tensor, v: Tensor, s: AdamAtan2Scalars, { beta1, beta2 }: AdamAtan2Options): { p: Tensor; m: Tensor; v: Tensor } {
  const newM = tf.add(m, tf.mul(tf.sub(g, m), 1 - beta1));
  const newV = tf.add(v, tf.mul(tf.sub(tf.square(g), v), 1 - beta2));
  const step = tf.atan2(newM, tf.mul(tf.sqrt(newV), s.varianceCorrection));
  return { p: tf.sub(tf.mul(p, s.decay), tf.mul(step, s.rate)), m: newM, v: newV };
}
