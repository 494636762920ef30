/**
 * What an evaluation adds up. Every supervision step gives one column per quantity, [B]; the tally adds the puzzles of
 * those columns one by one and turns the sums into an `eval` event: metrics of the last step with their intervals,
 * accuracy and halting at every step, and how well q_halt predicts that an answer is right.
 */
import type { HostTensors } from '../engine/engine';
import { wantsToHalt } from '../model/halting';
import type { Halting } from '../model/halting';
import { RandomStream } from '../random/stream';
import type { EvalEvent, EvalSummary } from '../runs/schema';
import { bootstrapInterval, wilsonInterval } from '../statistics/intervals';

/** What an evaluation finds: an `eval` event without its stamp. */
export type Evaluation = Omit<EvalEvent, 'kind' | 'attempt' | 'step' | 'examples' | 'wall' | 'process'>;

/** Whether `a` is the better of two evaluations: more puzzles wholly right; of equals, more cells. Early evaluations all have none right. */
export function isBetter(a: Pick<EvalSummary, 'exact_accuracy' | 'accuracy'>, b: Pick<EvalSummary, 'exact_accuracy' | 'accuracy'>): boolean {
  return a.exact_accuracy > b.exact_accuracy || (a.exact_accuracy === b.exact_accuracy && a.accuracy > b.accuracy);
}

const columnNames = ['right', 'valid', 'exact', 'q_halt', 'q_continue', 'lm_loss', 'q_halt_loss'] as const;

/** The outputs of one supervision step that evaluation reads, [B] each. */
export type StepColumns = Readonly<Record<(typeof columnNames)[number], ArrayLike<number>>>;

/** These columns of a step's outputs. */
export const columnsOf = (outputs: HostTensors): StepColumns => Object.fromEntries(columnNames.map(name => [name, outputs[name]!.data])) as unknown as StepColumns;

const sigmoid = (q: number): number => 1 / (1 + Math.exp(-q));
const calibrationBins = 10;

/** Sums over puzzles; `add` each, then take the `summary`. */
export class EvaluationTally {
  private count = 0;
  private readonly cell: Float64Array;
  private readonly perStep: { exact: number; cell: number; p_halt: number; would_halt: number }[];
  private readonly bins = Array.from({ length: calibrationBins }, () => ({ predicted: 0, right: 0, count: 0 }));
  private lm = 0;
  private halt = 0;
  private agrees = 0;

  /**
   * For `rows` puzzles at most, each given `depth` supervision steps. Where `halting` acts in evaluation, a puzzle counts from then on
   * as it was when it halted, though it was taken further.
   */
  constructor(depth: number, rows: number, private readonly halting: Pick<Halting, 'threshold' | 'inEvaluation'>) {
    this.cell = new Float64Array(rows);
    this.perStep = Array.from({ length: depth }, () => ({ exact: 0, cell: 0, p_halt: 0, would_halt: 0 }));
  }

  /** Adds one puzzle from the columns of all its supervision steps; puzzles without a valid label do not count. */
  add(columns: readonly StepColumns[], row: number): void {
    const valid = columns[0]!.valid[row]!;
    if (valid === 0) return;
    const halt = columns.findIndex(({ q_halt, q_continue }) => wantsToHalt(this.halting, q_halt[row]!, q_continue[row]!));
    const shown = columns.map((column, k) => (this.halting.inEvaluation && halt >= 0 && k > halt ? columns[halt]! : column));
    shown.forEach(({ exact, right, q_halt }, k) => {
      const at = this.perStep[k]!;
      at.exact += exact[row]!;
      at.cell += right[row]! / valid;
      at.p_halt += sigmoid(q_halt[row]!);
    });
    if (halt >= 0) this.perStep[halt]!.would_halt++;
    const last = shown[shown.length - 1]!;
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

  /** Shares of the puzzles added, with 95 % intervals; all zero when there were none. */
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
      calibration: this.bins.filter(bin => bin.count).map(bin => ({ predicted: bin.predicted / bin.count, right: bin.right / bin.count, count: bin.count, interval: wilsonInterval(bin.right, bin.count) })),
    };
  }
}
