/** A window of the horizontal axis, and where values lie in it: by their size, or by their logarithm. */
import type { Column } from './column';

/** The part of the x axis that is drawn. `log`: laid out by logarithms; `min` is then above 0. */
export interface Span { readonly min: number; readonly max: number; readonly log?: boolean }

/** Says where a value lies in the span, from 0 (at `min`) to 1 (at `max`). On a logarithmic one, 0 lies at minus infinity. */
export function shareIn({ min, max, log }: Span): (value: number) => number {
  if (log !== true) return value => (value - min) / (max - min);
  const [first, width] = [Math.log(min), Math.log(max / min)];
  return value => (Math.log(value) - first) / width;
}

/** Says which value lies at a share of the span: the inverse of `shareIn`. */
export function valueIn({ min, max, log }: Span): (share: number) => number {
  return log === true ? share => min * (max / min) ** share : share => min + share * (max - min);
}

/** A span moved by a share of its width (negative: left) inside `whole`, no further than to its ends. */
export function panned(span: Span, whole: Span, share: number): Span {
  const [of, value] = [shareIn(span), valueIn(span)];
  const by = Math.min(Math.max(0, of(whole.max) - 1), Math.max(Math.min(0, of(whole.min)), share));
  return by === 0 ? span : { ...span, min: value(by), max: value(1 + by) };
}

/** From the first to the last value of ascending columns, of those above 0 on a logarithmic axis; null when there are none. */
export function extentOf(columns: Iterable<Column>, log: boolean): Span | null {
  let min = Infinity;
  let max = -Infinity;
  for (const x of columns) {
    const first = log ? x.lowerBound(Number.MIN_VALUE) : 0;
    if (first >= x.length) continue;
    min = Math.min(min, x.at(first));
    max = Math.max(max, x.last);
  }
  return max >= min ? { min, max } : null;
}
