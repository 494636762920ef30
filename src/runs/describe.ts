/**
 * Runs and accuracies in words: one wording for the command line and the editor.
 */
import { oneLine } from './read-json';
import type { RunSummary } from './read-run';
import type { EvalSummary, RunState } from './schema';

/** What a live trainer says of itself, as far as it is told here. */
export interface LiveStatus {
  readonly step: number;
  readonly totalSteps: number | null;
  readonly activity: string;
  readonly stepsPerSecond: number | null;
  /** Seconds. */
  readonly eta: number | null;
}

/** A share in percent: "94.0 %". "0 %" and "100 %" are said only when that is exactly so. */
export function shareText(share: number): string {
  if (!Number.isFinite(share)) return 'unknown';
  if (share <= 0 || share >= 1) return `${share * 100} %`;
  return `${Math.min(Math.max(100 * share, 0.1), 99.9).toFixed(1)} %`;
}

/** "94.0 % exact (188 of 200; 89.8-96.5 %)": the share of puzzles that are wholly right, with its 95 % interval. */
export function accuracyText(evaluation: Pick<EvalSummary, 'exact_accuracy' | 'exact_count' | 'count' | 'exact_interval'>): string {
  const [low, high] = evaluation.exact_interval;
  return `${shareText(evaluation.exact_accuracy)} exact (${evaluation.exact_count} of ${evaluation.count}; ${(100 * low).toFixed(1)}-${(100 * high).toFixed(1)} %)`;
}

/** A time span in words: "40 s", "12 min", "3 h 5 min", "2 d 4 h". */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'an unknown time';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  if (minutes < 36 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A state in a person's words. */
export function stateText(state: RunState, host: string, lastSeen: Date | null): string {
  if (state !== 'lost') return state;
  return `lost contact with ${oneLine(host, 60)}${lastSeen ? ` (last seen ${lastSeen.toISOString().slice(0, 16).replace('T', ' ')} UTC)` : ''}`;
}

/** What it does, where that is worth a word; null where its state says it. */
export function activityText({ activity }: Pick<LiveStatus, 'activity'>, state: RunState): string | null {
  return state === 'pending' || (state === 'running' && activity !== 'training') ? oneLine(activity, 80) : null;
}

/** What a run does that does not train yet, and how long that takes: "making the dataset, 43 %, about 2 min left". */
export const preparingText = ({ activity, eta }: Pick<LiveStatus, 'activity' | 'eta'>): string => `${oneLine(activity, 80)}${eta === null ? '' : `, about ${durationText(eta)} left`}`;

/** "running, step 120 of 400, 3.1 steps/s, about 2 min left, best 94.0 % exact (188 of 200; 89.8-96.5 %)". */
export function runStatusLine(run: Pick<RunSummary, 'manifest' | 'state' | 'lastSeen' | 'best'>, live?: LiveStatus): string {
  const { manifest, state, best } = run;
  const step = live?.step ?? manifest.step;
  const total = live?.totalSteps ?? manifest.total_steps;
  const parts = [stateText(state, manifest.owner.host, run.lastSeen)];
  if (state !== 'pending' || step > 0 || total !== null) parts.push(`step ${step}${total === null ? '' : ` of ${total}`}`);
  const activity = live && activityText(live, state);
  if (activity) parts.push(activity);
  if (live?.stepsPerSecond) parts.push(`${live.stepsPerSecond.toPrecision(2)} steps/s`);
  if (live && live.eta !== null && live.eta > 0) parts.push(`about ${durationText(live.eta)} left`);
  if (best) parts.push(`best ${accuracyText(best.eval)}`);
  if (manifest.failure && state === 'failed') parts.push(oneLine(manifest.failure.message));
  return parts.join(', ');
}

/** What a person said about a run, as words that end its line: "pinned", "#baseline" */
export function labelWords({ pinned, manifest: { tags } }: Pick<RunSummary, 'manifest' | 'pinned'>): string[] {
  return [...(pinned ? ['pinned'] : []), ...tags.map(tag => `#${oneLine(tag, 40)}`)];
}
