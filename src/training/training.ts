/**
 * A training in progress: slots, weights on the engine, puzzle embeddings, position. `advance` is one optimiser step;
 * `snapshot` is everything a checkpoint needs, `restore` continues from one as if never stopped.
 */
import type { ResolvedConfig } from '../config/resolve';
import type { Engine, HostTensor, HostTensors, StepSession } from '../engine/engine';
import { haltingOf } from '../model/halting';
import type { Model } from '../model/model';
import type { DataShape } from '../model/shapes';
import type { Batch } from '../puzzles/dataset';
import { RandomStream } from '../random/stream';
import { adamAtan2Scalars } from './adam-atan2';
import { emptyCarry, initialWeights, prefixed, zerosLike } from './initial-state';
import { openTrainingSession } from './open-session';
import { PuzzleEmbeddings } from './puzzle-embeddings';
import { learningRate } from './schedule';
import { Slots } from './slots';
import type { TrainingSnapshot } from './snapshot';
import { fittedSnapshot } from './snapshot';
import type { HaltingCount } from './slots';

/** How well a solver did: relative residuals, and iterations until they were small enough, of the fixed point and of its gradient. */
export type SolverReport = Readonly<Record<(typeof solverMetrics)[number], number>>;
const solverMetrics = ['solver_residual', 'solver_iterations', 'adjoint_residual', 'adjoint_iterations'] as const;

/** What one optimiser step gave. Losses are per slot; accuracies over the slots that halted and have a valid label. */
export interface StepReport {
  readonly step: number;
  readonly loss: number; readonly lm_loss: number; readonly q_halt_loss: number; readonly q_continue_loss: number | null;
  /** Slots counted in the accuracies; sums over them, not means. */
  readonly count: number; readonly accuracy: number; readonly exact_accuracy: number; readonly q_halt_accuracy: number; readonly steps: number;
  readonly lr: number; readonly grad_norm: number;
  /** Of an architecture with a solver, else null; means over the slots. */
  readonly solver: SolverReport | null;
  readonly halting: HaltingCount[];
  /** All outputs of the step function. */
  readonly outputs: HostTensors;
}

/** Weights that a training begins with: those of a checkpoint, with nothing of its training. */
export interface InitialWeights {
  readonly model: HostTensors;
  readonly buffers: HostTensors;
  /** [identifiers, ndim]; null: zeros, or no puzzle embeddings. */
  readonly puzzleEmb: Float32Array | null;
}

/** Published name of the puzzle embedding table. */
export const puzzleEmbName = 'inner.puzzle_emb.weights';

/** The run's numbers became infinite or NaN at `step`. */
export class NonFiniteLoss extends Error {
  override readonly name = 'NonFiniteLoss';
  readonly code = 'non_finite_loss';
  readonly next = 'Train again with a lower lr, a longer lr_warmup_steps, or smaller H_cycles/L_cycles.';
  constructor(readonly step: number, what: string, value: number) {
    super(`${what} became ${value} at step ${step}`);
  }
}

const names = (tensors: HostTensors, prefix: string): HostTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(`${prefix}.`)).map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]));

/** A training in progress. Not reentrant: await each call. */
export class Training {
  private constructor(
    private readonly config: ResolvedConfig,
    readonly model: Model,
    private readonly seqLen: number,
    private readonly totalSteps: number,
    private readonly session: StepSession,
    private readonly slots: Slots,
    readonly puzzleEmb: PuzzleEmbeddings | null,
    private done: number,
  ) {}

