/**
 * Runs as the editor shows them: icon, words and numbers of a state, and the header of a run's charts. Everything is words
 * first; icons and colours only repeat them.
 */
import { accuracyText, activityText, durationText, labelWords, runStatusLine, shareText, stateText } from '../runs/describe';
import { oneLine } from '../runs/read-json';
import type { RunSummary } from '../runs/read-run';
import type { RunState } from '../runs/schema';
import { hasOneStep } from '../model/shapes';
import type { RunHeader } from '../protocol/charts';
import { maxDepth } from '../protocol/control';
import type { TrainerStatus } from '../protocol/control';

/** Whether a process is at work on it, as far as can be told. */
export function isLive(state: RunState): boolean {
  return state === 'pending' || state === 'running' || state === 'paused';
}

/** Whether Resume Run does something for it; also for one that `stop_when` ended before its last step. */
export function isResumable({ state, manifest: { step, total_steps } }: Pick<RunSummary, 'state' | 'manifest'>): boolean {
  if (state === 'finished') return total_steps !== null && step < total_steps;
  return state === 'queued' || state === 'paused' || state === 'stopped' || state === 'failed' || state === 'crashed' || state === 'lost';
}

/** Codicon and theme colour of a state. */
export function stateIcon(state: RunState): { icon: string; color: string | null } {
  switch (state) {
    case 'queued': return { icon: 'list-ordered', color: null };
    case 'pending': return { icon: 'clock', color: null };
    case 'running': return { icon: 'sync~spin', color: 'charts.blue' };
    case 'paused': return { icon: 'debug-pause', color: 'charts.yellow' };
    case 'finished': return { icon: 'pass', color: 'charts.green' };
    case 'failed': return { icon: 'error', color: 'charts.red' };
    case 'stopped': return { icon: 'debug-stop', color: null };
    case 'crashed': return { icon: 'warning', color: 'charts.red' };
    case 'lost': return { icon: 'debug-disconnect', color: 'charts.yellow' };
  }
}

/** Share of the steps done, 0..1; null when the total is not known. */
export function progressOf(run: Pick<RunSummary, 'manifest'>, status: TrainerStatus | null): number | null {
  const total = status?.totalSteps ?? run.manifest.total_steps;
  if (total === null || total <= 0) return null;
  return Math.min(1, Math.max(status?.step ?? 0, run.manifest.step) / total);
}

/** What follows the name in the Runs tree: "running, 30 %, best 94.0 % exact, pinned, #baseline". */
export function runDescription(run: Pick<RunSummary, 'manifest' | 'state' | 'lastSeen' | 'best' | 'pinned'>, status: TrainerStatus | null): string {
  const progress = progressOf(run, status);
  const parts = [stateText(run.state, run.manifest.owner.host, run.lastSeen)];
  const activity = status && run.state === 'pending' ? activityText(status, run.state) : null;
  if (activity !== null) parts.push(activity);
  if (progress !== null && run.state !== 'finished') parts.push(`${Math.floor(progress * 100)} %`);
  if (run.best) parts.push(`best ${shareText(run.best.eval.exact_accuracy)} exact`);
  return [...parts, ...labelWords(run)].join(', ');
}

/** A detail of a run: name and value. */
export type Detail = readonly [name: string, value: string];

