/**
 * The first half of an optimiser step: reset the slots that take a new puzzle, run one supervision step (deep recursion),
 * take the loss and its gradient. It does not know whether its rows are the whole batch or a part of it: the loss is always
 * divided by the size of the whole batch, so the losses and gradients of the parts sum up to those of the whole.
 */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { ResolvedArch } from '../config/resolve';
import type { TrmConfig } from '../config/schema';
import type { StepFunction, TensorMap } from '../engine/engine';
import type { Weights } from '../model/blocks';
import { answerLogits, haltingLogits } from '../model/heads';
import { answerLoss, correctness, haltingLoss } from '../model/losses';
import { haltingOf } from '../model/halting';
import type { Features, Model, Observer } from '../model/model';
import { initialName } from '../model/shapes';
import type { PartResults } from './batch-parts';

/** The tensors of `state` under a prefix, the prefix cut off. */
export function under(state: TensorMap, prefix: string): TensorMap {
  const start = `${prefix}.`;
  return Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith(start)).map(([name, tensor]) => [name.slice(start.length), tensor]));
}

/** Carried features with the slots marked in `reset` [B] put back to the fixed vectors they start from, H_init, L_init [D]. */
export function resetCarry(model: Model, carry: TensorMap, buffers: TensorMap, reset: Tensor): Features {
  const [b] = reset.shape as [number];
  const fresh = tf.reshape(reset, [b, 1, 1]);
  const kept = tf.sub(1, fresh);
  return Object.fromEntries(model.carried.map(name => {
    const initial = tf.reshape(buffers[initialName(name)]!, [1, 1, model.width]);
    return [name, model.format.narrow(tf.add(tf.mul(carry[name]!, kept), tf.mul(initial, fresh)))];
  }));
}

/** Those of the features after a step that are carried into the next, in float32. */
export const carriedOf = (model: Model, features: Features): TensorMap => Object.fromEntries(model.carried.map(name => [name, model.format.widen(features[name]!)]));

/** What the gradient needs of the config. */
export type GradientConfig = Pick<TrmConfig, 'freeze_weights' | 'global_batch_size'> & { readonly arch: ResolvedArch };


/**
 * Losses and gradients of some rows: outputs lm_loss, q_halt_loss, q_halt, q_continue, right, valid, exact (with the continue
 * head also q_continue_loss and target_q_continue) and what the model measures of itself, a number per row; puzzle_emb_grad
 * [rows, ndim]; loss, these rows' share of the batch's mean. There are no gradients when the weights are frozen.
 * `state`: `model.*`, `buffer.*`, `carry.*`; `inputs`: inputs, labels [rows, L]; reset, last_step [rows]; puzzle_emb [rows, ndim].
 * With `inspect`, outputs also hold logits and predictions, for tests.
 */
