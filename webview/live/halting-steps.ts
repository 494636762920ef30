/** Which training steps the halting measured last is of. */
import type { RunStore } from './run-store';

/**
 * The training steps, both ends among them, that the run's latest `halting` event sums up: from the event before it on, or from where its
 * attempt began. Null when nothing was measured.
 */
export function latestHaltingSteps({ haltingEvents, markers }: Pick<RunStore, 'haltingEvents' | 'markers'>): { readonly from: number; readonly to: number } | null {
  const latest = haltingEvents.at(-1);
  if (latest === undefined) return null;
  const began = markers.findLast(({ attempt, marker }) => attempt === latest.attempt && (marker === 'start' || marker === 'resume'));
  return { from: Math.max(haltingEvents.at(-2)?.step ?? 0, began?.step ?? 0) + 1, to: latest.step };
}
