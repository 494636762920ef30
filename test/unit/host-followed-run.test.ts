/** Which run the charts follow, and what they call runs of one name. */
import { describe, expect, it } from 'vitest';
import { FollowedRun } from '../../src/host/followed-run';
import { distinctNames } from '../../src/host/run-names';
import type { RunSummary } from '../../src/runs/read-run';
import type { RunState } from '../../src/runs/schema';

/** A window with these runs, newest first. */
function setUp(states: Record<string, RunState>) {
  const runs = new Map(Object.entries(states));
  const summary = (id: string): RunSummary => ({ state: runs.get(id)!, manifest: { id } }) as RunSummary;
  const window = { runs, starting: [] as { id: string; name: string; dir: string; attempt: number }[], kept: null as string | null };
  const open = (): FollowedRun => new FollowedRun(
    { get: id => (runs.has(id) ? summary(id) : undefined), list: () => [...runs.keys()].map(summary), listStarting: () => window.starting },
    { get: () => window.kept, set: id => { window.kept = id; } },
  );
  return { window, open, followed: open() };
}

describe('the run that is followed', () => {
  it('is the newest live one, else the newest', () => {
    expect(setUp({ c: 'finished', b: 'running', a: 'running' }).followed.current()).toBe('b');
    expect(setUp({ b: 'finished', a: 'stopped' }).followed.current()).toBe('b');
    expect(setUp({}).followed.current()).toBeNull();
  });

  it('is the one started last until it has ended and another is live; a queue is followed from run to run', () => {
    const { window: { runs }, followed } = setUp({ c: 'queued', b: 'queued', a: 'pending' });
    followed.started('a');
    expect(followed.current()).toBe('a');
    runs.set('a', 'running').set('c', 'running');
    expect(followed.current()).toBe('a');
    runs.set('a', 'finished').set('c', 'finished');
    expect(followed.current()).toBe('a');
    runs.set('b', 'running');
    expect(followed.current()).toBe('b');
    runs.set('b', 'finished');
    expect(followed.current()).toBe('b');
  });

  it('is one that is resumed beside a live one, before its trainer is there and when it has ended, until another begins', () => {
    const { window: { runs }, followed } = setUp({ c: 'queued', b: 'running', a: 'stopped' });
    followed.started('a');
    for (const state of ['stopped', 'running', 'failed'] as const) {
      runs.set('a', state);
      expect(followed.current()).toBe('a');
    }
    runs.set('c', 'running');
    expect(followed.current()).toBe('c');
  });

  it('is one that was live before only when that is resumed', () => {
    const { window: { runs }, followed } = setUp({ b: 'running', a: 'running' });
    followed.started('b');
    runs.set('b', 'finished');
    expect(followed.current()).toBe('b');
    runs.set('a', 'stopped');
    expect(followed.current()).toBe('b');
    runs.set('a', 'running');
    expect(followed.current()).toBe('a');
  });

  it('is one without a folder yet; one that is deleted is left; a reload remembers', () => {
    const { window, open, followed } = setUp({ a: 'finished' });
    window.starting.push({ id: 'new', name: 'new', dir: '/new', attempt: 0 });
    followed.started('new');
    expect(followed.current()).toBe('new');
    window.starting.pop();
    window.runs.set('new', 'finished');
    expect(open().current()).toBe('new');
    window.runs.delete('new');
    expect(followed.current()).toBe('a');
  });
});

describe('names of runs', () => {
  const names = (...runs: (readonly [id: string, name: string])[]): string[] => [...distinctNames(runs.map(([id, name]) => ({ id, name }))).values()];

  it('are as they are where no two are alike', () => {
    expect(names(['a-20261126-140312-ab12', 'a'], ['b-20261126-140312-ab12', 'b'])).toEqual(['a', 'b']);
  });

  it('are followed by the time that tells them apart, or what else does', () => {
    expect(names(['a-20261126-140312-ab12', 'a'], ['a-20261126-150312-ab12', 'a'])).toEqual(['a (14:03)', 'a (15:03)']);
    expect(names(['a-20261126-140312-ab12', 'a'], ['a-20261127-140312-ab12', 'a'])).toEqual(['a (11-26 14:03)', 'a (11-27 14:03)']);
    expect(names(['a-20251126-140312-ab12', 'a'], ['a-20261126-140312-ab12', 'a'])).toEqual(['a (2025-11-26 14:03)', 'a (2026-11-26 14:03)']);
    expect(names(['a-20261126-140312-ab12', 'a'], ['a-20261126-140313-ab12', 'a'])).toEqual(['a (14:03:12)', 'a (14:03:13)']);
    expect(names(['a-20261126-140312-ab12', 'a'], ['a-20261126-140312-cd34', 'a'])).toEqual(['a (14:03:12 ab12)', 'a (14:03:12 cd34)']);
    expect(names(['x-20261126-140312-ab12', 'a'], ['y-20261126-140312-ab12', 'a'])).toEqual(['a (x-20261126-140312-ab12)', 'a (y-20261126-140312-ab12)']);
    expect(names(['mine', 'a'], ['a-20261126-140312-ab12', 'a'])).toEqual(['a (mine)', 'a (14:03)']);
  });
});