export function gradientsOf(model: Model, config: GradientConfig, state: TensorMap, inputs: TensorMap, inspect: boolean): PartResults {
  const { arch } = config;
  const weights = under(state, 'model');
  const names = config.freeze_weights ? [] : Object.keys(weights);
  const { inputs: tokens, labels, reset, last_step, puzzle_emb } = inputs as Record<string, Tensor>;
  const start = resetCarry(model, under(state, 'carry'), under(state, 'buffer'), reset!);
  const outputs: TensorMap = {};
  const observer: Observer = { measured: (name, values) => (outputs[name] = tf.keep(values)) };
  const early = tf.tidy(() => model.recurseWithoutGradient(weights, model.embed(weights, tokens!, puzzle_emb ?? null), start, observer) as Record<string, Tensor>);

  let carry: TensorMap = {};
  const lossOf = (...variables: Tensor[]): Scalar => {
    const trained: Weights = config.freeze_weights ? weights : Object.fromEntries(names.map((name, i) => [name, variables[i]!]));
    const puzzleEmb = puzzle_emb ? variables[variables.length - 1]! : null;

    const features = model.recurseWithGradient(trained, model.embed(trained, tokens!, puzzleEmb), early, observer);
    const answer = model.format.widen(features[model.answer]!);
    const logits = answerLogits(trained, answer, model.prefix);
    const { q_halt, q_continue } = haltingLogits(trained, answer);
    const { exact, right, valid, predictions } = withoutGradient(() => {
      const { predictions, ...counts } = correctness(logits, labels!);
      return inspect ? { ...counts, predictions } : counts;
    });

    const lm = answerLoss(logits, labels!, arch.loss.loss_type);
    const halt = haltingLoss(q_halt, exact!);
    let total = tf.add(lm, tf.mul(halt, 0.5));
    if (haltingOf(arch).trainsContinue) {
      const { target } = withoutGradient(() => ({ target: continueTarget(features, last_step!) }));
      const continues = haltingLoss(q_continue, target!);
      total = tf.add(total, tf.mul(continues, 0.5));
      Object.assign(outputs, { q_continue_loss: continues, target_q_continue: target });
    }
    const loss = tf.div(tf.sum(total), config.global_batch_size);
    Object.assign(outputs, { loss, lm_loss: lm, q_halt_loss: halt, q_halt, q_continue, right, valid, exact });
    if (inspect) Object.assign(outputs, { logits, predictions });

    carry = carriedOf(model, features);
    for (const tensor of [...Object.values(outputs), ...Object.values(carry)]) tf.keep(tensor);
    return loss as Scalar;
  };

  /** sigmoid of the best next logit, from one more supervision step of the new carry, without gradient. */
  const continueTarget = (features: Features, last: Tensor): Tensor => {
    const x = model.embed(weights, tokens!, puzzle_emb ?? null);
    const next = model.recurseWithGradient(weights, x, model.recurseWithoutGradient(weights, x, features));
    const { q_halt, q_continue } = haltingLogits(weights, model.format.widen(next[model.answer]!));
    const best = tf.add(tf.mul(last, q_halt), tf.mul(tf.sub(1, last), tf.maximum(q_halt, q_continue)));
    return tf.sigmoid(best);
  };

  const variables = [...names.map(name => weights[name]!), ...(puzzle_emb ? [puzzle_emb] : [])];
  const gradients = tf.grads(lossOf)(variables);
  if (puzzle_emb) outputs.puzzle_emb_grad = gradients[gradients.length - 1]!;
  return { outputs, carry, gradients: Object.fromEntries(names.map((name, i) => [name, gradients[i]!])) };
}

/** Names with a prefix. */
export const withPrefix = (prefix: string, tensors: TensorMap): TensorMap => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]));

/**
 * The gradient as a step of its own, for one part of the batch after another. State besides that of `gradientsOf`: `sum.*`,
 * the gradients so far. Inputs besides: keep [], 0 to begin the sums anew, 1 to add to them.
 */
export function gradientStep(model: Model, config: GradientConfig, inspect = false): StepFunction {
  return (state, inputs) => {
    const { outputs, carry, gradients } = gradientsOf(model, config, state, inputs, inspect);
    const sums = Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.add(tf.mul(state[`sum.${name}`]!, inputs.keep!), gradient)]));
    return { state: { ...withPrefix('carry', carry), ...withPrefix('sum', sums) }, outputs };
  };
}

/**
 * Runs `f` so that nothing in it is recorded for the gradient: its results are constants to it. They are kept beyond the
 * gradient's own scope; whoever returns them from the step function hands them over.
 */
function withoutGradient(f: () => TensorMap): TensorMap {
  let results: TensorMap = {};
  const unrecorded = tf.customGrad(((none: Tensor) => {
    results = f();
    for (const tensor of Object.values(results)) tf.keep(tensor);
    return { value: tf.clone(none), gradFunc: (dy: Tensor) => dy };
  }) as Parameters<typeof tf.customGrad>[0]);
  unrecorded(tf.scalar(0));
  return results;
}
