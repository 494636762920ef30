/**
 * One supervision step that tells everything: after every update of a feature, y and z are decoded through the output
 * head. One puzzle at a time. Frames are in order of the updates; a solver's iterates are updates, too.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import type { StepFunction, TensorMap } from '../engine/engine';
import type { Weights } from '../model/blocks';
import { answerLogits, haltingLogits } from '../model/heads';
import { logProbabilities } from '../model/losses';
import type { Features, Model, Observer, Update } from '../model/model';
import { carriedOf, resetCarry, under, withPrefix } from './gradient-step';

/** Tokens [1, L] and the probability of each, [1, L], that the output head reads from a feature [1, S, D]. */
function decode(weights: Weights, feature: Tensor, model: Model, arch: ResolvedArch): { tokens: Tensor; prob: Tensor } {
  const logits = answerLogits(weights, model.format.widen(feature), model.prefix);
  return { tokens: tf.argMax(logits, -1), prob: tf.exp(tf.max(logProbabilities(logits, arch.loss.loss_type), -1)) };
}

/** ||now - before|| / ||before||, [1]; 1 where there was nothing before. */
const relativeChange = (now: Tensor, before: Tensor | undefined): Tensor =>
  (before ? tf.reshape(tf.div(tf.norm(tf.sub(now, before)), tf.maximum(tf.norm(before), 1e-12)), [1]) : tf.ones([1]));

/**
 * Builds the step function. Inputs as in evaluation with B = 1. Outputs: y_tokens int32 [F, L] and y_prob [F, L] of the answer;
 * where there are others, z_tokens and z_prob of the one updated last; change [F]; q_halt, q_continue [1]. `updates` is filled with
 * the F updates in order when the function first runs.
 */
export function traceStep(model: Model, arch: ResolvedArch, updates: Update[]): StepFunction {
  return (state, inputs) => {
    const weights = under(state, 'model');
    const { inputs: tokens, reset, puzzle_emb } = inputs as Record<string, Tensor>;
    const x = model.embed(weights, tokens!, puzzle_emb ?? null);
    const columns: Record<string, Tensor[]> = {};
    const add = (column: string, value: Tensor): void => void (columns[column] ??= []).push(value);
    let before = resetCarry(model, under(state, 'carry'), under(state, 'buffer'), reset!);
    let latent = model.features.find(name => name !== model.answer);
    updates.length = 0;
    const updated: NonNullable<Observer['updated']> = (update, features) => {
      if (update.feature !== model.answer) latent = update.feature;
      for (const [letter, feature] of [['y', model.answer], ['z', latent]] as const) {
        if (feature === undefined) continue;
        const shown = decode(weights, features[feature]!, model, arch);
        add(`${letter}_tokens`, shown.tokens);
        add(`${letter}_prob`, shown.prob);
      }
      add('change', relativeChange(model.format.widen(features[update.feature]!), before[update.feature] && model.format.widen(before[update.feature]!)));
      updates.push(update);
      before = features;
    };
    const early = model.recurseWithoutGradient(weights, x, before, { updated });
    const features: Features = model.recurseWithGradient(weights, x, early, { updated });
    const outputs: TensorMap = Object.fromEntries(Object.entries(columns).map(([name, frames]) => [name, tf.concat(frames, 0)]));
    return { state: withPrefix('carry', carriedOf(model, features)), outputs: { ...outputs, ...haltingLogits(weights, model.format.widen(features[model.answer]!)) } };
  };
}
