/**
 * TRM with a single feature z, which is the answer, too (paper, Table 2):
 *
 *   z = net(z + x), n times;  then z = net(z);  T times, the last of them with gradient
 *
 * The feature keeps its published name, `z_L`; the heads read it.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { modelFrame } from './model';
import type { Features, Model, Observer } from './model';
import type { DataShape } from './shapes';

/** z = net(z + x), n times; then z = net(z). `t` numbers the recursion for the observer. */
function latentRecursion(net: Network, x: Tensor, { z_L }: Features, n: number, t: number, observer?: Observer): Features {
  let z = z_L!;
  for (let i = 1; i <= n + 1; i++) {
    z = i <= n ? net(z, x) : net(z);
    observer?.updated?.({ t, i, feature: 'z_L' }, { z_L: z });
  }
  return { z_L: z };
}

/** The model of a `trm_singlez` config for data of this shape. */
export function trmSingleZ(arch: ArchOf<'trm_singlez'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_L');
  const { H_cycles: T, L_cycles: n } = arch;
  const tinyNetwork = (weights: Weights): Network => network(weights, 'inner.L_level', arch.L_layers, frame.sequence, arch);

  return {
    ...frame,

    recurseWithoutGradient(weights, x, features, observer) {
      const net = tinyNetwork(weights);
      for (let t = 1; t < T; t++) features = latentRecursion(net, x, features, n, t, observer);
      return features;
    },

    recurseWithGradient: (weights, x, features, observer) => latentRecursion(tinyNetwork(weights), x, features, n, T, observer),
  };
}
