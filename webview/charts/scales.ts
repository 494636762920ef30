/**
 * Axes as all charts draw them: thin grid, small muted labels, a left margin of one width, so that the plots of a column line up
 * and the crosshair is one straight line through them.
 */
import type { ChartOptions } from 'chart.js';
import { color } from 'chart.js/helpers';
import type { Theme } from '../shared/theme';
import { logTicks } from './log-ticks';
import type { Span } from './span';
import type { XAxis } from './x-axis';

/** CSS pixels left of every plot. */
export const leftMargin = 48;

/** Options of the scales of a chart. */
export type Scales = NonNullable<ChartOptions<'line' | 'bar' | 'scatter'>['scales']>;
/** Options of one of them. */
export type ScaleOptions = NonNullable<Scales[string]>;

/** A colour at a share (0..1) of its opacity. */
export function fade(css: string, share: number): string {
  return color(css).alpha(share).rgbString();
}

/** Grid lines, border and label colours of an axis. */
export function axisLook(theme: Theme) {
  return {
    grid: { color: theme.highContrast ? fade(theme.grid, 0.35) : fade(theme.foreground, 0.09), tickLength: 3, drawTicks: false },
    border: { color: theme.highContrast ? theme.border : fade(theme.foreground, 0.25) },
    ticks: { color: theme.muted, font: { family: theme.fontFamily, size: 10.5 }, padding: 4, maxRotation: 0, autoSkip: true, autoSkipPadding: 12, includeBounds: false },
  };
}

/** Horizontal axis over `span`. */
export function xScale(axis: XAxis, span: Span, theme: Theme): ScaleOptions {
  const look = axisLook(theme);
  return {
    type: span.log === true ? 'logarithmic' : 'linear', min: span.min, max: span.max, ...look,
    ticks: {
      ...look.ticks,
      callback: (value, _index, ticks) => axis.tick(Number(value), ticks.length > 1 ? ticks[1]!.value - ticks[0]!.value : 1),
    },
    afterBuildTicks: scale => {
      const room = Math.max(2, Math.min(9, Math.floor((scale.chart.width - leftMargin) / 58)));
      scale.ticks = axis.ticks(scale.min, scale.max, room).map(value => ({ value }));
    },
  };
}

/** Vertical axis. `min` and `max` bind when given; what a logarithmic axis labels: log-ticks.ts. */
export function yScale(options: { log: boolean; min?: number | undefined; max?: number | undefined; tick: (value: number) => string; whole?: boolean }, theme: Theme): ScaleOptions {
  const look = axisLook(theme);
  const shared = {
    ...look,
    ...(options.min === undefined ? {} : { min: options.min }), ...(options.max === undefined ? {} : { max: options.max }),
    afterFit: (scale: { width: number }) => { scale.width = leftMargin; },
  };
  if (!options.log) {
    return { type: 'linear', ...shared,
      ticks: { ...look.ticks, maxTicksLimit: 6, ...(options.whole === true ? { precision: 0 } : {}), callback: value => options.tick(Number(value)) } };
  }
  return { type: 'logarithmic', ...shared,
    afterBuildTicks: scale => { scale.ticks = logTicks(scale.ticks, scale.min, scale.max); },
    ticks: { ...look.ticks, autoSkipPadding: 4, callback: value => options.tick(Number(value)) } };
}
