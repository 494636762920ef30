/**
 * The Tiny Recursive Model, to be read beside Figure 3 of the paper (arXiv:2510.04871):
 *
 *   latent recursion:   z = net(z, y + x), n times;  then y = net(y, z)
 *   deep recursion:     T - 1 latent recursions without gradient, then one with
 *   deep supervision:   y and z go on, detached, into the next supervision step (training/train-step.ts)
 *
 * y is `z_H`, z is `z_L`, n is `L_cycles`, T is `H_cycles`; one network updates both. Two rows of the paper's Table 1 are options:
 * `separate_networks` has one network for z and another for y, and `gradient: one_step` takes the gradient through the last update
 * of each alone, as HRM does.
 */
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { updateY, updateZ } from './latent-recursion';
import { modelFrame } from './model';
import type { Model } from './model';
import { yNetworkLayers } from './shapes';
import type { DataShape } from './shapes';

/** The model of a `trm` config for data of this shape. */
export function trm(arch: ArchOf<'trm'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_H');
  const { H_cycles: T, L_cycles: n } = arch;
  const networks = (weights: Weights): { f_L: Network; f_H: Network } => {
    const f_L = network(weights, 'inner.L_level', arch.L_layers, frame.sequence, arch);
    return { f_L, f_H: arch.separate_networks ? network(weights, 'inner.H_level', yNetworkLayers(arch), frame.sequence, arch) : f_L };
  };
  /** The first update of z in the last latent recursion that carries gradient. */
  const firstWithGradient = arch.gradient === 'one_step' ? n : 1;

  return {
    ...frame,

    recurseWithoutGradient(weights, x, features, observer) {
      const { f_L, f_H } = networks(weights);
      for (let t = 1; t < T; t++) {
        features = updateZ(f_L, x, features, t, 1, n, observer);
        features = updateY(f_H, features, t, n + 1, observer);
      }
      return firstWithGradient === 1 ? features : updateZ(f_L, x, features, T, 1, firstWithGradient - 1, observer);
    },

    recurseWithGradient(weights, x, features, observer) {
      const { f_L, f_H } = networks(weights);
      return updateY(f_H, updateZ(f_L, x, features, T, firstWithGradient, n, observer), T, n + 1, observer);
    },
  };
}
