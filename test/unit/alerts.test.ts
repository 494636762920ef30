/** Trouble found in the events of a run: each kind when it is there, once, and not when the numbers only look like it. */
import { describe, expect, it } from 'vitest';
import type { NewEvent } from '../../src/runs/run-writer';
import type { EvalSummary } from '../../src/runs/schema';
import { AlertWatch } from '../../src/trainer/alerts/alert-watch';
import type { Finding } from '../../src/trainer/alerts/detector';

type Kind<K extends NewEvent['kind']> = Extract<NewEvent, { kind: K }>;
/** Without a `process` of its own an event is ten seconds of training after the one before. */
const at = (step: number, process = step * 10) => ({ step, examples: step * 8, wall: 1e9 + process, process });
const train = (step: number, part: Partial<Kind<'train'>> = {}): NewEvent => ({
  kind: 'train', ...at(step), loss: 2, lm_loss: 2, q_halt_loss: 0, q_continue_loss: null, count: 10, accuracy: 0.5, exact_accuracy: 0, q_halt_accuracy: 1, steps: 4, lr: 1, grad_norm: 1, seconds: 1, ...part,
});
const evaluation = (step: number, exact: number, spread = 0.05, accuracy = 0.9): NewEvent => ({
  kind: 'eval', ...at(step), depth: 4, count: 100, total: 100, weights: 'ema', exact_accuracy: exact, exact_count: exact * 100, exact_interval: [exact - spread, exact + spread],
  accuracy, accuracy_interval: [accuracy - spread, accuracy + spread], loss: 1, lm_loss: 1, q_halt_loss: 1, q_halt_accuracy: 1, per_step: [], calibration: [], seconds: 1,
});
const system = (step: number, part: Partial<Kind<'system'>>): NewEvent => ({ kind: 'system', ...at(step), rss: 1, engine_bytes: 1, cpu_share: 1, disk_free: 1e12, ...part });
/** 100 slots: `first` of those free to halt at step 1 do, the others run to the limit of two. */
const halting = (step: number, first: number, held = 0): NewEvent => ({ kind: 'halting', ...at(step), per_step: [
  { k: 1, slots: 100, mean_p_halt: 0.5, halted_by_q: first, halted_by_max: 0, held_by_exploration: held },
  { k: 2, slots: 100 - first, mean_p_halt: 0.5, halted_by_q: 0, halted_by_max: 100 - first, held_by_exploration: 0 },
] });

/** What a run with these events is told. */
function told(events: readonly NewEvent[], { inTraining = true, checkpointBytes = 0, best = null as EvalSummary | null } = {}): (Finding & { step: number })[] {
  const watch = new AlertWatch({ halting: { inTraining }, best, checkpointBytes: () => checkpointBytes });
  return events.flatMap(event => watch.look(event).map(finding => ({ ...finding, step: event.step })));
}
const steps = (count: number, event: (step: number) => NewEvent): NewEvent[] => Array.from({ length: count }, (_, i) => event(i + 1));
/** Noise of a fixed course, -1 to 1. */
const noise = (step: number): number => Math.sin(step * 12.9898);

describe('a loss spike', () => {
  const losses = (loss: (step: number) => number, count = 300): NewEvent[] => steps(count, step => train(step, { loss: loss(step) }));

  it('is told once, with what the loss was and became', () => {
    const found = told(losses(step => (step > 200 && step < 260 ? 1.6 : 0.5 + 0.05 * noise(step))));
    expect(found.map(({ code, step }) => [code, step])).toEqual([['loss_spike', 203]]);
    expect(found[0]!.message).toMatch(/^The training loss jumped from about 0\.5\d* to 1\.\d\.$/);
    expect(found[0]!.next).toContain('lower lr');
  });

  it('is no odd step or two, no slow rise, no scatter, and no noise of a model that has learned', () => {
    expect(told(losses(step => (step >= 200 && step < 202 ? 9 : 0.9)))).toEqual([]);
    expect(told(losses(step => 1 + step / 200))).toEqual([]);
    expect(told(losses(step => 1 + 0.9 * noise(step)))).toEqual([]);
    expect(told(losses(step => (step < 100 ? 2 : step > 250 ? 0.15 : 0.02)))).toEqual([]);
  });

  it('that follows on another within ten minutes of training is not told again', () => {
    const twice = (gap: number): NewEvent[] => steps(500, step => train(step, { process: step * gap, loss: (step > 150 && step < 160) || (step > 350 && step < 360) ? 3 : 0.5 }));
    expect(told(twice(1)).map(({ step }) => step)).toEqual([153]);
    expect(told(twice(5)).map(({ step }) => step)).toEqual([153, 353]);
  });
});

