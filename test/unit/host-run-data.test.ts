/** The columns behind the charts: deltas, and what a resume supersedes. */
import { describe, expect, it } from 'vitest';
import { RunDataStore } from '../../src/host/run-data';
import type { RunData, RunHeader } from '../../src/protocol/charts';
import type { MarkerEvent, MetricEvent, TrainEvent } from '../../src/runs/schema';

const header: RunHeader = { id: 'r', name: 'r', state: 'running', status: '', step: 0, totalSteps: 10, engine: 'wasm', haltMaxSteps: 8, best: null, failure: null, unreadable: null };
const train = (step: number, attempt = 1): TrainEvent => ({
  kind: 'train', attempt, step, examples: step * 64, wall: 1000 + step, process: step, loss: 1 / step, lm_loss: 1, q_halt_loss: 0.5,
  q_continue_loss: null, count: 0, accuracy: null, exact_accuracy: null, q_halt_accuracy: null, steps: null, lr: 1e-3, grad_norm: 1, seconds: 0.25,
});
const resume = (step: number, attempt: number): MarkerEvent => ({ kind: 'marker', marker: 'resume', attempt, step, examples: 0, wall: 0, process: 0, supersedes: step });
const steps = (from: number, to: number, attempt = 1): MetricEvent[] => Array.from({ length: to - from + 1 }, (_, i) => train(from + i, attempt));

/** What a view holds that applies deltas as the protocol says. */
function apply(view: number[], delta: RunData | null): number[] {
  if (!delta) return view;
  const cuts = delta.markers.flatMap(m => (m.supersedes === undefined ? [] : [m.supersedes]));
  return [...view.filter(s => cuts.every(c => s <= c)), ...Array.from(delta.train.step)];
}

describe('RunDataStore', () => {
  it('gives everything, then only what is new, then nothing', () => {
    const store = new RunDataStore();
    const cursor = store.start();
    store.append(steps(1, 3));
    expect(store.delta(header, cursor)!.train.step).toEqual([1, 2, 3]);
    expect(store.delta(header, cursor)).toBeNull();
    store.append(steps(4, 5));
    const delta = store.delta(header, cursor)!;
    expect(delta.train.step).toEqual([4, 5]);
    expect((Object.values(delta.train) as number[][]).every(c => c.length === 2)).toBe(true);
    expect(delta.train.accuracy).toEqual([NaN, NaN]);
  });

  it('has the columns of a solver only where there is one', () => {
    const store = new RunDataStore();
    store.append([{ ...train(1), solver_residual: 0.5, solver_iterations: 3, adjoint_residual: 0.25, adjoint_iterations: 4 }, resume(1, 2), { ...train(2, 2), solver_residual: 0.125, solver_iterations: 2, adjoint_residual: 0.25, adjoint_iterations: 4 }]);
    expect(store.delta(header, store.start())!.train).toMatchObject({ step: [1, 2], solver_residual: [0.5, 0.125], adjoint_iterations: [4, 4] });
    const plain = new RunDataStore();
    plain.append(steps(1, 2));
    expect(plain.delta(header, plain.start())!.train).not.toHaveProperty('solver_residual');
  });

  it('keeps seven digits', () => {
    const store = new RunDataStore();
    store.append([train(3)]);
    expect(store.delta(header, store.start())!.train.loss).toEqual([0.3333333]);
  });

  it.each([0, 3, 7, 10])('a view at %i of 10 points holds what the store holds after two resumes', seen => {
    const store = new RunDataStore();
    const cursor = store.start();
    store.append(steps(1, seen));
    let view = apply([], store.delta(header, cursor));
    store.append(steps(seen + 1, 10));
    store.append([resume(8, 2), ...steps(9, 12, 2), resume(6, 3), ...steps(7, 9, 3)]);
    view = apply(view, store.delta(header, cursor));
    expect(view).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(store.delta(header, store.start())!.train.step).toEqual(view);
  });

  it.each([1, 3, 4, 100])('a view that is sent %i of each at a time holds what the store holds, also when runs resume meanwhile', most => {
    const store = new RunDataStore();
    const cursor = store.start();
    store.append([...steps(1, 10), resume(6, 2), ...steps(7, 9, 2)]);
    let view = apply([], store.delta(header, cursor, most));
    expect(view).toHaveLength(Math.min(most, 9));
    expect(store.passed(cursor)).toBe(Math.min(most, 9) / 9);
    store.append([resume(2, 3), ...steps(3, 5, 3)]);
    for (let delta = store.delta(header, cursor, most); delta; delta = store.delta(header, cursor, most)) view = apply(view, delta);
    expect(view).toEqual([1, 2, 3, 4, 5]);
    expect(store.passed(cursor)).toBe(1);
  });

  it('ignores what a late writer of an earlier attempt adds beyond the resume', () => {
    const store = new RunDataStore();
    store.append([...steps(1, 5), resume(3, 2), ...steps(4, 4, 2), train(6, 1)]);
    expect(store.delta(header, store.start())!.train.step).toEqual([1, 2, 3, 4]);
  });

  it('holds 100,000 points and answers a small delta at once', () => {
    const store = new RunDataStore();
    store.append(steps(1, 100_000));
    const cursor = store.start();
    const { step, loss, q_continue_loss } = store.delta(header, cursor)!.train;
    expect([step, loss].map(column => column.constructor)).toEqual([Float64Array, Float32Array]); // cross as bytes
    expect([step.length, step[99_999], q_continue_loss[99_999]]).toEqual([100_000, 100_000, Number.NaN]);
    store.append([train(100_001)]);
    expect(store.delta(header, cursor)!.train.step).toEqual([100_001]);
    expect(store.points).toBe(100_001);
  });
});
