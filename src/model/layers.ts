/**
 * The layers every recursive model here is made of: linear maps, RMSNorm, SwiGLU and self-attention, all over the last
 * axis; nothing has a bias or a gain. Published weights [out, in] are turned to [in, out] once per step: so the products
 * are plain ones, which every engine does best. The hot pieces carry gradients written by hand: fewer operations, and
 * none of the large constants that automatic ones leave behind.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fused } from '../engine/fused';
import { customGradient } from './custom-gradient';
import type { NumberFormat } from './number-format';

/**
 * A published weight [out, in] as the networks use it, [in, out]: turned once per step, however often it is then applied.
 * Of a fused weight, `part` of `parts` equal blocks of rows.
 */
export const weightOf = (published: Tensor, part = 0, parts = 1): Tensor => tf.transpose(partOf(published, part, parts), [1, 0]);

/** Part `part` of `parts` equal blocks of rows of a fused weight. */
function partOf(fused: Tensor, part: number, parts: number): Tensor {
  const [rows, d] = fused.shape as [number, number];
  return parts === 1 ? fused : tf.slice(fused, [(part * rows) / parts, 0], [rows / parts, d]);
}

/** y = x W over the last axis: x [..., in], W [in, out] -> [..., out]. */
export function linear(x: Tensor, weight: Tensor): Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, inputs]), weight), [...x.shape.slice(0, -1), outputs]);
}

/**
 * What follows every sublayer: x / sqrt(mean(x^2) + eps) over one axis, the last one unless told, of the sum x = h + branch; no gain. It
 * computes in float32, and the sum is not rounded.
 */
export function rmsNormOfSum(h: Tensor, branch: Tensor, eps: number, { narrow, widen }: NumberFormat, axis = -1): Tensor {
  const normalise = customGradient<[Tensor, Tensor]>((h, branch, save) => {
    const [y, scale] = fused([h, branch], (h, branch) => {
      const x = tf.add(widen(h), widen(branch));
      const scale = tf.rsqrt(tf.add(tf.mean(tf.square(x), axis, true), eps));
      return [narrow(tf.mul(x, scale)), scale];
    });
    save([y, scale]);
    return {
      value: y,
      gradFunc: (dy, [y, scale]) => {
        const [dx] = fused([dy, y!, scale!], (dy, y, scale) => {
          const [dyWide, yWide] = [widen(dy), widen(y)];
          return [narrow(tf.mul(scale, tf.sub(dyWide, tf.mul(yWide, tf.mean(tf.mul(dyWide, yWide), axis, true)))))];
        });
        return [dx, tf.clone(dx)];
      },
    };
  });
  return normalise(h, branch);
}

/** A SwiGLU's weights: gate and up [d, I], down [I, d]. */
export interface SwiGLUWeights { gate: Tensor; up: Tensor; down: Tensor }

/** The weights in the published gate_up [2I, d], fused, and down [d, I]. */
export const splitSwiGLU = (gateUp: Tensor, down: Tensor): SwiGLUWeights => ({ gate: weightOf(gateUp, 0, 2), up: weightOf(gateUp, 1, 2), down: weightOf(down) });

/** silu(gate) * up: what a SwiGLU does between its products; it computes in float32. */
const gated = (gate: Tensor, up: Tensor, { narrow, widen }: NumberFormat): Tensor =>
  fused([gate, up], (gate, up) => {
    const [g, u] = [widen(gate), widen(up)];
    return [narrow(tf.mul(tf.mul(g, tf.sigmoid(g)), u))];
  })[0];

