/**
 * The one tiny network of a Tiny Recursive Model (the paper's f, `L_level` in the published code): a few post-norm blocks,
 * each a token mixer (an MLP over the sequence, or self-attention) and a SwiGLU over features.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { ArchConfig } from '../config/schema';
import { rmsNorm, rotary, selfAttention, splitAttention, splitSwiGLU, swiGLU, swiGLUOverTokens } from './layers';
import type { Rotary } from './layers';

/** Weights by their published names. */
export type Weights = Readonly<Record<string, Tensor>>;

/** A network, ready to be applied: h [B, S, D] plus what is injected -> [B, S, D]. */
export type Network = (h: Tensor, injection: Tensor) => Tensor;

/** What the blocks need to know of the architecture. */
export type BlockOptions = Pick<ArchConfig, 'mlp_t' | 'num_heads' | 'hidden_size' | 'pos_encodings' | 'rope_theta' | 'rms_norm_eps'>;

/** The weight called `name`; throws Error naming it when it is missing. */
export function weight(weights: Weights, name: string): Tensor {
  const found = weights[name];
  if (!found) throw new Error(`the weights have no tensor "${name}"`);
  return found;
}

type Block = (h: Tensor) => Tensor;

function block(weights: Weights, prefix: string, options: BlockOptions, angles: Rotary | null): Block {
  const { rms_norm_eps: eps, num_heads: heads } = options;
  const features = splitSwiGLU(weight(weights, `${prefix}.mlp.gate_up_proj.weight`), weight(weights, `${prefix}.mlp.down_proj.weight`));
  const mlp = (h: Tensor): Tensor => {
    const flat = tf.reshape(h, [-1, options.hidden_size]);
    return tf.reshape(rmsNorm(tf.add(flat, swiGLU(features, flat)), -1, eps), h.shape);
  };
  if (options.mlp_t) {
    const tokens = splitSwiGLU(weight(weights, `${prefix}.mlp_t.gate_up_proj.weight`), weight(weights, `${prefix}.mlp_t.down_proj.weight`));
    return h => mlp(rmsNorm(tf.add(h, swiGLUOverTokens(tokens, h)), 1, eps));
  }
  const attention = splitAttention(weight(weights, `${prefix}.self_attn.qkv_proj.weight`), weight(weights, `${prefix}.self_attn.o_proj.weight`));
  return h => mlp(rmsNorm(tf.add(h, selfAttention(attention, h, heads, angles)), -1, eps));
}

/**
 * The network under `prefix` with `layers` blocks, for sequences of S positions. Fused weights are split here, once,
 * however often the network is then applied.
 */
export function network(weights: Weights, prefix: string, layers: number, sequence: number, options: BlockOptions): Network {
  const headDim = Math.floor(options.hidden_size / options.num_heads);
  const angles = !options.mlp_t && options.pos_encodings === 'rope' ? rotary(sequence, headDim, options.rope_theta) : null;
  const blocks = Array.from({ length: layers }, (_, i) => block(weights, `${prefix}.layers.${i}`, options, angles));
  // Outside of a gradient, whatever a block leaves behind is freed as soon as its output is there.
  const free = <T extends TensorContainer>(f: () => T): T => tf.tidy(f);
  return (h, injection) => free(() => blocks.reduce((state, apply) => apply(state), tf.add(h, injection)));
}
