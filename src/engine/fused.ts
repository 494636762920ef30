/**
 * Several operations as one: a piece of a step function, made of element-wise operations and reductions, of which only the results are
 * of interest. Whoever runs the step may compute the piece in fewer passes over memory: while a step is recorded for a graph it
 * becomes a function of the graph that XLA compiles (`graph/record.ts`). Everywhere else it runs operation by operation.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The piece: from its inputs, and whatever else from outside it uses, to results that it made. */
export type FusedBody = (...inputs: Tensor[]) => Tensor[];

/** Something that runs pieces. */
export type FusedRunner = (inputs: readonly Tensor[], body: FusedBody) => Tensor[];

const oneByOne: FusedRunner = (inputs, body) => tf.tidy(() => body(...inputs));

let runner = oneByOne;

/** While `f` runs, pieces are run by `other`. */
export function withFusedRunner<T>(other: FusedRunner, f: () => T): T {
  const before = runner;
  runner = other;
  try {
    return f();
  } finally {
    runner = before;
  }
}

/** True while tfjs notes operations for a gradient: it needs every one of them. */
function isTaped(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** The results of `body`, computed together. Where tfjs takes the gradient they are not: it belongs into the value and the gradient of a `customGrad`. */
export const fused = <In extends readonly Tensor[], Out extends Tensor[]>(inputs: readonly [...In], body: (...inputs: In) => readonly [...Out]): Out =>
  (isTaped() ? oneByOne : runner)(inputs, body as unknown as FusedBody) as Out;
