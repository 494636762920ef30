/**
 * Where one is in a refinement. Frames are numbered from 0 in order; they nest as supervision step m > latent recursion t
 * > inner step i. This module knows the borders of each level and how to move along each; it draws nothing.
 */
import type { FramePosition } from './decode';

/** Frames first..last (inclusive) of one supervision step or one latent recursion; `number` is its m or t. */
export interface Span { readonly number: number; readonly first: number; readonly last: number }

/** The three levels of the recursion. */
export type Level = 'frame' | 'recursion' | 'step';

function spans(frames: readonly FramePosition[], same: (a: FramePosition, b: FramePosition) => boolean, number: (p: FramePosition) => number): Span[] {
  const out: Span[] = [];
  let first = 0;
  for (let f = 1; f <= frames.length; f++) {
    if (f < frames.length && same(frames[first]!, frames[f]!)) continue;
    out.push({ number: number(frames[first]!), first, last: f - 1 });
    first = f;
  }
  return out;
}

/** Index of the span that holds a frame (binary search). */
function spanIndex(list: readonly Span[], frame: number): number {
  let low = 0, high = list.length - 1;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (list[mid]!.first <= frame) low = mid; else high = mid - 1;
  }
  return low;
}

/** The nested index over the frames of a trace. */
export class Timeline {
  readonly length: number;
  /** Supervision steps, in order. */
  readonly steps: readonly Span[];
  /** Latent recursions of all supervision steps, in order. */
  readonly recursions: readonly Span[];

  /** @param frames at least one frame, in order */
  constructor(readonly frames: readonly FramePosition[]) {
    this.length = frames.length;
    this.steps = spans(frames, (a, b) => a.m === b.m, p => p.m);
    this.recursions = spans(frames, (a, b) => a.m === b.m && a.t === b.t, p => p.t);
  }

  /** The nearest frame there is. */
  clamp(frame: number): number {
    return Math.min(this.length - 1, Math.max(0, Math.round(frame)));
  }

  /** Position of a frame. */
  at(frame: number): FramePosition {
    return this.frames[this.clamp(frame)]!;
  }

  /** The supervision step a frame belongs to. */
  stepOf(frame: number): Span {
    return this.steps[spanIndex(this.steps, frame)]!;
  }

  /** The latent recursion a frame belongs to. */
  recursionOf(frame: number): Span {
    return this.recursions[spanIndex(this.recursions, frame)]!;
  }

  /** Latent recursions within a supervision step. */
  recursionsIn(step: Span): readonly Span[] {
    return this.recursions.filter(r => r.first >= step.first && r.last <= step.last);
  }

  /**
   * The frame one unit of a level away, at the same place within its unit: from the y-update of step 3 to the y-update
   * of step 4. Beyond the first or last unit: that unit's first or last frame.
   */
  move(frame: number, level: Level, direction: 1 | -1): number {
    if (level === 'frame') return this.clamp(frame + direction);
    const list = level === 'step' ? this.steps : this.recursions;
    const index = spanIndex(list, frame);
    const here = list[index]!, there = list[index + direction];
    if (!there) return direction === 1 ? here.last : here.first;
    return Math.min(there.last, there.first + (frame - here.first));
  }

  /** The frame at a position, or the last one of the nearest earlier position when that one is not in this trace. */
  find(position: Pick<FramePosition, 'm' | 't' | 'i'>): number {
    let best = 0;
    for (let f = 0; f < this.length; f++) {
      const p = this.frames[f]!;
      const order = p.m - position.m || p.t - position.t || p.i - position.i;
      if (order <= 0) best = f;
      if (order >= 0) break;
    }
    return best;
  }
}

/** The first supervision step at which halting would be chosen (q_halt > 0), or null. */
export function firstHalt(halting: readonly { readonly m: number; readonly would_halt: boolean }[]): number | null {
  return halting.find(h => h.would_halt)?.m ?? null;
}
