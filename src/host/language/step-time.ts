/**
 * How long an optimiser step of a config takes on this machine, from the runs of the workspace: measured, when one has trained the same
 * model on the same shape of data in the same batches where this config would be trained; else estimated from the run most like it,
 * by its operations per second.
 */
import { isDeepStrictEqual } from 'node:util';
import { resolveConfig, type ResolvedConfig } from '../../config/resolve';
import { configSchema } from '../../config/schema';
import type { MemoryPlace } from '../../model/memory';
import { flopsPerStep, type DataShape } from '../../model/shapes';
import { RunFolderError } from '../../runs/errors';
import { MetricsReader } from '../../runs/metrics-reader';
import type { RunSummary } from '../../runs/read-run';

/** What a run tells about time. */
export interface TimedRun {
  readonly name: string;
  readonly config: ResolvedConfig;
  readonly shape: DataShape;
  readonly engine: string;
  readonly onGpu: boolean;
  readonly forward_dtype: string;
  /** Median seconds of a step. */
  readonly seconds: number;
}

/** Seconds of a step, and how they are known. */
export interface StepTime {
  readonly seconds: number;
  /** The run it is taken from. */
  readonly run: string;
  readonly measured: boolean;
}

/** Steps that a run needs for its time to mean something; the first ones, in which an engine sets itself up, are left out. */
const enough = { warmUp: 3, steps: 5 };
/** Bytes of a run's metrics that are read: more than a hundred steps. */
const beginning = 1 << 16;
/** Runs that are looked at, newest first. */
const most = 50;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** The time of a run's steps, by the beginning of its metrics; null when it has too few, or is not one of this version. @throws RunFolderError */
async function timeOf({ dir, manifest }: RunSummary): Promise<TimedRun | null> {
  const { engine, dataset, name } = manifest;
  const parsed = configSchema.safeParse(manifest.config);
  if (!engine || !dataset || !parsed.success) return null;
  const seconds = (await new MetricsReader(dir, beginning).read()).flatMap(event => (event.kind === 'train' ? [event.seconds] : [])).slice(enough.warmUp);
  if (seconds.length < enough.steps) return null;
  const { vocab_size, seq_len, identifiers } = dataset.train;
  return {
    name, config: resolveConfig(parsed.data), shape: { vocab_size, seq_len, num_puzzle_identifiers: identifiers },
    engine: engine.name, onGpu: engine.gpu !== undefined, forward_dtype: engine.forward_dtype, seconds: median(seconds),
  };
}

/** What the runs of this machine tell; each is read once, and again only while it has told nothing yet. */
export class StepTimes {
  private readonly known = new Map<string, TimedRun>();

  /** @param host this machine's name, as runs record it */
  constructor(private readonly host: string) {}

  /** The runs that tell something, newest first. Runs that cannot be read tell nothing. */
  async of(runs: readonly RunSummary[]): Promise<TimedRun[]> {
    const timed: TimedRun[] = [];
    for (const run of runs.filter(({ manifest }) => manifest.owner.host === this.host).slice(0, most)) {
      const found = this.known.get(run.dir) ?? await timeOf(run).catch((error: unknown) => {
        if (error instanceof RunFolderError) return null;
        throw error;
      });
      if (!found) continue;
      this.known.set(run.dir, found);
      timed.push(found);
    }
    return timed;
  }
}

/** The batch and what it is computed with, as far as time depends on it. */
const batching = ({ global_batch_size, micro_batch_size, threads }: ResolvedConfig): unknown => ({ global_batch_size, micro_batch_size, threads });
const flops = (config: ResolvedConfig, shape: DataShape): number => flopsPerStep(config.arch, shape, config.global_batch_size);

/** The time of a step of this config there; null when no run tells anything about that engine. `runs`: newest first. */
export function stepTime(config: ResolvedConfig, shape: DataShape, place: Pick<MemoryPlace, 'engine' | 'device' | 'forward_dtype'>, runs: readonly TimedRun[]): StepTime | null {
  const alike = runs.filter(run => run.engine === place.engine && run.onGpu === (place.device === 'gpu') && run.forward_dtype === place.forward_dtype);
  const same = alike.find(run => run.shape.seq_len === shape.seq_len && run.shape.vocab_size === shape.vocab_size
    && isDeepStrictEqual(run.config.arch, config.arch) && isDeepStrictEqual(batching(run.config), batching(config)));
  if (same) return { seconds: same.seconds, run: same.name, measured: true };
  const own = flops(config, shape);
  const distance = (run: TimedRun): number => Math.abs(Math.log(flops(run.config, run.shape) / own));
  const [nearest] = [...alike].sort((a, b) => distance(a) - distance(b));
  return nearest ? { seconds: nearest.seconds * own / flops(nearest.config, nearest.shape), run: nearest.name, measured: false } : null;
}

/** The time of a step: "35 ms", "3.1 s". */
export function stepText(seconds: number): string {
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${Number(seconds.toPrecision(2))} s`;
}
