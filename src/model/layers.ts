/**
 * The layers every recursive model here is made of: linear maps, RMSNorm, SwiGLU over features or over tokens, and
 * self-attention. Weights keep the published layout [out, in]; nothing has a bias or a gain. The hot pieces carry
 * gradients written by hand: fewer operations, and none of the large constants that automatic ones leave behind.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

type GradSaver = (saved: Tensor[]) => void;
type Gradient = (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];
type WithGradient = (...inputs: (Tensor | GradSaver)[]) => { value: Tensor; gradFunc: Gradient };
/** tfjs types the inputs and the saver of a custom gradient as one mixed list; this keeps the cast in one place. */
const customGradient = <In extends Tensor[]>(f: (...args: [...In, GradSaver]) => { value: Tensor; gradFunc: Gradient }): ((...inputs: In) => Tensor) =>
  tf.customGrad(f as unknown as WithGradient);

/** y = x W^T for x [N, in] and a published weight W [out, in]. */
export const linear = (x: Tensor, weight: Tensor): Tensor => tf.matMul(x, weight, false, true);

/**
 * h / sqrt(mean(h^2) + eps) over one axis; no gain. `axis` -1 normalises features; TRM-MLP also normalises over the
 * sequence axis after mixing tokens.
 */
export function rmsNorm(h: Tensor, axis: number, eps: number): Tensor {
  const normalise = customGradient<[Tensor]>((x, save) => {
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), axis, true), eps));
    const y = tf.mul(x, scale);
    save([y, scale]);
    return { value: y, gradFunc: (dy, [y, scale]) => tf.mul(scale!, tf.sub(dy, tf.mul(y!, tf.mean(tf.mul(dy, y!), axis, true)))) };
  });
  return normalise(h);
}

/** silu(gate) * up, elementwise. */
export const siluTimes = customGradient<[Tensor, Tensor]>((gate, up, save) => {
  const sigmoid = tf.sigmoid(gate);
  const silu = tf.mul(gate, sigmoid);
  save([up, sigmoid, silu]);
  return {
    value: tf.mul(silu, up),
    // d silu / d gate = sigmoid + silu (1 - sigmoid)
    gradFunc: (dy, [up, sigmoid, silu]) => [tf.mul(tf.mul(dy, up!), tf.add(sigmoid!, tf.mul(silu!, tf.sub(1, sigmoid!)))), tf.mul(dy, silu!)],
  };
});

/** W h_b for every puzzle b of the batch: W [M, S], h [B, S, D] -> [B, M, D]. Mixes tokens without transposing h. */
export const mixTokens = customGradient<[Tensor, Tensor]>((weight, h, save) => {
  save([weight, h]);
  return {
    value: tf.matMul(tf.expandDims(weight, 0), h),
    gradFunc: (dy, [weight, h]) => [
      tf.sum(tf.matMul(dy as Tensor3D, h! as Tensor3D, false, true), 0),
      tf.matMul(tf.expandDims(weight!, 0), dy, true, false),
    ],
  };
});

/** A SwiGLU's weights, gate and up apart: [I, d], [I, d], [d, I]. */
export interface SwiGLUWeights { gate: Tensor; up: Tensor; down: Tensor }

/** Splits the fused published matrix gate_up [2I, d]; done once per step, outside the recursion. */
export function splitSwiGLU(gateUp: Tensor, down: Tensor): SwiGLUWeights {
  const [rows, d] = gateUp.shape as [number, number];
  const inner = rows / 2;
  return { gate: tf.slice(gateUp, [0, 0], [inner, d]), up: tf.slice(gateUp, [inner, 0], [inner, d]), down };
}

/** down(silu(gate h) * up h) over features: h [N, D] -> [N, D]. */
export const swiGLU = (w: SwiGLUWeights, h: Tensor): Tensor => linear(siluTimes(linear(h, w.gate), linear(h, w.up)), w.down);

/** The same over tokens: h [B, S, D] -> [B, S, D], with weights of width S. */
export const swiGLUOverTokens = (w: SwiGLUWeights, h: Tensor): Tensor => mixTokens(w.down, siluTimes(mixTokens(w.gate, h), mixTokens(w.up, h)));

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

/** Self-attention's weights, q, k and v apart: [H head_dim, D] each, and the output matrix [D, H head_dim]. */
export interface AttentionWeights { q: Tensor; k: Tensor; v: Tensor; o: Tensor }

/** Splits the fused published matrix qkv [3 H head_dim, D]: all query heads, then all key heads, then all value heads. */
export function splitAttention(qkv: Tensor, o: Tensor): AttentionWeights {
  const [rows, d] = qkv.shape as [number, number];
  const part = (i: number): Tensor => tf.slice(qkv, [(i * rows) / 3, 0], [rows / 3, d]);
  return { q: part(0), k: part(1), v: part(2), o };
}

/** Multi-head self-attention, not causal, scale 1/sqrt(head_dim): h [B, S, D] -> [B, S, D]. */
export function selfAttention(w: AttentionWeights, h: Tensor, heads: number, angles: Rotary | null): Tensor {
  const [b, s, d] = h.shape as [number, number, number];
  const headDim = w.q.shape[0] / heads;
  const flat = tf.reshape(h, [b * s, d]);
  const split = (weight: Tensor): Tensor => tf.transpose(tf.reshape(linear(flat, weight), [b, s, heads, headDim]), [0, 2, 1, 3]);
  let q = split(w.q);
  let k = split(w.k);
  if (angles) [q, k] = [rotate(q, angles), rotate(k, angles)];
  const scores = tf.softmax(tf.mul(tf.matMul(q as Tensor4D, k as Tensor4D, false, true), 1 / Math.sqrt(headDim)));
  const mixed = tf.matMul(scores, split(w.v));
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [b * s, heads * headDim]);
  return tf.reshape(linear(joined, w.o), [b, s, d]);
}
