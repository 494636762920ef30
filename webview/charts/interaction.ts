/**
 * How a chart of a group is handled: the pointer moves the crosshair, dragging selects a window, shift-drag and Shift with an arrow
 * key pan, Ctrl (or Cmd) with the wheel zooms, a double click returns to following. Each acts on the whole group, so a zoom in one chart is a
 * zoom in all.
 */
import type { Chart } from './register';
import type { ChartGroup, GroupMember } from './group';
import { fade } from './scales';
import type { Theme } from '../shared/theme';
import type { KeyAction } from './panel';
import { shareIn, valueIn } from './span';
import type { Span } from './span';

/** Part of the window that a key pans by. */
const panShare = 0.25;

/** Options for chartjs-plugin-zoom that hand every zoom and pan to the group. */
export function zoomOptions(group: ChartGroup, theme: Theme): object {
  const share = ({ chart }: { chart: Chart }): void => {
    const x = chart.scales['x'];
    if (x !== undefined) group.zoom({ min: x.min, max: x.max });
  };
  return {
    zoom: {
      mode: 'x',
      wheel: { enabled: true, modifierKey: navigator.userAgent.includes('Mac') ? 'meta' : 'ctrl', speed: 0.15 },
      pinch: { enabled: true },
      drag: { enabled: true, threshold: 6, backgroundColor: fade(theme.focus, 0.2), borderColor: theme.focus, borderWidth: 1 },
      onZoom: share,
    },
    pan: { enabled: true, mode: 'x', modifierKey: 'shift', onPan: share },
    limits: { x: { minRange: 1e-3 } },
  };
}

/** Lets the pointer over `plot` move the group's crosshair, and a double click follow again. */
export function handlePointer(plot: HTMLElement, chart: Chart, group: ChartGroup, member: GroupMember): void {
  plot.addEventListener('pointermove', event => {
    const x = chart.scales['x'];
    if (x === undefined) return;
    const at = event.clientX - plot.getBoundingClientRect().left;
    if (at < x.left || at > x.right) group.crosshair(null);
    else group.crosshair(x.getValueForPixel(at) ?? null, member);
  });
  plot.addEventListener('pointerleave', () => group.crosshair(null));
  plot.addEventListener('blur', () => group.crosshair(null));
  plot.addEventListener('dblclick', () => group.follow());
}

/**
 * Does what a key asks of the group.
 * @param stops the ascending x values the crosshair stops at.
 * @param pixels width of the plot: with many points a stop is a pixel, not a point.
 * @returns whether the crosshair now stands on a value.
 */
export function pressKey(action: KeyAction, group: ChartGroup, member: GroupMember, stops: { readonly length: number; at(i: number): number; nearest(x: number): number; lowerBound(x: number): number }, pixels: number): boolean {
  const span = group.span();
  const center = group.crosshairAt ?? valueIn(span)(0.5);
  switch (action) {
    case 'reset': group.crosshair(null); group.follow(); return false;
    case 'zoomIn': group.zoom(scaled(span, center, 0.7)); break;
    case 'zoomOut': group.zoom(scaled(span, center, 1 / 0.7)); break;
    case 'panLeft': group.pan(-panShare); return false;
    case 'panRight': group.pan(panShare); return false;
    case 'left': case 'right': case 'farLeft': case 'farRight': case 'first': case 'last': {
      const first = stops.lowerBound(span.min);
      const last = Math.max(first, stops.lowerBound(span.max + (span.max - span.min) * 1e-9 + Number.EPSILON) - 1);
      const pace = Math.max(1, Math.round((last - first) / Math.max(1, pixels / 2)));
      const from = group.crosshairAt === null ? (action === 'right' || action === 'farRight' ? first - pace : last + pace) : stops.nearest(group.crosshairAt);
      const to = { left: from - pace, right: from + pace, farLeft: from - 10 * pace, farRight: from + 10 * pace, first, last }[action];
      const x = stops.at(Math.min(last, Math.max(first, to)));
      if (Number.isNaN(x)) return false;
      group.crosshair(x, member);
    }
  }
  return group.crosshairAt !== null;
}

function scaled(span: Span, center: number, factor: number): Span {
  const [share, value] = [shareIn(span)(center), valueIn(span)];
  return { min: value(share * (1 - factor)), max: value(share + (1 - share) * factor) };
}
