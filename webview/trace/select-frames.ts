/**
 * Which frames an animation of a refinement shows: all of them while that is short, else the y-updates, else the end
 * of each supervision step, thinned evenly to the limit. The last frame is always among them.
 */
import type { Timeline } from './timeline';

/** What an animation shows, and in words. */
export interface FrameSelection { readonly frames: readonly number[]; readonly words: string }

/** Chooses at most `limit` (at least 2) frames of a refinement. */
export function selectFrames(timeline: Timeline, limit: number): FrameSelection {
  const all = Array.from({ length: timeline.length }, (_, f) => f);
  if (all.length <= limit) return { frames: all, words: 'every update' };
  const answers = all.filter(f => timeline.at(f).feature === 'y');
  if (answers.length > 0 && answers.length <= limit) return { frames: answers, words: 'every y-update' };
  const ends = timeline.steps.map(step => step.last);
  if (ends.length <= limit) return { frames: ends, words: 'the end of every supervision step' };
  const frames = Array.from({ length: limit }, (_, k) => ends[Math.round(k * (ends.length - 1) / (limit - 1))]!);
  return { frames, words: `${limit} supervision steps of ${ends.length}` };
}
