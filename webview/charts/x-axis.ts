/**
 * What the horizontal axis can count: plain numbers (steps, examples), seconds as durations, Unix seconds as clock time.
 * Each knows its round values and how to write them; chart.js only knows decimal ones.
 */
import { formatClock, formatCount, formatDuration, formatTick } from '../shared/format';

/** A kind of horizontal axis. */
export interface XAxis {
  readonly id: string;
  /** With the unit: "Process time". */
  readonly title: string;
  /** Whether values lie on it by their logarithm. Those of 0 have no place on it. */
  readonly log: boolean;
  /** A value in full, for a readout. */
  format(value: number): string;
  /** A value on the axis. `step` is the distance between two ticks. */
  tick(value: number, step: number): string;
  /** Round values inside [min, max], at most `count`. */
  ticks(min: number, max: number, count: number): number[];
}

/** An axis that counts things. */
export function countAxis(id: string, title: string, log = false): XAxis {
  return { id, title, log, format: formatCount, tick: formatTick, ticks: log ? spread(decimalSteps, roundCounts) : roundCounts };
}

/** An axis of seconds since a start. */
export function durationAxis(id: string, title: string, log = false): XAxis {
  return { id, title, log, format: formatDuration, tick: value => (value === 0 ? '0' : formatDuration(value)), ticks: log ? spread(clockSteps, roundSeconds) : roundSeconds };
}

/** An axis of Unix seconds, written in local time. */
export function clockAxis(id: string, title: string): XAxis {
  return {
    id, title, log: false,
    format: value => formatClock(value, true),
    tick: (value, step) => (step >= 86_400 ? formatClock(value, true).slice(5, 10) : formatClock(value).slice(0, step >= 60 ? 5 : 8)),
    ticks: (min, max, count) => {
      const shift = new Date(min * 1000).getTimezoneOffset() * 60;
      return roundSeconds(min - shift, max - shift, count).map(value => value + shift);
    },
  };
}

/** Round numbers at which a logarithmic axis may have ticks, from many to few. */
const decimalSteps: readonly (readonly number[])[] = [[1, 2, 5], [1, 3], [1]].map(steps => Array.from({ length: 13 }, (_, power) => steps.map(step => step * 10 ** power)).flat());
const clockSteps: readonly (readonly number[])[] = [
  [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 18_000, 36_000, 86_400, 172_800, 432_000, 864_000],
  [0.1, 1, 10, 60, 600, 3_600, 36_000, 86_400, 864_000], [1, 60, 3_600, 86_400],
];

/** Ticks of a logarithmic axis: the first of these lists that has room; in a window too narrow for any of them, those of a linear one. */
function spread(lists: readonly (readonly number[])[], narrow: XAxis['ticks']): XAxis['ticks'] {
  return (min, max, count) => {
    const inside = lists.map(list => list.filter(value => value >= min && value <= max));
    if (inside[0]!.length < 2) return narrow(min, max, count);
    return inside.find(values => values.length <= count) ?? inside.at(-1)!;
  };
}

/** Round whole numbers inside [min, max], at most `count`. */
export function roundCounts(min: number, max: number, count: number): number[] {
  const least = Math.max(1, (max - min) / Math.max(1, count));
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 2.5, 5, 10].map(size => size * power).find(size => size >= least && Number.isInteger(size)) ?? 10 * power;
  const ticks: number[] = [];
  for (let value = Math.ceil(min / step) * step; value <= max; value += step) ticks.push(value);
  return ticks;
}

const roundSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800];

/** Round numbers of seconds, minutes, hours or days inside [min, max], at most `count`. */
export function roundSeconds(min: number, max: number, count: number): number[] {
  const least = (max - min) / Math.max(1, count - 1);
  const step = least < 1
    ? 10 ** Math.ceil(Math.log10(Math.max(least, 1e-6)))
    : roundSteps.find(size => size >= least) ?? Math.ceil(least / 604_800) * 604_800;
  const ticks: number[] = [];
  for (let value = Math.ceil(min / step) * step; value <= max; value += step) ticks.push(value);
  return ticks;
}