describe('evaluation that falls while training rises', () => {
  const course = (exacts: readonly number[], trained: readonly number[], spread?: number): NewEvent[] =>
    exacts.flatMap((exact, i) => [train(10 * i + 9, { exact_accuracy: trained[i]! }), evaluation(10 * i + 10, exact, spread)]);

  it('is told at the second evaluation below the best, with both courses', () => {
    const found = told(course([0.3, 0.6, 0.4, 0.35, 0.3], [0.3, 0.6, 0.8, 0.9, 0.95]));
    expect(found.map(({ code, step }) => [code, step])).toEqual([['eval_falling', 40]]);
    expect(found[0]!.message).toContain('puzzle accuracy (exact) was 60.0 % at step 20 and is 35.0 %, on training puzzles 60.0 % and now 90.0 %');
    expect(found[0]!.next).toContain('checkpoint of step 20');
  });

  it('is told of a run that was resumed after its best, once training is seen to rise', () => {
    const best = evaluation(5, 0.9) as Kind<'eval'>;
    const falling = course([0.6, 0.55, 0.5], [0.6, 0.7, 0.8]);
    expect(told(falling, { best }).map(({ code, step }) => [code, step])).toEqual([['eval_falling', 30]]);
    expect(told(falling)).toEqual([]); // 0.6 would be its best
    expect(told(course([0.6, 0.55, 0.5], [0.6, 0.6, 0.6]), { best })).toEqual([]);
  });

  it('is none when the intervals touch, when training falls too, or when it recovers in between', () => {
    expect(told(course([0.6, 0.5, 0.5, 0.5], [0.6, 0.7, 0.8, 0.9], 0.06))).toEqual([]);
    expect(told(course([0.6, 0.3, 0.3, 0.3], [0.6, 0.5, 0.4, 0.3]))).toEqual([]);
    expect(told(course([0.6, 0.4, 0.58, 0.4, 0.7], [0.5, 0.7, 0.8, 0.9, 0.9]))).toEqual([]);
  });

  it('goes by the cells while no puzzle is right', () => {
    const cells = [0.7, 0.9, 0.7, 0.6];
    const found = told(cells.flatMap((cell, i) => [train(10 * i + 9, { accuracy: 0.8 + i * 0.05 }), evaluation(10 * i + 10, 0, 0.02, cell)]));
    expect(found.map(({ code, step }) => [code, step])).toEqual([['eval_falling', 40]]);
    expect(found[0]!.message).toContain('cell accuracy was 90.0 % at step 20');
  });
});

describe('halting that collapsed', () => {
  const course = (first: number, right: number, held = 0, count = 15): NewEvent[] =>
    Array.from({ length: count }, (_, i) => i).flatMap(i => [train(10 * i + 9, { exact_accuracy: right, count: 100 }), halting(10 * i + 10, first, held)]);

  it('to the first step is told when most answers are wrong, puzzles held back by exploration aside', () => {
    const found = told(course(90, 0.1, 10));
    expect(found.map(({ code, step }) => [code, step])).toEqual([['halting_first', 100]]);
    expect(found[0]!.message).toContain('100 % of the puzzles halt there, and only 10 % of the answers are right');
  });

  it('to the last step is told when most answers are right', () => {
    expect(told(course(1, 0.8)).map(({ code, step }) => [code, step])).toEqual([['halting_last', 100]]);
  });

  it('is not told while the head still catches up with the answers', () => {
    expect(told([...course(0, 0, 0, 10), ...course(0, 0.9, 0, 5), ...course(60, 0.9, 0, 15)])).toEqual([]);
  });

  it('is right, and not told, while no puzzle is solved, or all are at once', () => {
    expect(told(course(0, 0.02))).toEqual([]);
    expect(told(course(100, 0.97))).toEqual([]);
    expect(told(course(50, 0.5))).toEqual([]);
  });

  it('is not looked for where nothing halts early', () => {
    expect(told(course(0, 0.9), { inTraining: false })).toEqual([]);
  });
});

describe('an idle GPU', () => {
  const shares = (values: readonly number[]): NewEvent[] => values.map((gpu_share, i) => system(i + 1, { gpu_share }));

  it('is told after a minute, and again only after it was busy', () => {
    expect(told(shares([0, 0.05, 0.1, 0.02, 0, 0.01])).map(({ code, step, message }) => [code, step, message])).toEqual([['gpu_idle', 6, 'The GPU is idle most of the time: in the last minute it was busy 3 % of it.']]);
    const course = [...Array<number>(70).fill(0), ...Array<number>(10).fill(1), ...Array<number>(10).fill(0)];
    expect(told(shares(course)).map(({ step }) => step)).toEqual([6, 86]);
  });

  it('is none when it is busy in between, when training was paused, and without a GPU', () => {
    expect(told(shares([0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]))).toEqual([]);
    expect(told([...shares([0, 0, 0, 0, 0]), { kind: 'marker', marker: 'paused', ...at(6) }, ...shares([0, 0, 0, 0, 0])])).toEqual([]);
    expect(told(steps(10, step => system(step, {})))).toEqual([]);
  });
});

describe('a disk that fills up', () => {
  it('is told when less than a gigabyte or three checkpoints are free, with what a checkpoint takes', () => {
    expect(told([system(1, { disk_free: 2e9 }), system(2, { disk_free: 8e8 }), system(3, { disk_free: 7e8 })]).map(({ code, step, message }) => [code, step, message]))
      .toEqual([['disk_low', 2, 'Only 800 MB are free on the disk of the run folder.']]);
    expect(told([system(1, { disk_free: 2.5e9 }), system(2, { disk_free: 2.1e9 })], { checkpointBytes: 8e8 }).map(({ message }) => message))
      .toEqual(['Only 2.1 GB are free on the disk of the run folder, and a checkpoint takes 800 MB.']);
  });

  it('is none when the disk cannot be asked', () => {
    expect(told([system(1, { disk_free: null })])).toEqual([]);
  });
});
