/**
 * The one tiny network of a Tiny Recursive Model (the paper's f, `L_level` in the published code): a few post-norm blocks,
 * each a token mixer (an MLP over the sequence, or self-attention) and a SwiGLU over features.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorContainer } from '@tensorflow/tfjs-core';
import type { ArchOf } from '../config/resolve';
import { attentionWeights, rmsNormOfSum, rotary, selfAttention, splitSwiGLU, splitTokenSwiGLU, swiGLU, swiGLUOverTokens } from './layers';
import type { Rotary } from './layers';
import { numberFormat } from './number-format';

/** Weights by their published names. */
export type Weights = Readonly<Record<string, Tensor>>;

/** A network, ready to be applied: h [B, S, D] plus what is injected, if anything -> [B, S, D]. */
export type Network = (h: Tensor, injection?: Tensor) => Tensor;

/** What the blocks need to know of the architecture. */
export type BlockOptions = Pick<ArchOf<'trm'>, 'forward_dtype' | 'mlp_t' | 'num_heads' | 'hidden_size' | 'pos_encodings' | 'rope_theta' | 'rms_norm_eps'>;

/** The weight called `name`; throws Error naming it when it is missing. */
export function weight(weights: Weights, name: string): Tensor {
  const found = weights[name];
  if (!found) throw new Error(`the weights have no tensor "${name}"`);
  return found;
}

type Sublayer = (h: Tensor) => Tensor;

function block(weights: Weights, prefix: string, options: BlockOptions, angles: Rotary | null): Sublayer {
  const { rms_norm_eps: eps, num_heads: heads } = options;
  const format = numberFormat(options.forward_dtype);
  const named = (name: string): Tensor => format.narrow(weight(weights, `${prefix}.${name}.weight`));
  const postNorm = (h: Tensor, sublayer: Sublayer, axis?: number): Tensor => rmsNormOfSum(h, sublayer(h), eps, format, axis);

  const features = splitSwiGLU(named('mlp.gate_up_proj'), named('mlp.down_proj'));
  if (options.mlp_t) {
    const tokens = splitTokenSwiGLU(named('mlp_t.gate_up_proj'), named('mlp_t.down_proj'));
    return h => {
      const mixed = postNorm(h, h => swiGLUOverTokens(h, tokens, format), 1);
      return postNorm(mixed, h => swiGLU(h, features, format));
    };
  }
  const attention = attentionWeights(named('self_attn.qkv_proj'), named('self_attn.o_proj'));
  return h => {
    const mixed = postNorm(h, h => selfAttention(h, attention, heads, angles, format));
    return postNorm(mixed, h => swiGLU(h, features, format));
  };
}

/**
 * The network under `prefix` with `layers` blocks, for sequences of S positions. Weights are split and turned here,
 * once, however often the network is then applied.
 */
export function network(weights: Weights, prefix: string, layers: number, sequence: number, options: BlockOptions): Network {
  const headDim = Math.floor(options.hidden_size / options.num_heads);
  const angles = !options.mlp_t && options.pos_encodings === 'rope' ? rotary(sequence, headDim, options.rope_theta) : null;
  const blocks = Array.from({ length: layers }, (_, i) => block(weights, `${prefix}.layers.${i}`, options, angles));
  // Outside of a gradient, whatever a block leaves behind is freed as soon as its output is there.
  const free = <T extends TensorContainer>(f: () => T): T => tf.tidy(f);
  return (h, injection) => free(() => blocks.reduce((state, apply) => apply(state), injection ? tf.add(h, injection) : h));
}
