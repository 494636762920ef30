/**
 * One optimiser step in one piece, as a pure function of named tensors: the gradient (`gradient-step.ts`), then the update
 * of the weights and their average (`update-step.ts`). The rest of the batch's life (which puzzle, who halts) is decided on
 * the host, in `slots.ts`, so that nothing here depends on values. Split among worker threads, a batch goes through the same two
 * halves in `sharded-session.ts`.
 *
 * State: `model.*`, `m.*`, `v.*`, `ema.*` by published parameter names, `buffer.*` (H_init, L_init), `carry.*` [B, S, D].
 * Inputs: inputs, labels [B, L] int32; reset, last_step [B]; puzzle_emb [B, ndim]; the optimiser's scalars.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { StepFunction } from '../engine/engine';
import { wholeBatch } from '../engine/row-parts';
import type { RowPlan } from '../engine/row-parts';
import type { Model } from '../model/model';
import type { AdamAtan2Scalars } from './adam-atan2';
import { overBatch } from './batch-parts';
import { gradientsOf, withPrefix } from './gradient-step';
import type { GradientConfig } from './gradient-step';
import { updated } from './update-step';
import type { UpdateConfig } from './update-step';

/** What the training step needs of the config. */
export type TrainStepConfig = GradientConfig & UpdateConfig;

/** Builds the step function, for a batch cut as `plan` says. With `inspect`, outputs also hold logits, predictions and gradients (`grad.*`), for tests. */
export function trainStep(model: Model, config: TrainStepConfig, { plan = wholeBatch, inspect = false }: { plan?: RowPlan; inspect?: boolean } = {}): StepFunction {
  return (state, inputs) => {
    const { outputs, carry, gradients } = overBatch(state, inputs, plan, (state, inputs) => gradientsOf(model, config, state, inputs, inspect));
    const next = withPrefix('carry', carry);
    if (config.freeze_weights) {
      const { puzzle_emb_grad } = outputs;
      return { state: next, outputs: { ...outputs, grad_norm: puzzle_emb_grad ? tf.sqrt(tf.sum(tf.square(puzzle_emb_grad))) : tf.scalar(0) } };
    }
    const { state: after, grad_norm } = updated(config, state, gradients, inputs as unknown as AdamAtan2Scalars);
    return { state: { ...next, ...after }, outputs: { ...outputs, grad_norm, ...(inspect ? withPrefix('grad', gradients) : {}) } };
  };
}