  /**
   * A training at `snapshot`, or at its very beginning when that is null: from `initial` weights, else from random ones.
   * `totalSteps` is what the learning rate's schedule is laid out over. With `inspect`, reports also hold logits, predictions and
   * gradients, for tests. Throws RunFolderError when the snapshot is not of this config and data.
   */
  static open(opts: {
    engine: Engine; config: ResolvedConfig; model: Model; data: DataShape; totalSteps: number;
    snapshot: TrainingSnapshot | null; initial?: InitialWeights | null; inspect?: boolean;
  }): Training {
    const { engine, config, model, data } = opts;
    const snapshot = opts.snapshot && fittedSnapshot(opts.snapshot, config, model, data);
    const batch = config.global_batch_size;
    const fresh = snapshot ? null : opts.initial ?? initialWeights(config.arch, data, config.seed);
    const { [puzzleEmbName]: table, ...stored } = snapshot?.model ?? {};
    const isBuffer = (name: string): boolean => name.endsWith('_init');
    const pick = (wanted: boolean): HostTensors => Object.fromEntries(Object.entries(stored).filter(([name]) => isBuffer(name) === wanted));
    const dense = fresh?.model ?? pick(false);
    const buffers = fresh?.buffers ?? pick(true);
    const state: HostTensors = {
      ...prefixed('model', dense),
      ...prefixed('buffer', buffers),
      ...(config.freeze_weights ? {} : snapshot?.optimizer ?? { ...prefixed('m', zerosLike(dense)), ...prefixed('v', zerosLike(dense)) }),
      // The average starts at the initial weights, without bias correction.
      ...(config.ema && !config.freeze_weights ? prefixed('ema', snapshot?.ema ?? dense) : {}),
      ...prefixed('carry', snapshot ? Object.fromEntries(model.carried.map(name => [name, snapshot.carry[name]!])) : emptyCarry(model, batch)),
    };
    const slots = new Slots(batch, data.seq_len, haltingOf(config.arch));
    if (snapshot) restoreSlots(slots, snapshot.carry);
    const ndim = config.arch.puzzle_emb_ndim;
    const puzzleEmb = ndim === 0 ? null
      : table ? new PuzzleEmbeddings(Float32Array.from(table.data), ndim)
      : opts.initial?.puzzleEmb ? new PuzzleEmbeddings(opts.initial.puzzleEmb, ndim)
      : PuzzleEmbeddings.zeros(data.num_puzzle_identifiers, ndim);
    const session = openTrainingSession(engine, model, config, state, opts.inspect ?? false);
    return new Training(config, model, data.seq_len, opts.totalSteps, session, slots, puzzleEmb, snapshot?.step ?? 0);
  }

  /** Optimiser steps done. */
  get step(): number {
    return this.done;
  }

  /**
   * One optimiser step, with the data batch offered to slots that have halted. Throws NonFiniteLoss; the weights are then
   * of no use any more, and must not become a checkpoint.
   */
  async advance(offered: Batch): Promise<StepReport> {
    const { config, slots, puzzleEmb } = this;
    const batch = config.global_batch_size;
    const step = this.done + 1;
    const reset = slots.offer(offered);
    const lr = learningRate(config.lr, step, this.totalSteps, config);
    const inputs: Record<string, HostTensor> = {
      inputs: { shape: [batch, this.seqLen], data: slots.inputs },
      labels: { shape: [batch, this.seqLen], data: slots.labels },
      reset: { shape: [batch], data: reset },
      last_step: { shape: [batch], data: slots.lastStep() },
    };
    if (puzzleEmb) inputs.puzzle_emb = { shape: [batch, puzzleEmb.ndim], data: puzzleEmb.rows(slots.puzzleIdentifiers) };
    for (const [name, value] of Object.entries(adamAtan2Scalars(lr, step, config))) inputs[name] = { shape: [], data: Float32Array.of(value) };

    const outputs = await this.session.run(inputs);
    const mean = (name: string): number => sum(outputs[name]!.data) / batch;
    const loss = outputs.loss!.data[0]!;
    const gradNorm = outputs.grad_norm!.data[0]!;
    if (!Number.isFinite(loss)) throw new NonFiniteLoss(step, 'the loss', loss);
    if (!Number.isFinite(gradNorm)) throw new NonFiniteLoss(step, 'the gradient norm', gradNorm);
    if (puzzleEmb) {
      const rate = learningRate(config.puzzle_emb_lr, step, this.totalSteps, config);
      puzzleEmb.signSgd(slots.puzzleIdentifiers, outputs.puzzle_emb_grad!.data as Float32Array, rate, config.puzzle_emb_weight_decay);
    }
    const halting = slots.settle(outputs.q_halt!.data, outputs.q_continue!.data, RandomStream.named(config.seed, 'exploration', step));
    this.done = step;
    return {
      step, loss, lr, grad_norm: gradNorm, halting, outputs,
      lm_loss: mean('lm_loss'), q_halt_loss: mean('q_halt_loss'), q_continue_loss: outputs.q_continue_loss ? mean('q_continue_loss') : null,
      solver: outputs.solver_residual ? Object.fromEntries(solverMetrics.map(name => [name, mean(name)])) as SolverReport : null,
      ...this.metrics(outputs),
    };
  }

