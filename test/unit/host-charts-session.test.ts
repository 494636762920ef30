/** What a charts view is sent: which runs it shows when its page begins, their data in pieces while it is visible, nothing while it is hidden. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChartsSession, type ChartedRun } from '../../src/host/charts-session';
import { RunDataStore } from '../../src/host/run-data';
import type { ChartsState, RunData, RunHeader } from '../../src/protocol/charts';
import type { TrainEvent } from '../../src/runs/schema';

const header = (id: string): RunHeader => ({ id, name: id, state: 'running', status: 's', step: 0, totalSteps: 10, engine: 'wasm', haltMaxSteps: 8, best: null, failure: null, unreadable: null });
const train = (step: number): TrainEvent => ({
  kind: 'train', attempt: 1, step, examples: step, wall: step, process: step, loss: 1, lm_loss: 1, q_halt_loss: 0, q_continue_loss: null,
  count: 0, accuracy: null, exact_accuracy: null, q_halt_accuracy: null, steps: null, lr: 1, grad_norm: 1, seconds: 1,
});
const steps = (from: number, to: number): TrainEvent[] => Array.from({ length: to - from + 1 }, (_, i) => train(from + i));

/** A run that has been read. */
const charted = (id: string): ChartedRun & { readonly store: RunDataStore } => ({ header: header(id), store: new RunDataStore(), read: 1 });

/** A window with runs, and a view that keeps what it is sent. */
function setUp(...ids: string[]) {
  const runs = new Map<string, ChartedRun>(ids.map(id => [id, charted(id)]));
  const view = { shown: true, states: [] as ChartsState[], appended: [] as RunData[][] };
  const session = new ChartsSession(
    {
      has: id => runs.has(id),
      run: id => runs.get(id) ?? null,
      choices: () => [...runs.values()].map(r => ({ id: r.header.id, name: r.header.name, state: r.header.state })),
      looks: ids => Object.fromEntries(ids.map((id, i) => [id, i])),
      settings: () => ({ xAxis: 'step', logX: false, smoothing: 0, logY: false }),
      followed: () => [...runs.keys()][0] ?? null,
    },
    { visible: () => view.shown, state: s => view.states.push(s), append: d => view.appended.push(d) },
    [],
  );
  const change = (id: string, part: Partial<ChartedRun>): void => { runs.set(id, { ...runs.get(id)!, ...part }); };
  /** Steps of a run that the view has been sent, in all. */
  const seen = (id: string): number[] => [...view.states.flatMap(s => s.begun), ...view.appended.flat()].filter(d => d.header.id === id).flatMap(d => Array.from(d.train.step));
  return { runs, view, session, change, seen };
}

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }); });
afterEach(() => { vi.useRealTimers(); });

