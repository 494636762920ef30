/** The data model of the live charts: what a run's messages become, what a resume takes back, which alerts are marked, what a reload keeps. */
import { describe, expect, it } from 'vitest';
import type { RunData, RunHeader, SystemColumns, TrainColumns } from '../../src/protocol/charts';
import { latestHaltingSteps } from '../../webview/live/halting-steps';
import { RunStore } from '../../webview/live/run-store';
import { keptView } from '../../webview/live/kept-view';
import { readingText } from '../../webview/live/reading-text';
import { runMarks } from '../../webview/live/run-marks';

const header: RunHeader = { id: 'r', name: 'r', state: 'running', status: '', step: 0, totalSteps: 100, engine: 'wasm', haltMaxSteps: 4, best: null, failure: null, unreadable: null };
const at = (step: number, wall: number) => ({ attempt: 1, step, examples: step * 8, wall, process: wall });

function train(rows: readonly { step: number; wall: number; loss: number; accuracy?: number | null }[]): TrainColumns {
  const column = (value: (row: (typeof rows)[number]) => number | null): number[] => rows.map(value) as number[];
  const none = column(() => null);
  return {
    step: column(r => r.step), examples: column(r => r.step * 8), wall: column(r => r.wall), process: column(r => r.wall),
    loss: column(r => r.loss), lm_loss: column(r => r.loss), q_halt_loss: none, q_continue_loss: none, accuracy: column(r => r.accuracy ?? null), exact_accuracy: none,
    q_halt_accuracy: none, steps: none, lr: none, grad_norm: none, seconds: column(() => 0.25),
  };
}

function system(rows: readonly { step: number; wall: number }[]): SystemColumns {
  const none = rows.map(() => NaN);
  return { step: rows.map(r => r.step), examples: rows.map(r => r.step * 8), wall: rows.map(r => r.wall), process: rows.map(r => r.wall), rss: rows.map(() => 1e8), engine_bytes: rows.map(() => 1e7), cpu_share: rows.map(() => 1), gpu_share: none, gpu_memory: none, gpu_temperature: none, gpu_power: none };
}

function evaluation(step: number, wall: number, exact: number): RunData['evals'][number] {
  return {
    kind: 'eval', ...at(step, wall), depth: 4, count: 200, total: 200, weights: 'ema', exact_accuracy: exact, exact_count: exact * 200, exact_interval: [exact - 0.1, exact + 0.1],
    accuracy: exact, accuracy_interval: [exact, exact], loss: 1, lm_loss: 1, q_halt_loss: 1, q_halt_accuracy: 1, per_step: [], calibration: [], seconds: 1,
  };
}

const halting = (step: number, wall: number, p: number): RunData['halting'][number] => ({ kind: 'halting', ...at(step, wall), per_step: [{ k: 1, slots: 8, mean_p_halt: p, halted_by_q: 1, halted_by_max: 0, held_by_exploration: 0 }] });
const alert = (step: number, code: string, level: 'info' | 'warning' | 'error' = 'warning'): RunData['alerts'][number] => ({ kind: 'alert', ...at(step, step), level, code, message: `what ${code} is`, next: 'do' });
const resume = (step: number, wall: number): RunData['markers'][number] => ({ kind: 'marker', ...at(step, wall), attempt: 2, marker: 'resume', supersedes: step });
const data = (part: Partial<RunData>): RunData => ({ header, loaded: 1, train: train([]), system: system([]), evals: [], halting: [], markers: [], alerts: [], ...part });
const steps = (store: RunStore): number[] => [...store.train.x.step.view()];

