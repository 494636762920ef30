// Moving through a refinement on its three levels, the keys that do it, and which frames an animation takes.
import { describe, expect, it } from 'vitest';
import type { FramePosition } from '../../webview/trace/decode';
import { FrameAxis } from '../../webview/trace/frame-axis';
import { keyCommand } from '../../webview/trace/keys';
import { selectFrames } from '../../webview/trace/select-frames';
import { firstHalt, Timeline } from '../../webview/trace/timeline';

function timelineOf(depth: number, hCycles: number, lCycles: number): Timeline {
  const frames: FramePosition[] = [];
  for (let m = 1; m <= depth; m++) for (let t = 1; t <= hCycles; t++) for (let i = 1; i <= lCycles + 1; i++) frames.push({ m, t, i, feature: i > lCycles ? 'y' : 'z' });
  return new Timeline(frames);
}

describe('Timeline', () => {
  const timeline = timelineOf(4, 2, 2); // 6 frames a step, 3 a recursion

  it('nests steps and recursions', () => {
    expect(timeline.steps.map(s => [s.number, s.first, s.last])).toEqual([[1, 0, 5], [2, 6, 11], [3, 12, 17], [4, 18, 23]]);
    expect(timeline.stepOf(11).number).toBe(2);
    expect(timeline.recursionOf(9)).toEqual({ number: 2, first: 9, last: 11 });
    expect(timeline.recursionsIn(timeline.stepOf(7)).map(r => r.first)).toEqual([6, 9]);
  });

  it('moves by one unit of a level and keeps its place within', () => {
    expect(timeline.move(8, 'frame', 1)).toBe(9);
    expect(timeline.move(8, 'recursion', 1)).toBe(11);
    expect(timeline.move(8, 'recursion', -1)).toBe(5);
    expect(timeline.move(8, 'step', 1)).toBe(14);
    expect(timeline.move(8, 'step', -1)).toBe(2);
  });

  it('stops at both ends', () => {
    expect(timeline.move(0, 'frame', -1)).toBe(0);
    expect(timeline.move(23, 'frame', 1)).toBe(23);
    expect(timeline.move(3, 'step', -1)).toBe(0);
    expect(timeline.move(19, 'step', 1)).toBe(23);
    expect(timeline.move(22, 'recursion', 1)).toBe(23);
  });

  it('finds a position, or the nearest one before it in a shorter trace', () => {
    expect(timeline.find({ m: 3, t: 2, i: 1 })).toBe(15);
    expect(timeline.find({ m: 9, t: 1, i: 1 })).toBe(23);
    expect(timeline.find({ m: 2, t: 1, i: 7 })).toBe(8);
    for (let f = 0; f < timeline.length; f++) expect(timeline.find(timeline.at(f))).toBe(f);
  });

  it('works at 128 supervision steps of the published recursion', () => {
    const deep = timelineOf(128, 3, 6);
    expect(deep.length).toBe(2688);
    for (const frame of [0, 20, 21, 1344, 2687]) {
      const step = deep.stepOf(frame);
      expect(step.number).toBe(Math.floor(frame / 21) + 1);
      expect(frame >= step.first && frame <= step.last).toBe(true);
    }
  });

  it('finds where it would halt first', () => {
    expect(firstHalt([{ m: 1, would_halt: false }, { m: 2, would_halt: true }, { m: 3, would_halt: true }])).toBe(2);
    expect(firstHalt([{ m: 1, would_halt: false }])).toBeNull();
  });
});

describe('FrameAxis', () => {
  it('gives back the frame it placed, and the end frames beyond its edges', () => {
    const axis = new FrameAxis(70, 1100, 2688);
    for (const frame of [0, 1, 1000, 2687]) expect(axis.frameAt(axis.middle(frame))).toBe(frame);
    expect(axis.frameAt(0)).toBe(0);
    expect(axis.frameAt(5000)).toBe(2687);
    expect(axis.x(2688)).toBeCloseTo(1100);
  });
});

describe('keyCommand', () => {
  const press = (key: string, held: Partial<Record<'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey', boolean>> = {}): ReturnType<typeof keyCommand> =>
    keyCommand({ key, shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...held });

  it('reads the keys of the three levels', () => {
    expect(press('ArrowLeft')).toEqual({ move: 'frame', direction: -1 });
    expect(press('ArrowRight', { shiftKey: true })).toEqual({ move: 'step', direction: 1 });
    expect(press('ArrowDown')).toEqual({ move: 'recursion', direction: 1 });
    expect(press('End')).toEqual({ end: 'last' });
    expect(press(' ')).toBe('play');
  });

  it('leaves shortcuts of the editor alone', () => {
    expect(press('ArrowLeft', { ctrlKey: true })).toBeNull();
    expect(press('ArrowLeft', { metaKey: true })).toBeNull();
    expect(press('p')).toBeNull();
  });
});

describe('selectFrames', () => {
  it('takes all frames, then y-updates, then ends of steps, then a thinned set that ends at the last', () => {
    const timeline = timelineOf(16, 3, 6); // 336 frames, 48 y-updates, 16 steps
    expect(selectFrames(timeline, 400).frames).toHaveLength(336);
    expect(selectFrames(timeline, 100)).toMatchObject({ words: 'every y-update' });
    expect(selectFrames(timeline, 100).frames.every(f => timeline.at(f).feature === 'y')).toBe(true);
    expect(selectFrames(timeline, 20).frames).toEqual(timeline.steps.map(s => s.last));
    const thin = selectFrames(timeline, 5).frames;
    expect([thin.length, thin.at(-1)]).toEqual([5, 335]);
    expect(new Set(thin).size).toBe(5);
  });
});
