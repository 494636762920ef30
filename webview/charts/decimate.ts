/**
 * Drawing many points as few, without losing a spike. A line of n points on a plot p pixels wide shows, per pixel, only the
 * lowest and the highest value: so those two are what is drawn. To find them without touching every point at every
 * redraw, `Extremes` keeps the position of the minimum and the maximum of every block of 16, 64, 256... values as they
 * arrive; a redraw then reads a few blocks per pixel, however long the run: of every stretch the largest that stay well inside a pixel.
 */
import type { Column } from './column';
import { shareIn } from './span';
import type { Span } from './span';

/** A point as chart.js takes it with `parsing: false`. */
export interface Point { readonly x: number; readonly y: number }

const shifts = [4, 6, 8, 10, 12, 14] as const;
const none = -1;

interface Level { readonly shift: number; low: Int32Array; high: Int32Array; blocks: number }

/** Which of ascending points get a mark on a plot `pixels` wide, so that marks stand `gap` pixels apart: the last, and from there backwards. */
export function markedApart(points: readonly Point[], span: Span, pixels: number, gap: number): boolean[] {
  const share = shareIn(span);
  let next = Infinity;
  return points.toReversed().map(({ x }) => {
    const at = share(x) * pixels;
    if (next - at < gap) return false;
    next = at;
    return true;
  }).reverse();
}

/** Minimum and maximum per block over a growing column. */
export class Extremes {
  readonly #values: Column;
  readonly #levels: Level[] = shifts.map(shift => ({ shift, low: new Int32Array(16), high: new Int32Array(16), blocks: 0 }));
  #done = 0;

  constructor(values: Column) {
    this.#values = values;
  }

  /** Takes in what was pushed to the column since the last call. */
  catchUp(): void {
    const values = this.#values.view();
    for (; this.#done < values.length; this.#done += 1) {
      const value = values[this.#done]!;
      for (const level of this.#levels) {
        const block = this.#done >>> level.shift;
        if (block === level.blocks) openBlock(level);
        if (Number.isNaN(value)) continue;
        const low = level.low[block]!;
        const high = level.high[block]!;
        if (low === none || value < values[low]!) level.low[block] = this.#done;
        if (high === none || value > values[high]!) level.high[block] = this.#done;
      }
    }
  }

  /** Forgets all positions from `length` on; call it when the column was truncated. */
  truncate(length: number): void {
    if (length >= this.#done) return;
    // Back to the start of the largest block the cut goes through: its positions may point beyond the cut.
    const start = (length >>> shifts.at(-1)!) << shifts.at(-1)!;
    for (const level of this.#levels) level.blocks = start >>> level.shift;
    this.#done = start;
  }

  /**
   * The points of indices [from, to) to draw in `buckets` pixels over `span`: all of them when there are few,
   * else at most two per pixel, in order. Points without a value are left out.
   * @param x ascending, as long as the values.
   */
  decimate(x: Column, from: number, to: number, span: Span, buckets: number): Point[] {
    this.catchUp();
    const xs = x.view();
    const ys = this.#values.view();
    const points: Point[] = [];
    if (to - from <= 2 * buckets || !(span.max > span.min)) {
      for (let i = from; i < to; i += 1) if (!Number.isNaN(ys[i]!)) points.push({ x: xs[i]!, y: ys[i]! });
      return points;
    }
    const share = shareIn(span);
    let bucket = Number.NaN;
    let low = none;
    let high = none;
    const flush = (): void => {
      if (low === none) return;
      const first = Math.min(low, high);
      const second = Math.max(low, high);
      points.push({ x: xs[first]!, y: ys[first]! });
      if (second !== first) points.push({ x: xs[second]!, y: ys[second]! });
    };
    const candidate = (index: number): void => {
      const at = Math.floor(share(xs[index]!) * buckets);
      if (at !== bucket) {
        flush();
        bucket = at;
        low = high = index;
        return;
      }
      if (ys[index]! < ys[low]!) low = index;
      if (ys[index]! > ys[high]!) high = index;
    };
    /** The largest block that begins at `i` and is narrower than half a pixel. */
    const blockAt = (i: number): Level | undefined => {
      let found: Level | undefined;
      for (const level of this.#levels) {
        const size = 1 << level.shift;
        if (i % size !== 0 || i + size > to || !((share(xs[i + size - 1]!) - share(xs[i]!)) * buckets < 0.5)) break;
        found = level;
      }
      return found;
    };
    let i = from;
    while (i < to) {
      const level = blockAt(i);
      if (level !== undefined) {
        const l = level.low[i >>> level.shift]!;
        const g = level.high[i >>> level.shift]!;
        if (l !== none) {
          candidate(Math.min(l, g));
          if (l !== g) candidate(Math.max(l, g));
        }
        i += 1 << level.shift;
      } else {
        if (!Number.isNaN(ys[i]!)) candidate(i);
        i += 1;
      }
    }
    flush();
    return points;
  }
}

function openBlock(level: Level): void {
  if (level.blocks === level.low.length) {
    level.low = grow(level.low);
    level.high = grow(level.high);
  }
  level.low[level.blocks] = none;
  level.high[level.blocks] = none;
  level.blocks += 1;
}

function grow(from: Int32Array): Int32Array {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
