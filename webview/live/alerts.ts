/** What alerts are called on the charts, and which chart shows what each is about. */
import type { RunStore } from './run-store';

/** An alert of a run. */
export type Alert = RunStore['alerts'][number];

const known: Readonly<Record<string, { readonly title: string; readonly chart: string }>> = {
  loss_spike: { title: 'loss spike', chart: 'loss' },
  eval_falling: { title: 'evaluation falls', chart: 'accuracy' },
  halting_first: { title: 'all halt first', chart: 'halting-strip' },
  halting_last: { title: 'all halt last', chart: 'halting-strip' },
  gpu_idle: { title: 'GPU idle', chart: 'load' },
  memory: { title: 'memory', chart: 'memory' },
};

/** Id of the chart where an alert is looked at. */
export const chartOf = ({ code }: Alert): string => (Object.hasOwn(known, code) ? known[code]!.chart : 'loss');

/** An alert in a word or two. */
export const titleOf = ({ code, level }: Alert): string => (Object.hasOwn(known, code) ? known[code]!.title : level);
