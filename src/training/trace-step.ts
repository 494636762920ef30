/**
 * One supervision step that tells everything: after every update of a feature, y and z are decoded through the output
 * head. One puzzle at a time. Frames are in order of the updates; `traceUpdates` names them.
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
  const logits = answerLogits(weights, feature, model.prefix);
  return { tokens: tf.argMax(logits, -1), prob: tf.exp(tf.max(logProbabilities(logits, arch.loss.loss_type), -1)) };
}

/** ||now - before|| / ||before||, [1]. */
const relativeChange = (now: Tensor, before: Tensor): Tensor =>
  tf.reshape(tf.div(tf.norm(tf.sub(now, before)), tf.maximum(tf.norm(before), 1e-12)), [1]);

/**
 * Builds the step function. Inputs as in evaluation with B = 1. Outputs: y_tokens, z_tokens int32 [F, L]; y_prob, z_prob
 * [F, L]; change [F]; q_halt [1]. `updates` is filled with the F updates in order when the function first runs.
 */
export function traceStep(model: Model, arch: ResolvedArch, updates: Update[]): StepFunction {
  const latent = model.features.find(name => name !== model.answer) ?? model.answer;
  return (state, inputs) => {
    const weights = under(state, 'model');
    const { inputs: tokens, reset, puzzle_emb } = inputs as Record<string, Tensor>;
    const x = model.embed(weights, tokens!, puzzle_emb ?? null);
    const columns: Record<'y_tokens' | 'y_prob' | 'z_tokens' | 'z_prob' | 'change', Tensor[]> = { y_tokens: [], y_prob: [], z_tokens: [], z_prob: [], change: [] };
    let before = resetCarry(model, under(state, 'carry'), under(state, 'buffer'), reset!);
    updates.length = 0;
    const updated: NonNullable<Observer['updated']> = (update, features) => {
      const y = decode(weights, features[model.answer]!, model, arch);
      const z = decode(weights, features[latent]!, model, arch);
      columns.y_tokens.push(y.tokens);
      columns.y_prob.push(y.prob);
      columns.z_tokens.push(z.tokens);
      columns.z_prob.push(z.prob);
      columns.change.push(relativeChange(features[update.feature]!, before[update.feature]!));
      updates.push(update);
      before = features;
    };
    const early = model.recurseWithoutGradient(weights, x, before, { updated });
    const features: Features = model.recurseWithGradient(weights, x, early, { updated });
    const outputs: TensorMap = Object.fromEntries(Object.entries(columns).map(([name, frames]) => [name, tf.concat(frames, 0)]));
    outputs.q_halt = haltingLogits(weights, features[model.answer]!).q_halt;
    return { state: withPrefix('carry', carriedOf(model, features)), outputs };
  };
}
