/**
 * What one shard does: the gradient step or the evaluation step on some rows of the batch. Told in plain data, so that a
 * worker thread can be told too, and made into a step function here, wherever the shard runs.
 *
 * A shard does not keep the carry, because which rows it gets is decided anew at every run: `carry.*` are inputs and outputs.
 */
import type { StepFunction, TensorMap } from '../engine/engine';
import { buildModel } from '../model/architectures';
import type { ModelOrigin } from '../model/model';
import { evaluationStep } from './evaluation-step';
import { gradientStep } from './gradient-step';
import type { GradientConfig } from './gradient-step';

/** A shard's work, as plain data. */
export type ShardWork =
  | { readonly kind: 'gradient'; readonly model: ModelOrigin; readonly config: GradientConfig; readonly inspect: boolean }
  | { readonly kind: 'evaluation'; readonly model: ModelOrigin; readonly inspect: boolean };

/** The step function of a shard: state `model.*`, `buffer.*` (gradient: `sum.*`); the carry goes in and out. */
export function shardStep(work: ShardWork): StepFunction {
  const { arch, data } = work.model;
  const model = buildModel(arch, data);
  return work.kind === 'gradient'
    ? carryPassed(gradientStep(model, work.config, work.inspect))
    : carryPassed(evaluationStep(model, arch, { inspect: work.inspect }));
}

const isCarry = (name: string): boolean => name.startsWith('carry.');

/** The entries of `tensors` that are carry, or those that are not. */
const carryOf = (tensors: TensorMap, wanted: boolean): TensorMap => Object.fromEntries(Object.entries(tensors).filter(([name]) => isCarry(name) === wanted));

/** The same step with `carry.*` among inputs and outputs instead of in the state. */
function carryPassed(step: StepFunction): StepFunction {
  return (state, inputs) => {
    const { state: next, outputs } = step({ ...state, ...carryOf(inputs, true) }, carryOf(inputs, false));
    return { state: carryOf(next, false), outputs: { ...outputs, ...carryOf(next, true) } };
  };
}
