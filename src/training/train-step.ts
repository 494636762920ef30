/**
 * One optimiser step as a pure function of named tensors: reset the slots that take a new puzzle, run one supervision
 * step (deep recursion), take the loss and its gradient, update the weights and their average. The rest of the batch's
 * life (which puzzle, who halts) is decided on the host, in `slots.ts`, so that nothing here depends on values.
 *
 * State: `model.*`, `m.*`, `v.*`, `ema.*` by published parameter names, `buffer.*` (H_init, L_init), `carry.*` [B, S, D].
 * Inputs: inputs, labels [B, L] int32; reset, last_step [B]; puzzle_emb [B, ndim]; the optimiser's scalars.
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
import type { Features, Model } from '../model/model';
import { adamAtan2 } from './adam-atan2';
import type { AdamAtan2Scalars } from './adam-atan2';

/** The tensors of `state` under a prefix, the prefix cut off. */
export function under(state: TensorMap, prefix: string): TensorMap {
  const start = `${prefix}.`;
  return Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith(start)).map(([name, tensor]) => [name.slice(start.length), tensor]));
}

/** Carried features with the slots marked in `reset` [B] put back to the fixed vectors H_init, L_init [D]. */
export function resetCarry(model: Model, carry: TensorMap, buffers: TensorMap, reset: Tensor): Features {
  const [b] = reset.shape as [number];
  const fresh = tf.reshape(reset, [b, 1, 1]);
  const kept = tf.sub(1, fresh);
  return Object.fromEntries(model.features.map(name => {
    // z_H starts from inner.H_init, z_L from inner.L_init.
    const initial = tf.reshape(buffers[`inner.${name.slice(2)}_init`]!, [1, 1, model.width]);
    return [name, tf.add(tf.mul(carry[name]!, kept), tf.mul(initial, fresh))];
  }));
}

/** What the training step needs of the config. */
export type TrainStepConfig = Pick<TrmConfig, 'beta1' | 'beta2' | 'weight_decay' | 'ema' | 'ema_rate' | 'freeze_weights'> & { arch: ResolvedArch };

/** Builds the step function. With `inspect`, outputs also hold logits, predictions and gradients (`grad.*`), for tests. */
export function trainStep(model: Model, config: TrainStepConfig, inspect = false): StepFunction {
  const { arch } = config;
  const { loss_type } = arch.loss;

  return (state, inputs) => {
    const weights = under(state, 'model');
    const names = Object.keys(weights);
    const { inputs: tokens, labels, reset, last_step, puzzle_emb } = inputs as Record<string, Tensor>;
    const [batch] = tokens!.shape as [number];
    const start = resetCarry(model, under(state, 'carry'), under(state, 'buffer'), reset!);
    const early = tf.tidy(() => model.recurseWithoutGradient(weights, model.embed(weights, tokens!, puzzle_emb ?? null), start) as Record<string, Tensor>);

    const outputs: TensorMap = {};
    let carry: Features = {};
    const lossOf = (...variables: Tensor[]): Scalar => {
      const trained: Weights = config.freeze_weights ? weights : Object.fromEntries(names.map((name, i) => [name, variables[i]!]));
      const puzzleEmb = puzzle_emb ? variables[variables.length - 1]! : null;
      const features = model.recurseWithGradient(trained, model.embed(trained, tokens!, puzzleEmb), early);
      const answer = features[model.answer]!;
      const logits = answerLogits(trained, answer, model.prefix);
      const { q_halt, q_continue } = haltingLogits(trained, answer);
      const { exact, right, valid, predictions } = withoutGradient(() => {
        const { predictions, ...counts } = correctness(logits, labels!);
        return inspect ? { ...counts, predictions } : counts;
      });

      const lm = answerLoss(logits, labels!, loss_type);
      const halt = haltingLoss(q_halt, exact!);
      let total = tf.add(lm, tf.mul(halt, 0.5));
      if (!arch.no_ACT_continue) {
        const { target } = withoutGradient(() => ({ target: continueTarget(features, last_step!) }));
        const continues = haltingLoss(q_continue, target!);
        total = tf.add(total, tf.mul(continues, 0.5));
        Object.assign(outputs, { q_continue_loss: continues, target_q_continue: target });
      }
      const loss = tf.div(tf.sum(total), batch);
      Object.assign(outputs, { loss, lm_loss: lm, q_halt_loss: halt, q_halt, q_continue, right, valid, exact });
      if (inspect) Object.assign(outputs, { logits, predictions });
      carry = features;
      for (const tensor of [...Object.values(outputs), ...Object.values(features)]) tf.keep(tensor);
      return loss as Scalar;
    };

    /** sigmoid of the best next logit, from one more supervision step of the new carry, without gradient. */
    const continueTarget = (features: Features, last: Tensor): Tensor => {
      const x = model.embed(weights, tokens!, puzzle_emb ?? null);
      const next = model.recurseWithGradient(weights, x, model.recurseWithoutGradient(weights, x, features));
      const { q_halt, q_continue } = haltingLogits(weights, next[model.answer]!);
      const best = tf.add(tf.mul(last, q_halt), tf.mul(tf.sub(1, last), tf.maximum(q_halt, q_continue)));
      return tf.sigmoid(best);
    };

    const variables = [...(config.freeze_weights ? [] : names.map(name => weights[name]!)), ...(puzzle_emb ? [puzzle_emb] : [])];
    const gradients = tf.grads(lossOf)(variables);
    if (puzzle_emb) outputs.puzzle_emb_grad = gradients[gradients.length - 1]!;

    const next: TensorMap = Object.fromEntries(Object.entries(carry).map(([name, tensor]) => [`carry.${name}`, tensor]));
    if (!config.freeze_weights) {
      outputs.grad_norm = tf.sqrt(tf.addN(names.map((_, i) => tf.sum(tf.square(gradients[i]!)))));
      const scalars = inputs as unknown as AdamAtan2Scalars;
      names.forEach((name, i) => {
        const updated = adamAtan2(weights[name]!, gradients[i]!, state[`m.${name}`]!, state[`v.${name}`]!, scalars, config);
        next[`model.${name}`] = updated.p;
        next[`m.${name}`] = updated.m;
        next[`v.${name}`] = updated.v;
        // EMA of the dense parameters, after every step: e = rate e + (1 - rate) p.
        if (config.ema) next[`ema.${name}`] = tf.add(tf.mul(state[`ema.${name}`]!, config.ema_rate), tf.mul(updated.p, 1 - config.ema_rate));
        if (inspect) outputs[`grad.${name}`] = gradients[i]!;
      });
    } else {
      outputs.grad_norm = gradients.length ? tf.sqrt(tf.sum(tf.square(gradients[0]!))) : tf.scalar(0);
    }
    return { state: next, outputs };
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