describe('a run in the charts', () => {
  it('appends columns, takes null (NaN on its way through JSON) for no value, and derives the rate', () => {
    const store = new RunStore(data({ train: train([{ step: 1, wall: 1, loss: 2, accuracy: 0.5 }, { step: 2, wall: 2, loss: 1 }]) }));
    store.append(JSON.parse(JSON.stringify(data({ train: train([{ step: 3, wall: 3, loss: Number.NaN }]) }))) as RunData);
    expect(steps(store)).toEqual([1, 2, 3]);
    expect([...store.train.y.loss.values.view()]).toEqual([2, 1, Number.NaN]);
    expect([...store.train.y.accuracy.values.view()]).toEqual([0.5, Number.NaN, Number.NaN]);
    expect(store.train.y.q_continue_loss.hasValues).toBe(false);
    expect(store.train.y.rate.values.last).toBe(4);
    expect([...store.train.x.examples.view()]).toEqual([8, 16, 24]);
  });

  it('drops what lies beyond the step a resume started from, of every kind', () => {
    const store = new RunStore(data({
      train: train([1, 2, 3, 4, 5].map(step => ({ step, wall: step, loss: step }))), system: system([1, 2, 3, 4, 5].map(step => ({ step, wall: step }))),
      evals: [evaluation(2, 2, 0.2), evaluation(4, 4, 0.4)], halting: [halting(2, 2, 0.2), halting(4, 4, 0.4)],
      markers: [{ kind: 'marker', ...at(2, 2), marker: 'checkpoint' }, { kind: 'marker', ...at(4, 4), marker: 'best' }], alerts: [alert(2, 'loss_spike'), alert(4, 'loss_spike')],
    }));
    store.append(data({ markers: [resume(3, 10)], train: train([{ step: 4, wall: 11, loss: 40 }]) }));
    expect(steps(store)).toEqual([1, 2, 3, 4]);
    expect(store.train.y.loss.values.last).toBe(40);
    expect(store.train.y.lm_loss.values.length).toBe(4);
    expect(store.system.x.step.length).toBe(3);
    expect(store.evalEvents.map(e => e.step)).toEqual([2]);
    expect(store.evals.y.exact_accuracy.values.length).toBe(1);
    expect([store.halting.heat.columns, store.haltingEvents.length, store.halting.x.wall.length]).toEqual([1, 1, 1]);
    expect(store.markers.map(m => m.marker)).toEqual(['checkpoint', 'resume']);
    expect(store.alerts.map(a => a.step)).toEqual([2]);
  });

  it('does the same when one message holds both attempts', () => {
    const rows = [[1, 1], [2, 2], [3, 3], [4, 4], [3, 11], [4, 12], [5, 13]].map(([step, wall]) => ({ step: step!, wall: wall!, loss: wall! }));
    const store = new RunStore(data({ train: train(rows), markers: [resume(2, 10)], evals: [evaluation(4, 4, 0.1), evaluation(4, 12, 0.9)] }));
    expect(steps(store)).toEqual([1, 2, 3, 4, 5]);
    expect([...store.train.y.loss.values.view()]).toEqual([1, 2, 11, 12, 13]);
    expect(store.evalEvents.map(e => e.exact_accuracy)).toEqual([0.9]);
  });

  it('survives several resumes, each to an earlier step', () => {
    const store = new RunStore(data({ train: train([1, 2, 3, 4].map(step => ({ step, wall: step, loss: step }))) }));
    store.append(data({ markers: [resume(3, 10)], train: train([{ step: 4, wall: 11, loss: 0 }]) }));
    store.append(data({ markers: [resume(1, 20)], train: train([{ step: 2, wall: 21, loss: 7 }]) }));
    expect(steps(store)).toEqual([1, 2]);
    expect(store.train.y.loss.values.last).toBe(7);
  });
});

it('knows which training steps the latest halting is of', () => {
  const store = new RunStore(data({}));
  expect(latestHaltingSteps(store)).toBeNull();
  store.append(data({ halting: [halting(256, 1, 0.2)] }));
  expect(latestHaltingSteps(store)).toEqual({ from: 1, to: 256 });
  store.append(data({ halting: [halting(512, 2, 0.2), halting(768, 3, 0.2)] }));
  expect(latestHaltingSteps(store)).toEqual({ from: 513, to: 768 });
  store.append(data({ markers: [resume(600, 10)] }));
  expect(latestHaltingSteps(store)).toEqual({ from: 257, to: 512 });
  store.append(data({ halting: [{ ...halting(768, 11, 0.2), attempt: 2 }] }));
  expect(latestHaltingSteps(store)).toEqual({ from: 601, to: 768 }); // what came before it was left out of the sum
});

