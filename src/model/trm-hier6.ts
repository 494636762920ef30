/**
 * TRM with an answer y and several latents z_1, z_2, ... (paper, Table 2, "multi-scale z"): inner step i renews the i-th of them,
 *
 *   z_i = net(z_1 + z_2 + ..., y + x), for i = 1 .. n;  then y = net(y, z_1 + z_2 + ...)
 *
 * in T latent recursions, the last of them with gradient. Published are always six, `z_L1` to `z_L6`, all of which are summed even
 * where n < 6; here there are `z_features` of them.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { modelFrame } from './model';
import type { Features, Model, Observer } from './model';
import type { DataShape } from './shapes';

/** z_i = net(sum of all z, y + x) for i = 1 .. n, z_i called `latents[i - 1]`; then y = net(y, sum of all z). `t` numbers the recursion for the observer. */
function latentRecursion(net: Network, x: Tensor, features: Features, latents: readonly string[], n: number, t: number, observer?: Observer): Features {
  const sum = (): Tensor => latents.map(name => features[name]!).reduce((total, z) => tf.add(total, z));
  const update = (i: number, feature: string, value: Tensor): void => {
    features = { ...features, [feature]: value };
    observer?.updated?.({ t, i, feature }, features);
  };
  const y = features['z_H']!;
  const question = tf.add(y, x);
  for (let i = 1; i <= n; i++) update(i, latents[i - 1]!, net(sum(), question));
  update(n + 1, 'z_H', net(y, sum()));
  return features;
}

/** The model of a `trm_hier6` config for data of this shape. */
export function trmHier6(arch: ArchOf<'trm_hier6'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_H');
  const { H_cycles: T, L_cycles: n } = arch;
  const latents = frame.carried.slice(1);
  const tinyNetwork = (weights: Weights): Network => network(weights, 'inner.L_level', arch.L_layers, frame.sequence, arch);

  return {
    ...frame,

    recurseWithoutGradient(weights, x, features, observer) {
      const net = tinyNetwork(weights);
      for (let t = 1; t < T; t++) features = latentRecursion(net, x, features, latents, n, t, observer);
      return features;
    },

    recurseWithGradient: (weights, x, features, observer) => latentRecursion(tinyNetwork(weights), x, features, latents, n, T, observer),
  };
}
