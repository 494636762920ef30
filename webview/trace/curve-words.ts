/** Accuracy against depth in words: over how many puzzles, how far it is, and what it found. */
import type { CurveState } from '../../src/protocol/inspector';
import { formatDuration, formatPercent } from '../shared/format';

/** A curve of some puzzles. */
export type Curve = NonNullable<CurveState['curve']>;

/** A share with its count and 95 % interval at a number of supervision steps. */
function shareAt({ points, count }: Curve, k: number): string {
  const point = points.find(p => p.k === k);
  if (!point || count === 0) return '';
  const [low, high] = point.exact_interval;
  return `${formatPercent(point.exact_count / count)} (${point.exact_count} of ${count}; 95 % interval ${formatPercent(low)} to ${formatPercent(high)})`;
}

/** What measuring is doing. */
export function workingWords({ text, fraction, secondsLeft }: NonNullable<CurveState['working']>): string {
  return [text, fraction === null ? '' : `${Math.floor(100 * fraction)} %`, secondsLeft === null ? '' : `about ${formatDuration(Math.max(1, Math.round(secondsLeft)))} left`].filter(Boolean).join(' · ');
}

/** What a curve says; one of fewer puzzles than were asked for says so first. */
export function curveWords(curve: Curve, cancelled: boolean): string {
  const { count, wanted, total, weights, step, halt_max_steps, points } = curve;
  const whose = `${weights === 'ema' ? 'EMA weights' : 'weights'}${step === null ? '' : ` of step ${step}`}`;
  const of = count < wanted ? `${cancelled ? 'Ended early: ' : 'So far: '}${count} of ${wanted} puzzles` : `${count} of ${total} test puzzles`;
  if (count === 0) return `${of}, ${whose}.`;
  // Of equal ones the first: more steps than it takes gain nothing.
  const highest = points.reduce((best, point) => (point.exact_count > best.exact_count ? point : best));
  const trained = highest.k === halt_max_steps || halt_max_steps > curve.depth ? '' : ` At the depth of training, ${halt_max_steps}: ${shareAt(curve, halt_max_steps)}.`;
  return `${of}, ${whose}. Puzzle accuracy is highest at ${highest.k} supervision ${highest.k === 1 ? 'step' : 'steps'}${highest.k === halt_max_steps ? ' (the depth of training)' : ''}: ${shareAt(curve, highest.k)}.${trained}`;
}
