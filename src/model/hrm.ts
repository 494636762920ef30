/**
 * The Hierarchical Reasoning Model (arXiv:2506.21734), as TRM's paper compares with it: two networks on two time scales,
 *
 *   z_L = f_L(z_L, z_H + x), `L_cycles` times;  then z_H = f_H(z_H, z_L);  all of it `H_cycles` times
 *
 * of which only the very last update of z_L and of z_H carry gradient: the one-step approximation of the implicit function
 * theorem, as if both were at a fixed point. Its continue head is always trained.
 */
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { updateY, updateZ } from './latent-recursion';
import { modelFrame } from './model';
import type { Model } from './model';
import type { DataShape } from './shapes';

/** The model of an `hrm` config for data of this shape. */
export function hrm(arch: ArchOf<'hrm'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_H');
  const { H_cycles: T, L_cycles: n } = arch;
  const networks = (weights: Weights): { f_L: Network; f_H: Network } => ({
    f_L: network(weights, 'inner.L_level', arch.L_layers, frame.sequence, arch),
    f_H: network(weights, 'inner.H_level', arch.H_layers, frame.sequence, arch),
  });

  return {
    ...frame,

    recurseWithoutGradient(weights, x, features, observer) {
      const { f_L, f_H } = networks(weights);
      for (let t = 1; t < T; t++) {
        features = updateZ(f_L, x, features, t, 1, n, observer);
        features = updateY(f_H, features, t, n + 1, observer);
      }
      return updateZ(f_L, x, features, T, 1, n - 1, observer);
    },

    recurseWithGradient(weights, x, features, observer) {
      const { f_L, f_H } = networks(weights);
      return updateY(f_H, updateZ(f_L, x, features, T, n, n, observer), T, n + 1, observer);
    },
  };
}