/** A run in a few lines, for tooltips. All of it comes from a file: show it as text. */
export function runDetails(run: Pick<RunSummary, 'manifest' | 'state' | 'lastSeen' | 'best' | 'warnings'>, status: TrainerStatus | null): Detail[] {
  const { manifest, best } = run;
  const details: Detail[] = [['', runStatusLine({ ...run, best: null }, status ?? undefined)]];
  if (best) details.push(['best', `${accuracyText(best.eval)}, step ${best.eval.step}`]);
  if (manifest.engine) details.push(['engine', `${manifest.engine.name} on ${manifest.engine.device}, ${manifest.engine.forward_dtype}`]);
  if (manifest.parameters) details.push(['parameters', (manifest.parameters.dense + manifest.parameters.puzzle_emb).toLocaleString('en-US')]);
  details.push(['config', manifest.config_path]);
  if (manifest.parent) details.push(['forked from', `${manifest.parent.run}, step ${manifest.parent.step}`]);
  if (manifest.tags.length > 0) details.push(['tags', manifest.tags.join(', ')]);
  if (manifest.notes !== '') details.push(['notes', oneLine(manifest.notes, 300)]);
  if (manifest.process_seconds > 0) details.push(['process time', durationText(manifest.process_seconds)]);
  if (manifest.failure) details.push(['what to do', manifest.failure.next]);
  if (manifest.finished_because) details.push(['finished', manifest.finished_because]);
  for (const warning of run.warnings) details.push(['warning', warning]);
  return details;
}

/** Text for the status bar while a run is live: name, percent, steps per second; what it does while it prepares. */
export function statusBarText(run: Pick<RunSummary, 'manifest' | 'state'>, status: TrainerStatus | null, more: number): string {
  const progress = progressOf(run, status);
  const icon = run.state === 'paused' ? '$(debug-pause)' : '$(sync~spin)';
  const activity = status && run.state === 'pending' ? activityText(status, run.state) : null;
  const parts = [`${icon} TRM`, activity ?? (progress === null ? run.state : `${Math.floor(progress * 100)} %`)];
  if (status?.stepsPerSecond && run.state === 'running') parts.push(`${status.stepsPerSecond.toPrecision(2)} steps/s`);
  if (more > 0) parts.push(`(+${more})`);
  return parts.join(' ');
}

function archKey(config: Record<string, unknown>, key: string): unknown {
  const arch = config['arch'];
  return typeof arch === 'object' && arch !== null ? (arch as Record<string, unknown>)[key] : undefined;
}

/** The most supervision steps that a manifest's model can be asked for. */
export const depthLimit = (config: Record<string, unknown>): number => (hasOneStep(archKey(config, 'name')) ? 1 : maxDepth);

/** `halt_max_steps` of a manifest's config; 16, its default, when the config does not say, and at most what can be asked for. */
export function haltMaxSteps(config: Record<string, unknown>): number {
  const value = archKey(config, 'halt_max_steps');
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 ? Math.min(value, maxDepth) : 16;
}

/** Why a run finished before its last step, or ''. */
function endedEarly({ manifest, state }: RunSummary): string {
  const early = state === 'finished' && manifest.total_steps !== null && manifest.step < manifest.total_steps;
  return early ? manifest.finished_because ?? '' : '';
}

/** What heads a run's charts. `last` is the newest point drawn; `unreadable` says why its metrics cannot be read. */
export function runHeader(run: RunSummary, status: TrainerStatus | null, last: { step: number } | null, unreadable: RunHeader['unreadable'] = null): RunHeader {
  const { manifest, state } = run;
  return {
    id: manifest.id, name: manifest.name, state,
    status: [runStatusLine({ ...run, best: null }, status ?? undefined), endedEarly(run)].filter(part => part !== '').join(', '), // the page says the best elsewhere
    step: Math.max(manifest.step, status?.step ?? 0, isLive(state) ? last?.step ?? 0 : 0),
    totalSteps: status?.totalSteps ?? manifest.total_steps,
    engine: manifest.engine ? `${manifest.engine.name}, ${manifest.engine.device}, ${manifest.engine.forward_dtype}` : '',
    haltMaxSteps: haltMaxSteps(manifest.config),
    best: run.best?.eval ?? null,
    failure: manifest.failure && state === 'failed' ? { message: manifest.failure.message, next: manifest.failure.next } : null,
    unreadable,
  };
}

/** The header of a run whose folder is not there yet. */
export function startingHeader(run: { id: string; name: string }): RunHeader {
  return { id: run.id, name: run.name, state: 'pending', status: 'starting', step: 0, totalSteps: null, engine: '', haltMaxSteps: 16, best: null, failure: null, unreadable: null };
}
