/**
 * Evaluation: every puzzle gets the full number of supervision steps, whatever the halting head says; where it would
 * have halted is recorded, not acted on (unless the config asks for that: act_inference). Metrics are those of the last step,
 * with counts and 95 % intervals, and the accuracy and halting probability at every step on the way.
 */
import type { ResolvedArch } from '../config/resolve';
import type { Engine, HostTensors, StepSession } from '../engine/engine';
import { haltingOf } from '../model/halting';
import type { Halting } from '../model/halting';
import type { Model } from '../model/model';
import type { Batch } from '../puzzles/dataset';
import type { EvaluationRows } from '../puzzles/evaluation-rows';
import { columnsOf, EvaluationTally } from './evaluation-tally';
import type { Evaluation, StepColumns } from './evaluation-tally';
import { emptyCarry, prefixed } from './initial-state';
import { openEvaluationSession } from './open-session';
import type { InferenceWeights } from './training';

/** Options of one evaluation. */
export interface EvaluateOptions {
  /** The rows, in batches of the evaluator's size. */
  readonly rows: Pick<EvaluationRows, 'examples' | 'batches' | 'read'>;
  /** Rows there are, of which these are evaluated. */
  readonly total: number;
  /** Supervision steps. */
  readonly depth: number;
  readonly seed: number;
  /** Rows done so far, after each batch. */
  readonly onProgress?: (done: number, count: number) => void;
  /** What the puzzles done so far say, after each batch. */
  readonly onPartial?: (partial: Evaluation) => void;
  /** Share of the work done, after each supervision step of a batch. */
  readonly onStep?: (share: number) => void;
  /** Awaited between supervision steps, so that a trainer can answer meanwhile. */
  readonly breathe?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** An evaluation on an engine; `dispose` when done. Weights can be replaced between evaluations. */
export class Evaluator {
  private readonly session: StepSession;
  private readonly halting: Halting;

  constructor(engine: Engine, model: Model, arch: ResolvedArch, private weights: InferenceWeights, readonly batchSize: number, options: { inspect?: boolean; runs?: number } = {}) {
    const state = { ...prefixed('model', weights.model), ...prefixed('buffer', weights.buffers), ...prefixed('carry', emptyCarry(model, batchSize)) };
    this.halting = haltingOf(arch);
    this.session = openEvaluationSession(engine, model, arch, batchSize, state, options);
  }

  /** Takes other weights of the same shapes. */
  use(weights: InferenceWeights): void {
    this.weights = weights;
    this.session.write({ ...prefixed('model', weights.model), ...prefixed('buffer', weights.buffers) });
  }

  /** One supervision step of a batch; the first of a batch resets its carry. */
  async step(batch: Batch, first: boolean): Promise<HostTensors> {
    const size = this.batchSize;
    const seqLen = batch.inputs.length / size;
    const inputs: HostTensors = {
      inputs: { shape: [size, seqLen], data: batch.inputs },
      labels: { shape: [size, seqLen], data: batch.labels },
      reset: { shape: [size], data: new Float32Array(size).fill(first ? 1 : 0) },
    };
    const { puzzleEmb } = this.weights;
    if (puzzleEmb) inputs.puzzle_emb = { shape: [size, puzzleEmb.ndim], data: puzzleEmb.rows(batch.puzzleIdentifiers) };
    return this.session.run(inputs);
  }

  /** Evaluates all rows. Throws the signal's reason when aborted. */
  async evaluate({ rows, total, depth, seed, onProgress, onPartial, onStep, breathe, signal }: EvaluateOptions): Promise<Evaluation> {
    const started = performance.now();
    const tally = new EvaluationTally(depth, rows.examples.length, this.halting);
    const summary = (): Evaluation => tally.summary({ total, depth, seed, weights: this.weights.which, seconds: (performance.now() - started) / 1000 });
    let done = 0;
    for (let index = 0; index < rows.batches; index++) {
      const batch = rows.read(index);
      const columns: StepColumns[] = [];
      for (let k = 0; k < depth; k++) {
        signal?.throwIfAborted();
        const outputs = await this.step(batch, k === 0);
        columns.push(columnsOf(outputs));
        onStep?.((index * depth + k + 1) / (rows.batches * depth));
        await breathe?.();
      }
      batch.examples.forEach((_, row) => tally.add(columns, row));
      done += batch.examples.length;
      onProgress?.(done, rows.examples.length);
      onPartial?.(summary());
    }
    return summary();
  }

  /** Frees the engine's memory. */
  dispose(): void {
    this.session.dispose();
  }
}
