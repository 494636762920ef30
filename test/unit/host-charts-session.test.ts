/** What a charts view is sent: everything when it asks, what is new while it is visible, nothing while it is hidden. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChartsSession } from '../../src/host/charts-session';
import { RunDataStore } from '../../src/host/run-data';
import type { ChartsState, RunData, RunHeader } from '../../src/protocol/charts';
import type { TrainEvent } from '../../src/runs/schema';

const header = (id: string): RunHeader => ({ id, name: id, state: 'running', status: 's', step: 0, totalSteps: 10, engine: 'wasm', haltMaxSteps: 8, best: null, failure: null });
const train = (step: number): TrainEvent => ({
  kind: 'train', attempt: 1, step, examples: step, wall: step, process: step, loss: 1, lm_loss: 1, q_halt_loss: 0, q_continue_loss: null,
  count: 0, accuracy: null, exact_accuracy: null, q_halt_accuracy: null, steps: null, lr: 1, grad_norm: 1, seconds: 1,
});

/** A window with runs, and a view that keeps what it is sent. */
function setUp(...ids: string[]) {
  const runs = new Map<string, { header: RunHeader; store: RunDataStore | null; loaded: Promise<void> }>(ids.map(id => [id, { header: header(id), store: new RunDataStore(), loaded: Promise.resolve() }]));
  const view = { shown: true, states: [] as ChartsState[], appended: [] as RunData[][] };
  const session = new ChartsSession(
    {
      run: id => runs.get(id) ?? null,
      choices: () => [...runs.values()].map(r => ({ id: r.header.id, name: r.header.name, state: r.header.state })),
      looks: ids => Object.fromEntries(ids.map((id, i) => [id, i])),
      settings: () => ({ xAxis: 'step', logX: false, smoothing: 0, logY: false }),
      first: () => [...runs.keys()][0] ?? null,
    },
    { visible: () => view.shown, replace: s => view.states.push(s), append: d => view.appended.push(d) },
    [],
  );
  return { runs, view, session };
}

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }); });
afterEach(() => { vi.useRealTimers(); });

describe('ChartsSession', () => {
  it('gathers what is new and sends it at most ten times a second', async () => {
    const { runs, view, session } = setUp('a');
    expect((await session.state()).runs.map(r => r.header.id)).toEqual(['a']);
    for (let step = 1; step <= 30; step++) {
      runs.get('a')!.store!.append([train(step)]);
      session.wake();
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(100);
    expect(view.appended.flat().flatMap(r => Array.from(r.train.step))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(view.appended.length).toBeLessThanOrEqual(4);
  });

  it('sends a changed header alone, and nothing when nothing changed', async () => {
    const { runs, view, session } = setUp('a');
    await session.state();
    session.wake();
    vi.advanceTimersByTime(100);
    expect(view.appended).toEqual([]);
    const a = runs.get('a')!;
    runs.set('a', { ...a, header: { ...a.header, status: 'other' } });
    session.wake();
    vi.advanceTimersByTime(100);
    expect(view.appended.map(d => [d.length, d[0]!.header.status, d[0]!.train.step.length])).toEqual([[1, 'other', 0]]);
  });

  it('sends nothing while hidden or before it was asked, and everything when asked again', async () => {
    const { runs, view, session } = setUp('a');
    runs.get('a')!.store!.append([train(1)]);
    session.wake();
    vi.advanceTimersByTime(500);
    await session.state();
    session.hidden();
    runs.get('a')!.store!.append([train(2)]);
    session.wake();
    vi.advanceTimersByTime(500);
    expect(view.appended).toEqual([]);
    expect((await session.state()).runs[0]!.train.step).toEqual([1, 2]);
  });

  it('sends everything to a page that was kept while hidden, once it is seen again', async () => {
    const { runs, view, session } = setUp('a');
    session.seenAgain(); // it has not asked yet: it will
    await session.state();
    session.hidden();
    session.hidden();
    runs.get('a')!.store!.append([train(1)]);
    session.show(['a']);
    await vi.advanceTimersByTimeAsync(500);
    expect([view.states, view.appended]).toEqual([[], []]);
    session.seenAgain();
    await vi.advanceTimersByTimeAsync(0);
    expect(view.states.map(state => state.runs[0]!.train.step)).toEqual([[1]]);
    runs.get('a')!.store!.append([train(2)]);
    session.wake();
    vi.advanceTimersByTime(500);
    expect(view.appended.flat().flatMap(r => Array.from(r.train.step))).toEqual([2]);
  });

  it('replaces everything when runs come or go, and when a starting run gets its folder', async () => {
    const { runs, view, session } = setUp('a');
    await session.state();
    runs.set('b', { header: header('b'), store: null, loaded: Promise.resolve() });
    session.show(['b']);
    await vi.advanceTimersByTimeAsync(200);
    expect(view.states.at(-1)!.runs.map(r => r.header.id)).toEqual(['b']);
    expect(view.states.at(-1)!.choices.map(c => c.id)).toEqual(['a', 'b']);
    const store = new RunDataStore();
    store.append([train(1)]);
    runs.set('b', { header: header('b'), store, loaded: Promise.resolve() });
    session.wake();
    await vi.advanceTimersByTimeAsync(200);
    expect(view.states.at(-1)!.runs[0]!.train.step).toEqual([1]);
  });

  it('shows the first run when those chosen are gone, and seven at most', async () => {
    const { session } = setUp('a', 'b');
    session.show(['gone']);
    expect(session.shown).toEqual(['a']);
    const many = Array.from({ length: 9 }, (_, i) => `r${i}`);
    const { session: other } = setUp(...many);
    other.show(many);
    const state = await other.state();
    expect(state.runs).toHaveLength(7);
    expect(state.looks).toMatchObject({ r0: 0, r6: 6 });
  });
});