/** The same again for the backward pass, with the gradients of gate and up for that of the result; it computes in float32. */
const gatedGradient = (gate: Tensor, up: Tensor, dInner: Tensor, { narrow, widen }: NumberFormat): { inner: Tensor; dGate: Tensor; dUp: Tensor } => {
  const [inner, dGate, dUp] = fused([gate, up, dInner], (gate, up, dInner) => {
    const [g, u, d] = [widen(gate), widen(up), widen(dInner)];
    const sigmoid = tf.sigmoid(g);
    const silu = tf.mul(g, sigmoid);
    const inner = tf.mul(silu, u);
    // d silu / d gate = sigmoid + silu (1 - sigmoid); times up: inner + sigmoid (up - inner)
    return [narrow(inner), narrow(tf.mul(d, tf.add(inner, tf.mul(sigmoid, tf.sub(u, inner))))), narrow(tf.mul(d, silu))];
  });
  return { inner, dGate, dUp };
};

/** down(silu(gate h) * up h) over the last axis: h [..., d] -> [..., d]. */
export function swiGLU(h: Tensor, { gate, up, down }: SwiGLUWeights, format: NumberFormat): Tensor {
  const rows = customGradient<[Tensor, Tensor, Tensor, Tensor]>((h, gateW, upW, downW, save) => {
    const gate = tf.matMul(h, gateW);
    const up = tf.matMul(h, upW);
    save([h, gateW, upW, downW, gate, up]);
    return {
      value: tf.matMul(gated(gate, up, format), downW),
      gradFunc: (dy, saved) => {
        const [h, gateW, upW, downW, gate, up] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        const { inner, dGate, dUp } = gatedGradient(gate, up, tf.matMul(dy, downW, false, true), format);
        const dH = tf.add(tf.matMul(dGate, gateW, false, true), tf.matMul(dUp, upW, false, true));
        return [dH, tf.matMul(h, dGate, true), tf.matMul(h, dUp, true), tf.matMul(inner, dy, true)];
      },
    };
  });
  return tf.reshape(rows(tf.reshape(h, [-1, h.shape.at(-1)!]), gate, up, down), h.shape);
}

/** The weights of a SwiGLU over tokens, as published: gate and up [I, S], down [S, I]. */
export const splitTokenSwiGLU = (gateUp: Tensor, down: Tensor): SwiGLUWeights => ({ gate: partOf(gateUp, 0, 2), up: partOf(gateUp, 1, 2), down });

/** The gradient of a weight that acts from the left, W h[b]: the sum of dy[b] h[b]^T over the puzzles. */
const leftWeightGradient = (dy: Tensor, h: Tensor): Tensor => tf.sum(tf.matMul(dy, h, false, true), 0);

/**
 * down(silu(gate h) * up h) over the tokens of each feature: h [B, S, D] -> [B, S, D]. The weights act from the left, so that
 * tokens and features need not change places.
 */
export function swiGLUOverTokens(h: Tensor, { gate, up, down }: SwiGLUWeights, format: NumberFormat): Tensor {
  const puzzles = customGradient<[Tensor, Tensor, Tensor, Tensor]>((h, gateW, upW, downW, save) => {
    const gate = tf.matMul(gateW, h);
    const up = tf.matMul(upW, h);
    save([h, gateW, upW, downW, gate, up]);
    return {
      value: tf.matMul(downW, gated(gate, up, format)),
      gradFunc: (dy, saved) => {
        const [h, gateW, upW, downW, gate, up] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        const { inner, dGate, dUp } = gatedGradient(gate, up, tf.matMul(downW, dy, true), format);
        const dH = tf.add(tf.matMul(gateW, dGate, true), tf.matMul(upW, dUp, true));
        return [dH, leftWeightGradient(dGate, h), leftWeightGradient(dUp, h), leftWeightGradient(dy, inner)];
      },
    };
  });
  return puzzles(h, gate, up, down);
}

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

/** Rotates the two halves of each head against each other: x [B, H, S, head_dim], in float32. Back goes the turn by the negative angle. */
function turn(x: Tensor, { cos, sin }: Rotary, direction: 1 | -1): Tensor {
  const [b, h, s, d] = x.shape as [number, number, number, number];
  const [first, second] = [0, d / 2].map(from => tf.slice(x, [0, 0, 0, from], [b, h, s, d / 2])) as [Tensor, Tensor];
  const crossed = direction === 1 ? tf.concat([tf.neg(second), first], 3) : tf.concat([second, tf.neg(first)], 3);
  return tf.add(tf.mul(x, cos), tf.mul(crossed, sin));
}

