/**
 * One supervision step without training, as a pure function of named tensors: what evaluation repeats for every batch.
 * State: `model.*`, `buffer.*`, `carry.*`. Inputs: inputs, labels [B, L]; reset [B]; puzzle_emb [B, ndim].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import type { StepFunction, TensorMap } from '../engine/engine';
import { wholeBatch } from '../engine/row-parts';
import type { RowPlan } from '../engine/row-parts';
import { answerLogits, haltingLogits } from '../model/heads';
import { answerLoss, correctness, haltingLoss } from '../model/losses';
import type { Model } from '../model/model';
import { overBatch } from './batch-parts';
import { carriedOf, resetCarry, under, withPrefix } from './gradient-step';

/** How the step function is built. `inspect`: outputs also hold logits and predictions. */
export interface EvaluationStepOptions { readonly plan?: RowPlan; readonly inspect?: boolean }

/** Builds the step function, for a batch cut as `plan` says. */
export function evaluationStep(model: Model, arch: ResolvedArch, { plan = wholeBatch, inspect = false }: EvaluationStepOptions = {}): StepFunction {
  return (state, inputs) => {
    const { outputs, carry } = overBatch(state, inputs, plan, (state, inputs) => {
      const weights = under(state, 'model');
      const { inputs: tokens, labels, reset, puzzle_emb } = inputs as Record<string, Tensor>;
      const x = model.embed(weights, tokens!, puzzle_emb ?? null);
      const start = resetCarry(model, under(state, 'carry'), under(state, 'buffer'), reset!);
      const features = model.recurseWithGradient(weights, x, tf.tidy(() => model.recurseWithoutGradient(weights, x, start) as Record<string, Tensor>));
      const answer = model.format.widen(features[model.answer]!);
      const logits = answerLogits(weights, answer, model.prefix);
      const { q_halt, q_continue } = haltingLogits(weights, answer);
      const { predictions, right, valid, exact } = correctness(logits, labels!);
      const outputs: TensorMap = { lm_loss: answerLoss(logits, labels!, arch.loss.loss_type), q_halt_loss: haltingLoss(q_halt, exact), q_halt, q_continue, right, valid, exact };
      return { outputs: inspect ? { ...outputs, logits, predictions } : outputs, carry: carriedOf(model, features), gradients: {} };
    });
    return { state: withPrefix('carry', carry), outputs };
  };
}
