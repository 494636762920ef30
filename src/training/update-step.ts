/** The second half of an optimiser step: from the gradients of the whole batch to new weights and their average. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { TrmConfig } from '../config/schema';
import type { StepFunction, TensorMap } from '../engine/engine';
import { adamAtan2 } from './adam-atan2';
import type { AdamAtan2Scalars } from './adam-atan2';
import { under } from './gradient-step';

/** What the update needs of the config. */
export type UpdateConfig = Pick<TrmConfig, 'beta1' | 'beta2' | 'weight_decay' | 'ema' | 'ema_rate'>;

/** New `model.*`, `m.*`, `v.*` and `ema.*` for gradients by parameter name, and the gradients' norm. */
export function updated(config: UpdateConfig, state: TensorMap, gradients: TensorMap, scalars: AdamAtan2Scalars): { state: TensorMap; grad_norm: Tensor } {
  const grad_norm = tf.sqrt(tf.addN(Object.values(gradients).map(gradient => tf.sum(tf.square(gradient)))));
  const next: TensorMap = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const { p, m, v } = adamAtan2(state[`model.${name}`]!, gradient, state[`m.${name}`]!, state[`v.${name}`]!, scalars, config);
    next[`model.${name}`] = p;
    next[`m.${name}`] = m;
    next[`v.${name}`] = v;
    // EMA of the dense parameters, after every step: e = rate e + (1 - rate) p.
    if (config.ema) next[`ema.${name}`] = tf.add(tf.mul(state[`ema.${name}`]!, config.ema_rate), tf.mul(p, 1 - config.ema_rate));
  }
  return { state: next, grad_norm };
}

/** The update as a step of its own. State: `model.*`, `m.*`, `v.*`, `ema.*`; inputs: `grad.*` and the optimiser's scalars; output: grad_norm. */
export function updateStep(config: UpdateConfig): StepFunction {
  return (state, inputs) => {
    const { state: next, grad_norm } = updated(config, state, under(inputs, 'grad'), inputs as unknown as AdamAtan2Scalars);
    return { state: next, outputs: { grad_norm } };
  };
}