it('knows whether a run measures a solver', () => {
  const rows = train([{ step: 1, wall: 1, loss: 2 }]);
  expect(new RunStore(data({ train: rows })).hasSolver).toBe(false);
  const solved = new RunStore(data({ train: { ...rows, solver_residual: [0.1], solver_iterations: [4], adjoint_residual: [0.25], adjoint_iterations: [5] } }));
  expect(solved.hasSolver).toBe(true);
  expect(solved.train.y.adjoint_residual.values.last).toBe(0.25);
});

it('knows whether a run was trained on a GPU that says how it is', () => {
  const measured = system([{ step: 1, wall: 1 }]);
  expect(new RunStore(data({ system: measured })).hasGpu).toBe(false);
  expect(new RunStore(data({ system: { ...measured, gpu_temperature: [64] } })).hasGpu).toBe(true);
});

describe('alerts on the axis', () => {
  const theme = { foreground: 'black', muted: 'grey', success: 'green', warning: 'yellow', error: 'red' };
  const run = new RunStore(data({ alerts: [alert(3, 'loss_spike'), alert(5, 'disk_full', 'error'), alert(6, 'note', 'info')] }));

  it('have a shape and words on every chart, and a name on the one they are about, or on all; what is only worth knowing has no mark', () => {
    expect(runMarks(run, 'examples', theme, 'loss')).toMatchObject([
      { x: 24, text: 'warning: what loss_spike is', label: 'loss spike', color: 'yellow', look: { kind: 'line', head: 'triangle' } },
      { x: 40, text: 'error: what disk_full is', label: 'disk full', color: 'red', look: { kind: 'line', head: 'triangle' } },
    ]);
    expect(runMarks(run, 'step', theme, 'accuracy').map(mark => [mark.x, mark.label])).toEqual([[3, undefined], [5, 'disk full']]);
  });

  it('are named by their code, one that nobody knows by its level', () => {
    const names = (...codes: string[]): (string | undefined)[] => runMarks(new RunStore(data({ alerts: codes.map((code, i) => alert(i + 1, code)) })), 'step', theme, 'loss').map(({ label }) => label);
    expect(names('non_finite', 'disk_low', 'read_only', 'io', 'engine', 'data', 'bad_checkpoint', 'load_checkpoint', 'gpu_idle', 'new_code', 'constructor'))
      .toEqual(['loss is not finite', 'disk nearly full', 'disk is read-only', 'disk cannot be written', 'another engine', 'data', 'damaged checkpoint', 'initial weights', undefined, 'warning', 'warning']);
  });
});

it('leaves out supervision steps that no model has', () => {
  const store = new RunStore(data({ halting: [halting(1, 1, 0.5)].map(event => ({ ...event, per_step: [...event.per_step, { ...event.per_step[0]!, k: 1e9 }] })) }));
  store.append(data({ evals: [{ ...evaluation(2, 2, 0.5), per_step: [1, 128, 129, 1e9].map(k => ({ k, exact_accuracy: 0.5, accuracy: 0.5, mean_p_halt: 0.5, would_halt: 0 })) }] }));
  expect([store.haltingEvents, store.evalEvents].map(events => events[0]!.per_step.map(({ k }) => k))).toEqual([[1], [1, 128]]);
});

it('says which runs are being read, and how far', () => {
  const run = (name: string, loaded: number) => ({ header: { ...header, name }, loaded });
  expect(readingText([run('a', 1), run('b', 0.409), run('c', 0)])).toBe('Reading b, 40 %; c, 0 %');
  expect(readingText([run('a', 1)])).toBe('');
});

describe('what a reload keeps', () => {
  it('is what was kept; a part of an older form, or nothing, is as in a new view', () => {
    const kept = { runs: ['a'], zoom: { run: 'a', axis: 'step', span: { min: 1, max: 2 } }, switched: { loss: { lm_loss: false } }, chosen: { loss: 'lm' }, runsOpen: true, alertsOpen: false };
    expect(keptView(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    const fresh = { runs: [], zoom: null, switched: {}, chosen: {}, runsOpen: false, alertsOpen: false };
    expect(keptView({ runs: 'a', slots: { a: 1 } })).toEqual(fresh);
    expect(keptView(undefined)).toEqual(fresh);
  });
});
