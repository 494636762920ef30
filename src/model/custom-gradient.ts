/** Functions with a gradient written by hand, in the types of this project. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Keeps tensors of the forward pass for the gradient. */
export type SaveForGradient = (tensors: Tensor[]) => void;
/** The gradient of each input, from that of the result and what was saved. */
export type Gradient = (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];
type WithGradient = (...inputs: (Tensor | SaveForGradient)[]) => { value: Tensor; gradFunc: Gradient };

/**
 * The function f, with the gradient it returns beside its value. What the gradient makes on its way is freed as soon as it
 * is there: without that, a step run op by op holds the intermediates of every layer's gradient to its end. (`tf.customGrad`
 * types the inputs and the saver as one mixed list; this keeps the cast in one place.)
 */
export const customGradient = <In extends Tensor[]>(f: (...args: [...In, SaveForGradient]) => { value: Tensor; gradFunc: Gradient }): ((...inputs: In) => Tensor) => {
  const tidied: WithGradient = (...inputs) => {
    const { value, gradFunc } = (f as unknown as WithGradient)(...inputs);
    return { value, gradFunc: (dy, saved) => tf.tidy(() => gradFunc(dy, saved)) };
  };
  return tf.customGrad(tidied);
};
