/** Products of a vector with a function's Jacobian, also while another gradient is being propagated back. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * u -> u J, J being the Jacobian of `f` at `z`; u is of the shape of f(z). f is computed again at every call (in a compiled step
 * the repetitions are found and made once). TensorFlow.js has one tape and clears it after a gradient; where that was taken inside
 * another's backward pass, the other still needs its own to free what it saved.
 */
export function vectorJacobian(f: (z: Tensor) => Tensor, z: Tensor): (u: Tensor) => Tensor {
  const pull = tf.grad(f);
  return u => {
    const { state } = tf.engine();
    const outer = state.activeTape;
    try {
      return pull(z, u);
    } finally {
      state.activeTape = outer;
    }
  };
}