describe('ChartsSession', () => {
  it('gathers what is new and sends it at most ten times a second', () => {
    const { runs, view, session, seen } = setUp('a');
    session.open();
    expect(view.states.map(s => [s.shown, s.follows, s.begun.map(r => r.header.id)])).toEqual([[['a'], true, ['a']]]);
    for (let step = 1; step <= 30; step++) {
      runs.get('a')!.store!.append([train(step)]);
      session.wake();
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(100);
    expect(seen('a')).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(view.appended.length).toBeLessThanOrEqual(4);
    expect(view.states).toHaveLength(1);
  });

  it('sends a changed header alone, and nothing when nothing changed', () => {
    const { view, session, change } = setUp('a');
    session.open();
    session.wake();
    vi.advanceTimersByTime(200);
    expect(view.appended).toEqual([]);
    change('a', { header: { ...header('a'), status: 'other' } });
    session.wake();
    vi.advanceTimersByTime(300);
    expect(view.appended.map(d => [d.length, d[0]!.header.status, d[0]!.train.step.length])).toEqual([[1, 'other', 0]]);
  });

  it('sends every point once while a large run laid over the others is read, and says how far that is', () => {
    const { runs, view, session, change, seen } = setUp('a', 'big');
    runs.get('a')!.store!.append(steps(1, 50));
    session.open();
    change('big', { read: 0 });
    session.show(['a', 'big']);
    for (let piece = 1; piece <= 30; piece++) {
      runs.get('big')!.store!.append(steps(piece * 10 - 9, piece * 10));
      change('big', { read: piece / 30 });
      runs.get('a')!.store!.append([train(50 + piece)]);
      session.wake();
      vi.advanceTimersByTime(100);
    }
    vi.advanceTimersByTime(300);
    expect(view.states).toHaveLength(2);
    expect(view.states[1]!.begun.map(r => [r.header.id, r.loaded])).toEqual([['big', 0]]);
    expect([seen('a').length, seen('big').length]).toEqual([80, 300]);
    const shares = view.appended.flat().filter(r => r.header.id === 'big').map(r => r.loaded);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0]! < 0.1, shares.at(-1)]).toEqual([true, 1]);
  });

  it('sends what is large in pieces, and other runs go on meanwhile', () => {
    const { runs, view, session, seen } = setUp('a', 'b');
    runs.get('a')!.store!.append(steps(1, 250_000));
    runs.get('b')!.store!.append(steps(1, 10));
    session.show(['a', 'b']);
    session.open();
    vi.advanceTimersByTime(1000);
    const pieces = [...view.states[0]!.begun, ...view.appended.flat()].map(r => [r.header.id, r.train.step.length, r.loaded]);
    expect(pieces).toEqual([['a', 100_000, 0.4], ['b', 0, 0], ['a', 100_000, 0.8], ['a', 50_000, 1], ['b', 10, 1]]);
    expect(seen('a')).toHaveLength(250_000);
  });

  it('tells a change of the list of runs without their data', () => {
    const { runs, view, session } = setUp('a');
    runs.get('a')!.store!.append(steps(1, 5));
    session.open();
    runs.set('b', charted('b'));
    session.wake();
    vi.advanceTimersByTime(200);
    expect(view.states.slice(1).map(s => [s.choices.map(c => c.id), s.begun, s.settings])).toEqual([[['a', 'b'], [], undefined]]);
    expect(view.appended).toEqual([]);
  });

  it('gives settings to a page that begins, and leaves them alone afterwards', () => {
    const { view, session } = setUp('a', 'b');
    session.open();
    session.show(['b']);
    session.open();
    expect(view.states.map(s => s.settings?.xAxis)).toEqual(['step', undefined, 'step']);
  });

  it('sends nothing while hidden or before its page has loaded', () => {
    const { runs, view, session, seen } = setUp('a');
    runs.get('a')!.store!.append([train(1)]);
    session.wake();
    session.show(['a']);
    vi.advanceTimersByTime(500);
    expect(view.states).toEqual([]);
    session.open();
    session.close();
    runs.get('a')!.store!.append([train(2)]);
    session.wake();
    vi.advanceTimersByTime(500);
    expect(seen('a')).toEqual([1]);
    session.open();
    expect(view.states[1]!.begun[0]!.train.step).toEqual([1, 2]);
  });

  it('goes on where it was with a page that was kept while hidden, also when the run ended meanwhile', () => {
    const { runs, view, session, change, seen } = setUp('a');
    session.open();
    session.wake();
    view.shown = false;
    vi.advanceTimersByTime(500);
    runs.get('a')!.store!.append([train(1)]);
    session.wake();
    session.show(['a']);
    vi.advanceTimersByTime(500);
    expect([view.states.length, view.appended]).toEqual([1, []]);
    change('a', { header: { ...header('a'), state: 'finished' } });
    view.shown = true;
    session.wake();
    vi.advanceTimersByTime(500);
    expect(seen('a')).toEqual([1]);
    expect([view.states.length, view.states[1]!.choices[0]!.state, view.appended.at(-1)!.at(-1)!.header.state]).toEqual([2, 'finished', 'finished']);
  });

  it('begins a run anew when it gets its folder, or its file was begun anew', () => {
    const { runs, view, session, change } = setUp('a');
    session.open();
    runs.set('b', { header: header('b'), store: null, read: 1 });
    session.show(['b']);
    expect(view.states.at(-1)).toMatchObject({ shown: ['b'], follows: false, begun: [{ loaded: 1 }], choices: [{ id: 'a' }, { id: 'b' }] });
    for (const last of [1, 3]) {
      const store = new RunDataStore();
      store.append(steps(1, last));
      change('b', { store });
      session.wake();
      vi.advanceTimersByTime(200);
      expect(view.states.at(-1)!.begun[0]!.train.step).toHaveLength(last);
    }
  });

  it('follows when those chosen are gone, or none is chosen, and shows seven at most', () => {
    const { session } = setUp('a', 'b');
    session.show(['gone']);
    expect([session.shown, session.chosen]).toEqual([['a'], []]);
    const many = Array.from({ length: 9 }, (_, i) => `r${i}`);
    const { session: other, view } = setUp(...many);
    other.show(many);
    other.open();
    expect(view.states[0]!.begun).toHaveLength(7);
    expect(view.states[0]!.looks).toMatchObject({ r0: 0, r6: 6 });
    other.show([]);
    expect(view.states.at(-1)).toMatchObject({ shown: ['r0'], follows: true, begun: [] });
  });

  it('is looked at only while it can be seen', () => {
    const { session, view } = setUp('a');
    expect(session.inSight).toEqual(['a']);
    view.shown = false;
    expect(session.inSight).toEqual([]);
  });
});
