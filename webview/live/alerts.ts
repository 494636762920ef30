/** What alerts are called on the charts, which chart shows what each is about, and which are on no chart. */
import type { RunStore } from './run-store';

/** An alert of a run. */
export type Alert = RunStore['alerts'][number];

interface Known {
  readonly title: string;
  /** Left out: it is about no chart. */
  readonly chart?: string;
}

const known: Readonly<Record<string, Known>> = {
  loss_spike: { title: 'loss spike', chart: 'loss' },
  non_finite: { title: 'loss is not finite', chart: 'loss' },
  eval_falling: { title: 'evaluation falls', chart: 'accuracy' },
  halting_first: { title: 'all halt first', chart: 'halting-strip' },
  halting_last: { title: 'all halt last', chart: 'halting-strip' },
  gpu_idle: { title: 'GPU idle', chart: 'load' },
  memory: { title: 'little memory', chart: 'memory' },
  failed: { title: 'failed' },
  disk_low: { title: 'disk nearly full' },
  disk_full: { title: 'disk full' },
  read_only: { title: 'disk is read-only' },
  io: { title: 'disk cannot be written' },
  engine: { title: 'another engine' },
  data: { title: 'data' },
  bad_checkpoint: { title: 'damaged checkpoint' },
  load_checkpoint: { title: 'initial weights' },
};

const knownOf = ({ code }: Alert): Known | undefined => (Object.hasOwn(known, code) ? known[code] : undefined);

/** Id of the chart that an alert is about; undefined when it is about none, or nobody knows. */
export const chartOf = (alert: Alert): string | undefined => knownOf(alert)?.chart;

/** An alert in a word or two. */
export const titleOf = (alert: Alert): string => knownOf(alert)?.title ?? alert.level;

/** Whether the charts show it: the others only stand in the list. */
export const isMarked = ({ level }: Alert): boolean => level !== 'info';
