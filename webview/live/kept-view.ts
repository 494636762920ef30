/**
 * How the reader left the page, beyond what the host keeps for all views: kept by VS Code for this view while it is hidden and
 * over reloads. A part that is missing, or of an older form, is as in a new view.
 */
import type { Span } from '../charts/span';

/** See the file's head. */
export interface KeptView {
  /** Runs chosen, focus first; none: following what is trained. */
  runs: string[];
  /** What was zoomed to, of which run in focus and on which axis; null: following. */
  zoom: { readonly run: string; readonly axis: string; readonly span: Span } | null;
  /** Metrics switched on or off, and the metric compared, by chart. */
  switched: Record<string, Record<string, boolean>>;
  chosen: Record<string, string>;
  /** Whether the list of runs and that of alerts are open. */
  runsOpen: boolean;
  alertsOpen: boolean;
}

/** What is kept, from what VS Code gives back. */
export function keptView(saved: unknown): KeptView {
  const kept = (typeof saved === 'object' && saved !== null ? saved : {}) as Partial<KeptView>;
  return {
    runs: Array.isArray(kept.runs) ? kept.runs : [], zoom: kept.zoom ?? null, switched: { ...kept.switched }, chosen: { ...kept.chosen },
    runsOpen: kept.runsOpen === true, alertsOpen: kept.alertsOpen === true,
  };
}