/** Self-attention's weights: q, k and v side by side [D, 3 H head_dim], and the output matrix [H head_dim, D]. */
export interface AttentionWeights { qkv: Tensor; o: Tensor }

/** The weights in the published qkv [3 H head_dim, D], fused (all query heads, then all key heads, then all value heads), and o [D, H head_dim]. */
export const attentionWeights = (qkv: Tensor, o: Tensor): AttentionWeights => ({ qkv: weightOf(qkv), o: weightOf(o) });

/** The heads of x [B, S, H head_dim], [B, H, S, head_dim], and back. */
const apart = (x: Tensor, heads: number): Tensor => {
  const [b, s, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [b, s, heads, width / heads]), [0, 2, 1, 3]);
};
const together = (x: Tensor): Tensor => {
  const [b, heads, s, headDim] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [b, s, heads * headDim]);
};

/**
 * softmax(q k^T / sqrt(head_dim)) v of the heads in qkv [B, S, 3 H head_dim], q and k turned by their angles first -> [B, S, H head_dim].
 * Turns and softmax compute in float32; the backward pass takes the gradient of the scores before they are scaled, S (dS - sum(dS S)).
 */
function attend(qkv: Tensor, heads: number, angles: Rotary | null, { narrow, widen }: NumberFormat): Tensor {
  const [b, s, all] = qkv.shape as [number, number, number];
  const width = all / 3;
  const scale = 1 / Math.sqrt(width / heads);
  const turned = (x: Tensor, [cos, sin]: readonly Tensor[], direction: 1 | -1): Tensor => (cos && sin ? narrow(turn(widen(x), { cos, sin }, direction)) : x);
  const attended = customGradient<[Tensor]>((qkv, save) => {
    const given = angles ? [angles.cos, angles.sin] : [];
    const [q, k, v] = fused([qkv, ...given], (qkv, ...angles) => {
      const [q, k, v] = [0, 1, 2].map(part => apart(tf.slice(qkv, [0, 0, part * width], [b, s, width]), heads)) as [Tensor, Tensor, Tensor];
      return [turned(q, angles, 1), turned(k, angles, 1), v];
    });
    const shares = narrow(tf.softmax(tf.mul(widen(tf.matMul(q, k, false, true)), scale)));
    save([q, k, v, shares, ...given]);
    return {
      value: together(tf.matMul(shares, v)),
      gradFunc: (dy, saved) => {
        const [q, k, v, shares, ...angles] = saved as [Tensor, Tensor, Tensor, Tensor, ...Tensor[]];
        const dMixed = apart(dy, heads);
        const [dScores] = fused([tf.matMul(dMixed, v, false, true), shares], (dShares, shares) => {
          const [d, s] = [widen(dShares), widen(shares)];
          return [narrow(tf.mul(tf.mul(s, tf.sub(d, tf.sum(tf.mul(d, s), -1, true))), scale))];
        });
        const [dQkv] = fused([tf.matMul(dScores, k), tf.matMul(dScores, q, true), tf.matMul(shares, dMixed, true), ...angles], (dQ, dK, dV, ...angles) =>
          [tf.concat([turned(dQ, angles, -1), turned(dK, angles, -1), dV].map(together), 2)]);
        return dQkv;
      },
    };
  });
  return attended(qkv);
}

/** Multi-head self-attention, not causal, scale 1/sqrt(head_dim): h [B, S, D] -> [B, S, D]. */
export const selfAttention = (h: Tensor, { qkv, o }: AttentionWeights, heads: number, angles: Rotary | null, format: NumberFormat): Tensor =>
  linear(attend(linear(h, qkv), heads, angles, format), o);
