/**
 * What one optimiser step does to the state around the network: the average's start, the carry between supervision
 * steps, which rows of the puzzle embedding move, what is frozen, and what is a constant to the gradient.
 */
import { describe, expect, test } from 'vitest';
import { openCpu } from '../../src/engine/cpu';
import type { HostTensors } from '../../src/engine/engine';
import { buildModel } from '../../src/model/architectures';
import type { ResolvedConfig } from '../../src/config/resolve';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { Evaluator } from '../../src/training/evaluation';
import { NonFiniteLoss, Training, inferenceWeightsOf, puzzleEmbName } from '../../src/training/training';
import type { TrainingSnapshot } from '../../src/training/snapshot';
import { exampleBatch, exampleConfig, exampleData, exampleTensor, largestDifference } from './training-example';

const engine = await openCpu();
const sigmoid = (q: number): number => 1 / (1 + Math.exp(-q));

/** Runs `use` on a training of this config, from its beginning or from a snapshot. */
async function training<T>(config: ResolvedConfig, use: (training: Training) => Promise<T>, snapshot: TrainingSnapshot | null = null): Promise<T> {
  const opened = Training.open({ engine, config, model: buildModel(config.arch, exampleData), data: exampleData, totalSteps: 10, snapshot, inspect: true });
  try {
    return await use(opened);
  } finally {
    opened.dispose();
  }
}

/** Everything as it is at the beginning, but a halting head that is not zero. */
async function withHaltingHead(config: ResolvedConfig, bias: [number, number] = [-5, -5]): Promise<TrainingSnapshot> {
  const start = await training(config, opened => opened.snapshot());
  return { ...start, model: { ...start.model, 'inner.q_head.weight': exampleTensor([2, 8], 4, 0.5), 'inner.q_head.bias': { shape: [2], data: Float32Array.from(bias) } } };
}

const gradients = (outputs: HostTensors): HostTensors => Object.fromEntries(Object.entries(outputs).filter(([name]) => name.startsWith('grad.')));
const parts = (snapshot: TrainingSnapshot) => ({ dense: Object.fromEntries(Object.entries(snapshot.model).filter(([name]) => name !== puzzleEmbName)), table: snapshot.model[puzzleEmbName]!.data });

describe('the average of the weights', () => {
  test('starts at the initial weights, without bias correction', () => training(exampleConfig({}, { ema: true, ema_rate: 0.75 }), async opened => {
    const before = await opened.snapshot();
    expect(largestDifference(before.ema!, before.model)).toBe(0);
    await opened.advance(exampleBatch(1));
    const after = await opened.snapshot();
    for (const [name, { data }] of Object.entries(after.ema!)) {
      const [start, now] = [before.model[name]!.data, after.model[name]!.data];
      data.forEach((value: number, i: number) => expect(value).toBeCloseTo(0.75 * start[i]! + 0.25 * now[i]!, 6));
    }
    expect(largestDifference(after.ema!, after.model)).toBeGreaterThan(1e-3);
  }));

  test('does not hold the puzzle embedding, and is absent without ema', async () => {
    const averaged = await training(exampleConfig({}, { ema: true }), opened => opened.snapshot());
    expect(Object.keys(averaged.ema!)).not.toContain(puzzleEmbName);
    expect((await training(exampleConfig({}, { ema: false }), opened => opened.snapshot())).ema).toBeNull();
  });
});

describe('deep supervision', () => {
  const still = { lr: 0, weight_decay: 0, puzzle_emb_lr: 0 };
  const unmoving = { ...exampleConfig({ halt_max_steps: 2 }), ...still };

  test('a running slot goes on from its features, a halted one begins anew: as evaluation does', async () => {
    const start = await withHaltingHead(unmoving);
    const evaluator = new Evaluator(engine, buildModel(unmoving.arch, exampleData), unmoving.arch, inferenceWeightsOf(start, 8), 4, { inspect: true });
    const first = await evaluator.step(exampleBatch(1), true);
    const second = await evaluator.step(exampleBatch(1), false);
    const other = await evaluator.step(exampleBatch(2), true);
    evaluator.dispose();
    await training(unmoving, async opened => {
      const logits: Float32Array[] = [];
      for (const seed of [1, 3, 2]) logits.push((await opened.advance(exampleBatch(seed))).outputs.logits!.data as Float32Array); // what is offered second is skipped
      expect(logits[0]).toEqual(first.logits!.data);
      expect(logits[1]).toEqual(second.logits!.data);
      expect(logits[2]).toEqual(other.logits!.data);
      expect(logits[1]).not.toEqual(logits[0]);
    }, start);
  });

  test('the carry is detached: a step\'s gradient knows its features\' values, not where they came from', async () => {
    const config = exampleConfig({ halt_max_steps: 4 });
    const [continued, resumed] = await training(config, async opened => {
      await opened.advance(exampleBatch(1));
      const between = await opened.snapshot();
      const copy: TrainingSnapshot = { ...between, carry: Object.fromEntries(Object.entries(between.carry).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }])), model: { ...between.model, [puzzleEmbName]: { ...between.model[puzzleEmbName]!, data: between.model[puzzleEmbName]!.data.slice() } } };
      const continued = gradients((await opened.advance(exampleBatch(2))).outputs);
      return [continued, gradients(await training(config, async again => (await again.advance(exampleBatch(2))).outputs, copy))];
    });
    expect(Object.keys(continued).length).toBeGreaterThan(5);
    expect(largestDifference(continued, resumed)).toBe(0);
  });
});

