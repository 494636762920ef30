/**
 * The layers every recursive model here is made of: linear maps, RMSNorm, SwiGLU and self-attention, all over the last
 * axis; nothing has a bias or a gain. Published weights [out, in] are turned to [in, out] once per step: so the products
 * are plain ones, which every engine does best. The hot pieces carry gradients written by hand: fewer operations, and
 * none of the large constants that automatic ones leave behind.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient';

/**
 * A published weight [out, in] as the networks use it, [in, out]: turned once per step, however often it is then applied.
 * Of a fused weight, `part` of `parts` equal blocks of rows.
 */
export function weightOf(published: Tensor, part = 0, parts = 1): Tensor {
  const [rows, d] = published.shape as [number, number];
  const own = parts === 1 ? published : tf.slice(published, [(part * rows) / parts, 0], [rows / parts, d]);
  return tf.transpose(own, [1, 0]);
}

/** y = x W over the last axis: x [..., in], W [in, out] -> [..., out]. */
export function linear(x: Tensor, weight: Tensor): Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, inputs]), weight), [...x.shape.slice(0, -1), outputs]);
}

/** h / sqrt(mean(h^2) + eps) over the last axis; no gain. */
export function rmsNorm(h: Tensor, eps: number): Tensor {
  const normalise = customGradient<[Tensor]>((x, save) => {
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
    const y = tf.mul(x, scale);
    save([y, scale]);
    return { value: y, gradFunc: (dy, [y, scale]) => tf.mul(scale!, tf.sub(dy, tf.mul(y!, tf.mean(tf.mul(dy, y!), -1, true)))) };
  });
  return normalise(h);
}

/** A SwiGLU's weights: gate and up [d, I], down [I, d]. */
export interface SwiGLUWeights { gate: Tensor; up: Tensor; down: Tensor }

/** The weights in the published gate_up [2I, d], fused, and down [d, I]. */
export const splitSwiGLU = (gateUp: Tensor, down: Tensor): SwiGLUWeights => ({ gate: weightOf(gateUp, 0, 2), up: weightOf(gateUp, 1, 2), down: weightOf(down) });

const swiGLURows = customGradient<[Tensor, Tensor, Tensor, Tensor]>((h, gateW, upW, downW, save) => {
  const gate = tf.matMul(h, gateW);
  const up = tf.matMul(h, upW);
  const sigmoid = tf.sigmoid(gate);
  const silu = tf.mul(gate, sigmoid);
  save([h, gateW, upW, downW, up, sigmoid, silu]);
  return {
    value: tf.matMul(tf.mul(silu, up), downW),
    gradFunc: (dy, saved) => {
      const [h, gateW, upW, downW, up, sigmoid, silu] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      const inner = tf.mul(silu, up);
      const dInner = tf.matMul(dy, downW, false, true);
      const dUp = tf.mul(dInner, silu);
      // d silu / d gate = sigmoid + silu (1 - sigmoid); times up: inner + sigmoid (up - inner)
      const dGate = tf.mul(dInner, tf.add(inner, tf.mul(sigmoid, tf.sub(up, inner))));
      const dH = tf.add(tf.matMul(dGate, gateW, false, true), tf.matMul(dUp, upW, false, true));
      return [dH, tf.matMul(h, dGate, true), tf.matMul(h, dUp, true), tf.matMul(inner, dy, true)];
    },
  };
});

/** down(silu(gate h) * up h) over the last axis: h [..., d] -> [..., d]. */
export const swiGLU = (h: Tensor, { gate, up, down }: SwiGLUWeights): Tensor => tf.reshape(swiGLURows(tf.reshape(h, [-1, h.shape.at(-1)!]), gate, up, down), h.shape);

/** Features and tokens change places: [B, S, D] -> [B, D, S], and back. */
export const swapTokensAndFeatures = (h: Tensor): Tensor => tf.transpose(h, [0, 2, 1]);

/** Rotary angles for positions 0..S-1: cos and sin, both [S, head_dim], the half-frequencies repeated (rotate-half). */
export interface Rotary { cos: Tensor; sin: Tensor }

/** Angles with base `theta`; host arithmetic in float64, rounded to float32 once. */
export function rotary(positions: number, headDim: number, theta: number): Rotary {
  const half = headDim / 2;
  const cos = new Float32Array(positions * headDim);
  const sin = new Float32Array(positions * headDim);
  for (let p = 0; p < positions; p++) {
    for (let j = 0; j < headDim; j++) {
      const angle = Math.fround(p * Math.fround(1 / theta ** ((2 * (j % half)) / headDim)));
      cos[p * headDim + j] = Math.cos(angle);
      sin[p * headDim + j] = Math.sin(angle);
    }
  }
  return { cos: tf.tensor2d(cos, [positions, headDim]), sin: tf.tensor2d(sin, [positions, headDim]) };
}

/** Rotates the two halves of each head against each other: q [B, H, S, head_dim]. */
function rotate(q: Tensor, { cos, sin }: Rotary): Tensor {
  const [b, h, s, d] = q.shape as [number, number, number, number];
  const first = tf.slice(q, [0, 0, 0, 0], [b, h, s, d / 2]);
  const second = tf.slice(q, [0, 0, 0, d / 2], [b, h, s, d / 2]);
  return tf.add(tf.mul(q, cos), tf.mul(tf.concat([tf.neg(second), first], 3), sin));
}

/** Self-attention's weights: q, k and v [D, H head_dim] each, and the output matrix [H head_dim, D]. */
export interface AttentionWeights { q: Tensor; k: Tensor; v: Tensor; o: Tensor }

/** The weights in the published qkv [3 H head_dim, D], fused (all query heads, then all key heads, then all value heads), and o [D, H head_dim]. */
export const splitAttention = (qkv: Tensor, o: Tensor): AttentionWeights => ({ q: weightOf(qkv, 0, 3), k: weightOf(qkv, 1, 3), v: weightOf(qkv, 2, 3), o: weightOf(o) });

/** Multi-head self-attention, not causal, scale 1/sqrt(head_dim): h [B, S, D] -> [B, S, D]. */
export function selfAttention(h: Tensor, w: AttentionWeights, heads: number, angles: Rotary | null): Tensor {
  const [b, s] = h.shape as [number, number];
  const width = w.q.shape[1]!;
  const headDim = width / heads;
  const split = (weight: Tensor): Tensor => tf.transpose(tf.reshape(linear(h, weight), [b, s, heads, headDim]), [0, 2, 1, 3]);
  let q = split(w.q);
  let k = split(w.k);
  if (angles) [q, k] = [rotate(q, angles), rotate(k, angles)];
  const scores = tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(headDim)));
  const mixed = tf.matMul(scores, split(w.v));
  return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [b, s, width]), w.o);
}
