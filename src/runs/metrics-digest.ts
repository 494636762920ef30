/**
 * What a run measured, in few enough numbers to be read at once: its training steps in stretches of equal length with the means of each, all
 * its evaluations, the last of its alerts. Points of attempts that a resume took back are left out.
 */
import { MetricsReader, dropSuperseded } from './metrics-reader';
import { oneLine } from './read-json';
import { evaluationReport, type EvaluationReport } from './report';
import type { RunSummary } from './read-run';
import type { EvalEvent, MetricEvent, RunState, TrainEvent } from './schema';

type MarkerEvent = Extract<MetricEvent, { kind: 'marker' }>;

const measured = ['loss', 'lm_loss', 'q_halt_loss', 'accuracy', 'exact_accuracy', 'steps', 'grad_norm', 'lr', 'seconds'] as const;
/** A mean; null where no step of the stretch had the value. */
export type StretchMeans = Record<(typeof measured)[number], number | null>;
/** A stretch of training: its last step, how many steps are in it, and their means. */
export type Stretch = { readonly step: number; readonly steps_in: number } & StretchMeans;

/** A run's metrics in short. Seconds are of one step; accuracies are over the puzzles that halted in a step. */
export interface MetricsDigest {
  readonly last_step: number;
  readonly train: readonly Stretch[];
  /** The newest ones, oldest first, of `evals_in_all`. */
  readonly evals: readonly EvaluationReport[];
  readonly evals_in_all: number;
  readonly alerts: readonly { step: number; level: string; code: string; message: string }[];
}

/** Entries of each list at most, beside the stretches that were asked for. */
const most = { evals: 200, alerts: 20 };

class Bucket {
  last = 0;
  count = 0;
  private readonly sums = new Map<string, { sum: number; count: number }>();

  take(event: TrainEvent): void {
    this.last = Math.max(this.last, event.step);
    this.count++;
    for (const key of measured) {
      const value = event[key];
      if (value === null || !Number.isFinite(value)) continue;
      const so_far = this.sums.get(key) ?? { sum: 0, count: 0 };
      this.sums.set(key, { sum: so_far.sum + value, count: so_far.count + 1 });
    }
  }

  stretch(): Stretch {
    const means = Object.fromEntries(measured.map(key => {
      const found = this.sums.get(key);
      return [key, found ? Number((found.sum / found.count).toPrecision(5)) : null];
    })) as StretchMeans;
    return { step: this.last, steps_in: this.count, ...means };
  }
}

/** Takes in the events of a run that count, in their order. */
class Digester {
  private readonly buckets = new Map<number, Bucket>();
  private readonly evals: EvalEvent[] = [];
  private readonly alerts: Extract<MetricEvent, { kind: 'alert' }>[] = [];
  /** Markers that take events before them back. */
  readonly resumes: MarkerEvent[] = [];
  private readonly perBucket: number;

  /** @param steps training steps there are, or will be; `points`: stretches to make of them */
  constructor(steps: number, points: number) {
    this.perBucket = Math.max(1, Math.ceil(steps / points));
  }

  take(events: readonly MetricEvent[]): void {
    for (const event of events) {
      if (event.kind === 'train') {
        const at = Math.floor((event.step - 1) / this.perBucket);
        const bucket = this.buckets.get(at) ?? new Bucket();
        bucket.take(event);
        this.buckets.set(at, bucket);
      } else if (event.kind === 'eval') this.evals.push(event);
      else if (event.kind === 'alert') this.alerts.push(event);
      else if (event.kind === 'marker' && event.supersedes !== undefined) this.resumes.push(event);
    }
  }

  digest(): MetricsDigest {
    const train = [...this.buckets].sort(([a], [b]) => a - b).map(([, bucket]) => bucket.stretch());
    return {
      last_step: train.at(-1)?.step ?? 0, train,
      evals: this.evals.slice(-most.evals).map(evaluationReport), evals_in_all: this.evals.length,
      alerts: this.alerts.slice(-most.alerts).map(({ step, level, code, message }) => ({ step, level, code: oneLine(code), message: oneLine(message) })),
    };
  }
}

/**
 * Reads a run's metrics. Where it was resumed, twice: which of its events a resume takes back is known when all have been seen.
 * @param steps of run.json, so far
 * @throws RunFolderError; the signal's reason
 */
export async function digestMetrics(dir: string, steps: number, points: number, signal?: AbortSignal): Promise<MetricsDigest> {
  const resumes: MarkerEvent[] = [];
  const read = async (): Promise<Digester> => {
    const digester = new Digester(steps, points);
    await new MetricsReader(dir).readAll(events => digester.take(dropSuperseded([...resumes, ...events])), signal);
    return digester;
  };
  const first = await read();
  resumes.push(...first.resumes);
  return (resumes.length === 0 ? first : await read()).digest();
}

/** A run's metrics in short, as `trm runs metrics --json` prints them. @throws RunFolderError; the signal's reason */
export async function metricsReport({ dir, manifest, state }: RunSummary, points: number, signal?: AbortSignal): Promise<MetricsDigest & { readonly run: string; readonly state: RunState }> {
  return { run: manifest.id, state, ...await digestMetrics(dir, manifest.step, points, signal) };
}
