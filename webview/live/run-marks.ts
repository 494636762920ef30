/** Markers and alerts of a run as happenings on the time axis, each with a shape of its own and a line of words. */
import type { Mark } from '../charts/marks';
import { chartOf, isMarked, titleOf } from './alerts';
import type { RunStore, XKind } from './run-store';

/** The colours of a theme that marks are drawn in. */
export interface MarkColors { readonly foreground: string; readonly muted: string; readonly success: string; readonly warning: string; readonly error: string }

/** The happenings of a run, in order; an alert is named on the chart it is about, if that is `chart`, and on every chart if it is about none. */
export function runMarks(run: RunStore, x: XKind, theme: MarkColors, chart: string): Mark[] {
  const best = run.markers.findLast(({ marker }) => marker === 'best');
  const marks: Mark[] = [];
  for (const event of run.markers) {
    const at = { x: event[x] };
    switch (event.marker) {
      case 'start': break;
      case 'resume': marks.push({ ...at, text: `resumed${event.supersedes === undefined ? '' : ` from step ${event.supersedes}`}`, color: theme.foreground, look: { kind: 'line', dash: [5, 3] } }); break;
      case 'paused': marks.push({ ...at, text: 'paused', color: theme.muted, look: { kind: 'line', dash: [1, 3] } }); break;
      case 'continued': marks.push({ ...at, text: 'continued', color: theme.muted, look: { kind: 'line', dash: [1, 3] } }); break;
      case 'best': if (event === best) marks.push({ ...at, text: 'best checkpoint so far', color: theme.success, look: { kind: 'foot', shape: 'star' } }); break;
      case 'checkpoint': if (event.step !== best?.step) marks.push({ ...at, text: 'checkpoint', color: theme.muted, look: { kind: 'foot', shape: 'rectRot' } }); break;
      case 'end': marks.push({ ...at, text: event.text ?? 'end', color: theme.muted, look: { kind: 'line', dash: [] } }); break;
    }
  }
  for (const alert of run.alerts) {
    if (!isMarked(alert)) continue;
    marks.push({ x: alert[x], text: `${alert.level}: ${alert.message}`, ...((chartOf(alert) ?? chart) === chart ? { label: titleOf(alert) } : {}), color: alert.level === 'error' ? theme.error : theme.warning, look: { kind: 'line', dash: [2, 2], head: 'triangle' } });
  }
  return marks.sort((a, b) => a.x - b.x);
}
