/**
 * The Tiny Recursive Model, to be read beside Figure 3 of the paper (arXiv:2510.04871):
 *
 *   latent recursion:   z = net(z, y + x), n times;  then y = net(y, z)
 *   deep recursion:     T - 1 latent recursions without gradient, then one with
 *   deep supervision:   y and z go on, detached, into the next supervision step (training/train-step.ts)
 *
 * y is `z_H`, z is `z_L`, n is `L_cycles`, T is `H_cycles`; one network updates both.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { embed } from './embedding';
import type { Features, Model, Observer } from './model';
import { prefixLength } from './shapes';
import type { DataShape } from './shapes';

/** z = net(z, y + x), n times; then y = net(y, z). `t` numbers the recursion for the observer. */
function latentRecursion(net: Network, x: Tensor, { z_H, z_L }: Features, n: number, t: number, observe?: Observer): Features {
  let y = z_H!;
  let z = z_L!;
  const question = tf.add(y, x);
  for (let i = 1; i <= n; i++) {
    z = net(z, question);
    observe?.({ t, i, feature: 'z_L' }, { z_H: y, z_L: z });
  }
  y = net(y, z);
  observe?.({ t, i: n + 1, feature: 'z_H' }, { z_H: y, z_L: z });
  return { z_H: y, z_L: z };
}

/** The model of a `trm` config for data of this shape. */
export function trm(arch: ResolvedArch, data: DataShape): Model {
  const prefix = prefixLength(arch);
  const sequence = prefix + data.seq_len;
  const { H_cycles: T, L_cycles: n } = arch;
  const tinyNetwork = (weights: Weights): Network => network(weights, 'inner.L_level', arch.L_layers, sequence, arch);
  const embedding = { hidden_size: arch.hidden_size, vocab_size: data.vocab_size, prefix, learnedPositions: arch.pos_encodings === 'learned' };

  return {
    origin: { arch, data },
    features: ['z_H', 'z_L'],
    answer: 'z_H',
    prefix,
    sequence,
    width: arch.hidden_size,

    embed: (weights, inputs, puzzleEmb) => embed(weights, inputs, puzzleEmb, embedding),

    recurseWithoutGradient(weights, x, features, observe) {
      const net = tinyNetwork(weights);
      for (let t = 1; t < T; t++) features = latentRecursion(net, x, features, n, t, observe);
      return features;
    },

    recurseWithGradient: (weights, x, features, observe) => latentRecursion(tinyNetwork(weights), x, features, n, T, observe),
  };
}
