// Playing a refinement: at the speed chosen, to the end, from the beginning again, and slowly where less motion is wished for.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Player } from '../../webview/trace/player';

describe('Player', () => {
  beforeEach(() => { vi.useFakeTimers(); });
  afterEach(() => { vi.useRealTimers(); });

  /** A player over this many frames, from the first on. */
  function over(frames: number, speed: number) {
    const state = { frame: 0, playing: [] as boolean[] };
    const player = new Player({
      advance: () => ++state.frame < frames - 1, rewind: () => { state.frame = 0; }, atEnd: () => state.frame >= frames - 1, changed: playing => state.playing.push(playing),
    }, speed);
    return { player, state };
  }

  it('plays at its speed to the end, and from there from the beginning', () => {
    const { player, state } = over(5, 4);
    player.toggle();
    vi.advanceTimersByTime(500);
    expect(state.frame).toBe(2);
    vi.advanceTimersByTime(5000);
    expect([state.frame, player.playing, state.playing]).toEqual([4, false, [true, false]]);
    player.toggle();
    expect(state.frame).toBe(0);
  });

  it('takes another speed at once', () => {
    const { player, state } = over(100, 1);
    player.toggle();
    player.speed = 32;
    vi.advanceTimersByTime(1000);
    expect(state.frame).toBe(32);
  });

  it('shows two frames a second at most where less motion is wished for', () => {
    const { player, state } = over(100, 32);
    player.calm = true;
    player.toggle();
    vi.advanceTimersByTime(1000);
    expect(state.frame).toBe(2);
    player.calm = false;
    vi.advanceTimersByTime(1000);
    expect(state.frame).toBe(34);
    player.speed = 1;
    player.calm = true;
    vi.advanceTimersByTime(1000);
    expect(state.frame).toBe(35);
  });
});