describe('puzzle embedding', () => {
  test('moves the rows of the puzzles in the slots, not of the batch offered', () => training(exampleConfig({}, { puzzle_emb_lr: 0.1, puzzle_emb_weight_decay: 0 }), async opened => {
    await opened.advance(exampleBatch(1, [1, 2, 2, 3]));
    const after = [...parts(await opened.snapshot()).table];
    await opened.advance(exampleBatch(2, [4, 5, 6, 0])); // nobody halted: offered in vain
    const later = [...parts(await opened.snapshot()).table];
    const moved = (from: number[], to: number[]): number[] => Array.from({ length: 7 }, (_, id) => id).filter(id => to.slice(8 * id, 8 * id + 8).some((value, j) => value !== from[8 * id + j]));
    expect(moved(new Array<number>(56).fill(0), after)).toEqual([1, 2, 3]);
    expect(moved(after, later)).toEqual([1, 2, 3]);
    expect(after.slice(8, 32).every(value => Math.abs(Math.abs(value) - 0.1) < 1e-6)).toBe(true);
  }));

  test('freeze_weights trains nothing else', () => training(exampleConfig({}, { freeze_weights: true, ema: true }), async opened => {
    const before = parts(await opened.snapshot());
    const report = await opened.advance(exampleBatch(1));
    const after = parts(await opened.snapshot());
    expect(largestDifference(after.dense, before.dense)).toBe(0);
    expect(after.table.some((value: number) => value !== 0)).toBe(true);
    const gradient = report.outputs.puzzle_emb_grad!.data as Float32Array;
    expect(report.grad_norm).toBeCloseTo(Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)), 6);
    expect(report.grad_norm).toBeGreaterThan(0);
    expect((await opened.inferenceWeights()).which).toBe('model');
  }));
});

describe('what the gradient sees', () => {
  test('the continue head\'s target is a constant: the biases learn from sigmoid(q) - target alone', async () => {
    const config = exampleConfig({ no_ACT_continue: false });
    const start = await withHaltingHead(config, [0.3, 0.4]); // near 0, where a target that moves along would be felt
    await training(config, async opened => {
      const { outputs } = await opened.advance(exampleBatch(1));
      const bias = outputs['grad.inner.q_head.bias']!.data;
      const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / 4;
      const right = outputs.exact!.data;
      const target = outputs.target_q_continue!.data;
      expect(bias[0]).toBeCloseTo(0.5 * mean([...outputs.q_halt!.data].map((q, b) => sigmoid(q) - right[b]!)), 6);
      expect(bias[1]).toBeCloseTo(0.5 * mean([...outputs.q_continue!.data].map((q, b) => sigmoid(q) - target[b]!)), 6);
      expect(new Set(target).size).toBe(4);
    }, start);
  });

  test('a puzzle without valid labels adds no answer loss and is not reported', async () => {
    const config = exampleConfig({ halt_max_steps: 1 });
    const whole = exampleBatch(1);
    const partly = { ...whole, labels: whole.labels.slice().fill(IGNORE_LABEL_ID, 6, 12) };
    const [all, without] = await Promise.all([whole, partly].map(batch => training(config, opened => opened.advance(batch))));
    expect(Math.abs(without!.outputs.lm_loss!.data[1]!)).toBe(0);
    expect(all!.outputs.lm_loss!.data[1]).toBeGreaterThan(0.5);
    for (const b of [0, 2, 3]) expect(without!.outputs.lm_loss!.data[b]).toBe(all!.outputs.lm_loss!.data[b]);
    expect([all!.count, without!.count]).toEqual([4, 3]);
    expect(Number.isFinite(without!.grad_norm)).toBe(true);
    // Its embedding still hears of the halting head, which starts at zero: nothing to hear.
    expect([...without!.outputs.puzzle_emb_grad!.data.subarray(8, 16)].every(value => Math.abs(value) === 0)).toBe(true);
    expect([...all!.outputs.puzzle_emb_grad!.data.subarray(8, 16)].some(value => value !== 0)).toBe(true);
  });

  test('numbers that are none stop the training, naming the step', async () => {
    const start = await training(exampleConfig(), opened => opened.snapshot());
    const broken = { ...start, step: 6, model: { ...start.model, 'inner.lm_head.weight': { shape: [5, 8], data: new Float32Array(40).fill(NaN) } } };
    await training(exampleConfig(), async opened => {
      const failure = await opened.advance(exampleBatch(1)).then(() => null, (error: unknown) => error);
      expect(failure).toBeInstanceOf(NonFiniteLoss);
      expect(failure).toMatchObject({ step: 7, code: 'non_finite_loss', message: 'the loss became NaN at step 7' });
      expect(opened.step).toBe(6);
    }, broken);
  });
});
