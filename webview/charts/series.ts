/**
 * One quantity over time: the values as they came, their smoothed copy, and for both the extremes that make drawing cheap.
 * The x values live in columns of their own, since many series share them and the reader chooses among several.
 */
import { Column } from './column';
import { Extremes } from './decimate';
import type { Point } from './decimate';
import { Smoothed } from './smoothing';
import { shareIn } from './span';
import type { Span } from './span';

/** A growing series of values. */
export class Series {
  readonly values = new Column(64, 'single');
  readonly #extremes = new Extremes(this.values);
  #any = false;
  #smooth: { smoothed: Smoothed; extremes: Extremes } | undefined;

  /** Appends; null and NaN: no value. */
  push(value: number | null | undefined): void {
    this.values.push(value);
    this.#any ||= typeof value === 'number' && !Number.isNaN(value);
  }

  /** Makes room for `more` values that are about to be pushed. */
  reserve(more: number): void {
    this.values.reserve(more);
  }

  /** Whether any value was ever there. */
  get hasValues(): boolean {
    return this.#any;
  }

  /** Keeps the first `length` values. */
  truncate(length: number): void {
    if (length >= this.values.length) return;
    this.values.truncate(length);
    this.#extremes.truncate(length);
    this.#smooth = undefined; // an average cannot be taken back; this happens once per resumed run
  }

  /** The value at `index` after smoothing with `weight`; when it is not there, the nearest one before it. */
  valueAt(index: number, weight: number): number {
    const values = weight > 0 ? this.#smoothed(weight).smoothed.values : this.values;
    for (let i = index; i >= 0 && i > index - 1000; i -= 1) {
      const value = values.at(i);
      if (!Number.isNaN(value)) return value;
    }
    return Number.NaN;
  }

  /** The points to draw over `span` on a plot `pixels` wide, one more on either side so that the line runs to the edges. */
  points(x: Column, span: Span, pixels: number, weight: number): Point[] {
    const { from, to } = visible(x, span);
    const extremes = weight > 0 ? this.#smoothed(weight).extremes : this.#extremes;
    return extremes.decimate(x, from, to, span, pixels);
  }

  #smoothed(weight: number): { smoothed: Smoothed; extremes: Extremes } {
    if (this.#smooth?.smoothed.weight !== weight) {
      const smoothed = new Smoothed(this.values, weight);
      this.#smooth = { smoothed, extremes: new Extremes(smoothed.values) };
    }
    this.#smooth.smoothed.catchUp();
    return this.#smooth;
  }
}

/**
 * Index of the value that stands at `at`: the nearest one. -1 before the first value, and beyond the last one by more than the distance between two
 * values and than a pixel: what came to an end earlier than others has no value where only they go on.
 * @param pixels width of the plot over `span`
 */
export function standingAt(x: Column, at: number, span: Span, pixels: number): number {
  const end = x.length - 1;
  const beyond = at - x.last;
  if (end < 0 || at < x.at(0)) return -1;
  if (beyond <= 0 || (end > 0 && beyond <= x.last - x.at(end - 1))) return x.nearest(at);
  const share = shareIn(span);
  return (share(at) - share(x.last)) * pixels <= 1 ? end : -1;
}

/** Indices [from, to) of an ascending column inside `span`, and one more on either side. */
export function visible(x: Column, span: Span): { from: number; to: number } {
  return { from: Math.max(0, x.lowerBound(span.min) - 1), to: Math.min(x.length, x.lowerBound(span.max) + 1) };
}