  /** Sums over slots that halted in this step and have at least one valid label. */
  private metrics(outputs: HostTensors): Pick<StepReport, 'count' | 'accuracy' | 'exact_accuracy' | 'q_halt_accuracy' | 'steps'> {
    const [right, valid, exact, qHalt] = ['right', 'valid', 'exact', 'q_halt'].map(name => outputs[name]!.data);
    const metrics = { count: 0, accuracy: 0, exact_accuracy: 0, q_halt_accuracy: 0, steps: 0 };
    for (let b = 0; b < this.slots.size; b++) {
      if (!this.slots.halted[b] || !valid![b]) continue;
      metrics.count++;
      metrics.accuracy += right![b]! / valid![b]!;
      metrics.exact_accuracy += exact![b]!;
      metrics.q_halt_accuracy += Number(qHalt![b]! >= 0 === (exact![b] === 1));
      metrics.steps += this.slots.steps[b]!;
    }
    return metrics;
  }

  /** What evaluation and inference run with: the averaged weights when the config keeps them, else the trained ones. */
  async inferenceWeights(which: 'ema' | 'model' = this.config.ema && !this.config.freeze_weights ? 'ema' : 'model'): Promise<InferenceWeights> {
    const state = await this.session.read();
    return { which, model: names(state, which), buffers: names(state, 'buffer'), puzzleEmb: this.puzzleEmb };
  }

  /** Everything a checkpoint needs. */
  async snapshot(): Promise<TrainingSnapshot> {
    const state = await this.session.read();
    const { slots, puzzleEmb } = this;
    const model: HostTensors = { ...names(state, 'model'), ...names(state, 'buffer') };
    if (puzzleEmb) model[puzzleEmbName] = { shape: [puzzleEmb.weights.length / puzzleEmb.ndim, puzzleEmb.ndim], data: puzzleEmb.weights };
    const ema = names(state, 'ema');
    return {
      step: this.done,
      model,
      ema: Object.keys(ema).length ? ema : null,
      optimizer: { ...prefixed('m', names(state, 'm')), ...prefixed('v', names(state, 'v')) },
      carry: {
        ...names(state, 'carry'),
        'slots.inputs': { shape: [slots.size, slots.seqLen], data: slots.inputs },
        'slots.labels': { shape: [slots.size, slots.seqLen], data: slots.labels },
        'slots.puzzle_identifiers': { shape: [slots.size], data: slots.puzzleIdentifiers },
        'slots.steps': { shape: [slots.size], data: slots.steps },
        'slots.halted': { shape: [slots.size], data: Int32Array.from(slots.halted) },
      },
    };
  }

  /** Frees the engine's memory. */
  dispose(): void {
    this.session.dispose();
  }
}

/** Weights to run a model with, and its puzzles' embeddings. */
export interface InferenceWeights {
  readonly which: 'ema' | 'model';
  readonly model: HostTensors;
  readonly buffers: HostTensors;
  readonly puzzleEmb: PuzzleEmbeddings | null;
}

/** The inference weights inside a snapshot or checkpoint. */
export function inferenceWeightsOf(snapshot: Pick<TrainingSnapshot, 'model' | 'ema'>, ndim: number, which?: 'ema' | 'model'): InferenceWeights {
  const { [puzzleEmbName]: table, ...rest } = snapshot.model;
  const chosen = which ?? (snapshot.ema ? 'ema' : 'model');
  const split = (wanted: boolean): HostTensors => Object.fromEntries(Object.entries(rest).filter(([name]) => name.endsWith('_init') === wanted));
  return {
    which: chosen,
    model: chosen === 'ema' && snapshot.ema ? snapshot.ema : split(false),
    buffers: split(true),
    puzzleEmb: table ? new PuzzleEmbeddings(table.data as Float32Array, ndim) : null,
  };
}

function restoreSlots(slots: Slots, carry: HostTensors): void {
  slots.inputs.set(carry['slots.inputs']!.data);
  slots.labels.set(carry['slots.labels']!.data);
  slots.puzzleIdentifiers.set(carry['slots.puzzle_identifiers']!.data);
  slots.steps.set(carry['slots.steps']!.data);
  slots.halted.set(carry['slots.halted']!.data);
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
};
