/**
 * A deep equilibrium model (Bai et al., arXiv:1909.01377): the answer is the fixed point of one tiny network,
 *
 *   z* = net(z*, x)
 *
 * found by a root finder (model/solvers.ts) without gradient, from z = 0 on. The gradient is that of the implicit function theorem:
 * with J the Jacobian of the network at z*, what arrives at z* is u = dL/dz* (1 - J)^-1, which is itself a fixed point,
 *
 *   u = u J + dL/dz*
 *
 * found by the same solver with vector-Jacobian products; then one more application of the network, z* = net(z*, x), carries u to
 * the weights and to x. TRM's paper asks whether such a fixed point is ever reached (section 4.1): residuals and iterations are
 * measured, both ways. There is one supervision step and nothing is carried. The feature is called `z_L`, and the heads read it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ArchOf } from '../config/resolve';
import { network } from './blocks';
import type { Network, Weights } from './blocks';
import { customGradient } from './custom-gradient';
import { modelFrame } from './model';
import type { Model } from './model';
import type { DataShape } from './shapes';
import { solve } from './solvers';
import type { SolverOptions } from './solvers';
import { vectorJacobian } from './vector-jacobian';

/** The model of a `deq` config for data of this shape. */
export function deq(arch: ArchOf<'deq'>, data: DataShape): Model {
  const frame = modelFrame(arch, data, 'z_L');
  const { solver, solver_iterations: iterations, solver_tolerance: tolerance, solver_memory: memory } = arch;
  const options: SolverOptions = { solver, iterations, tolerance, memory };
  /** The network from float32 to float32, in which the solver computes, whatever its own format. */
  const tinyNetwork = (weights: Weights): Network => {
    const net = network(weights, 'inner.L_level', arch.L_layers, frame.sequence, arch);
    return (z, x) => frame.format.widen(net(frame.format.narrow(z), x));
  };

  return {
    ...frame,

    recurseWithoutGradient(weights, x, _features, observer) {
      const net = tinyNetwork(weights);
      const { z, ...found } = solve(z => net(z, x), tf.zerosLike(x), options, (i, z_L) => observer?.updated?.({ t: 1, i, feature: 'z_L' }, { z_L }));
      observer?.measured?.('solver_residual', found.residual);
      observer?.measured?.('solver_iterations', found.iterations);
      return { z_L: z };
    },

    recurseWithGradient(weights, x, { z_L: z }, observer) {
      /** The identity, whose gradient is the fixed point u. */
      const throughFixedPoint = customGradient<[Tensor]>((image, save) => {
        save([x]);
        return {
          value: tf.clone(image),
          gradFunc: (dz, [x]) => {
            const net = tinyNetwork(weights);
            const pull = vectorJacobian(z => net(z, x), z!);
            const { z: u, ...found } = solve(u => tf.add(pull(u), dz), dz, options);
            observer?.measured?.('adjoint_residual', found.residual);
            observer?.measured?.('adjoint_iterations', found.iterations);
            return u;
          },
        };
      });
      const features = { z_L: throughFixedPoint(tinyNetwork(weights)(z!, x)) };
      observer?.updated?.({ t: 1, i: iterations + 1, feature: 'z_L' }, features);
      return features;
    },
  };
}
