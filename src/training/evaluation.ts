/**
 * Evaluation: every puzzle gets the full number of supervision steps, whatever the halting head says; where it would
 * have halted is recorded, not acted on. Metrics are those of the last step, with counts and 95 % intervals, and the
 * accuracy and halting probability at every step on the way.
 */
import type { ResolvedArch } from '../config/resolve';
import type { Engine, HostTensors, StepSession } from '../engine/engine';
import type { Model } from '../model/model';
import type { Batch } from '../puzzles/dataset';
import type { EvaluationRows } from '../puzzles/evaluation-rows';
import { RandomStream } from '../random/stream';
import type { EvalEvent } from '../runs/schema';
import { evaluationStep } from './evaluation-step';
import { emptyCarry, prefixed } from './initial-state';
import { bootstrapInterval, wilsonInterval } from './statistics';
import type { InferenceWeights } from './training';

/** What an evaluation finds: an `eval` event without its stamp. */
export type Evaluation = Omit<EvalEvent, 'kind' | 'attempt' | 'step' | 'examples' | 'wall' | 'process'>;

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
  /** Awaited between supervision steps, so that a trainer can answer meanwhile. */
  readonly breathe?: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** The outputs of one supervision step that evaluation reads, [B] each. */
const columnNames = ['right', 'valid', 'exact', 'q_halt', 'lm_loss', 'q_halt_loss'] as const;
type StepColumns = Record<(typeof columnNames)[number], ArrayLike<number>>;
const columnsOf = (outputs: HostTensors): StepColumns => Object.fromEntries(columnNames.map(name => [name, outputs[name]!.data])) as unknown as StepColumns;

/** An evaluation on an engine; `dispose` when done. Weights can be replaced between evaluations. */
export class Evaluator {
  private readonly session: StepSession;

  constructor(engine: Engine, model: Model, arch: ResolvedArch, private weights: InferenceWeights, readonly batchSize: number, inspect = false) {
    this.session = engine.session(evaluationStep(model, arch, inspect), {
      ...prefixed('model', weights.model), ...prefixed('buffer', weights.buffers), ...prefixed('carry', emptyCarry(model, batchSize)),
    });
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
  async evaluate({ rows, total, depth, seed, onProgress, breathe, signal }: EvaluateOptions): Promise<Evaluation> {
    const started = performance.now();
    const tally = new Tally(depth, rows.examples.length);
    let done = 0;
    for (let index = 0; index < rows.batches; index++) {
      const batch = rows.read(index);
      const columns: StepColumns[] = [];
      for (let k = 0; k < depth; k++) {
        signal?.throwIfAborted();
        const outputs = await this.step(batch, k === 0);
        columns.push(columnsOf(outputs));
        await breathe?.();
      }
      batch.examples.forEach((_, row) => tally.add(columns, row));
      done += batch.examples.length;
      onProgress?.(done, rows.examples.length);
    }
    return tally.summary({ total, depth, seed, weights: this.weights.which, seconds: (performance.now() - started) / 1000 });
  }

  /** Frees the engine's memory. */
  dispose(): void {
    this.session.dispose();
  }
}

const sigmoid = (q: number): number => 1 / (1 + Math.exp(-q));
const calibrationBins = 10;

/** Sums over puzzles. */
class Tally {
  private count = 0;
  private readonly cell: Float64Array;
  private readonly perStep: { exact: number; cell: number; p_halt: number; would_halt: number }[];
  private readonly bins = Array.from({ length: calibrationBins }, () => ({ predicted: 0, right: 0, count: 0 }));
  private lm = 0;
  private halt = 0;
  private agrees = 0;

  constructor(depth: number, rows: number) {
    this.cell = new Float64Array(rows);
    this.perStep = Array.from({ length: depth }, () => ({ exact: 0, cell: 0, p_halt: 0, would_halt: 0 }));
  }

  /** Adds one puzzle from the columns of all its supervision steps; puzzles without a valid label do not count. */
  add(columns: readonly StepColumns[], row: number): void {
    const last = columns[columns.length - 1]!;
    const valid = last.valid[row]!;
    if (valid === 0) return;
    let halted = false;
    columns.forEach(({ exact, right, q_halt }, k) => {
      const at = this.perStep[k]!;
      at.exact += exact[row]!;
      at.cell += right[row]! / valid;
      at.p_halt += sigmoid(q_halt[row]!);
      if (!halted && q_halt[row]! > 0) {
        at.would_halt++;
        halted = true;
      }
    });
    const predicted = sigmoid(last.q_halt[row]!);
    const bin = this.bins[Math.min(calibrationBins - 1, Math.floor(predicted * calibrationBins))]!;
    bin.predicted += predicted;
    bin.right += last.exact[row]!;
    bin.count++;
    this.lm += last.lm_loss[row]!;
    this.halt += last.q_halt_loss[row]!;
    this.agrees += Number(last.q_halt[row]! >= 0 === (last.exact[row] === 1));
    this.cell[this.count++] = last.right[row]! / valid;
  }

  summary(facts: { total: number; depth: number; seed: number; weights: 'ema' | 'model'; seconds: number }): Evaluation {
    const { count } = this;
    const share = (sum: number): number => (count ? sum / count : 0);
    const last = this.perStep[this.perStep.length - 1]!;
    return {
      depth: facts.depth, count, total: facts.total, weights: facts.weights, seconds: facts.seconds,
      exact_accuracy: share(last.exact), exact_count: last.exact, exact_interval: wilsonInterval(last.exact, count),
      accuracy: share(last.cell), accuracy_interval: bootstrapInterval(this.cell.subarray(0, count), RandomStream.named(facts.seed, 'bootstrap')),
      loss: share(this.lm + 0.5 * this.halt), lm_loss: share(this.lm), q_halt_loss: share(this.halt), q_halt_accuracy: share(this.agrees),
      per_step: this.perStep.map((at, k) => ({ k: k + 1, exact_accuracy: share(at.exact), accuracy: share(at.cell), mean_p_halt: share(at.p_halt), would_halt: share(at.would_halt) })),
      calibration: this.bins.filter(bin => bin.count).map(bin => ({ predicted: bin.predicted / bin.count, right: bin.right / bin.count, count: bin.count })),
    };
  }
}
