/**
 * A batch in pieces is the batch in one piece: micro-batches on every engine, and wasm's worker threads, give the same
 * losses, gradients, weights, carry and averages within rounding, on every architecture; and the same plan gives the same
 * bits, also when it goes on from a snapshot.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/resolve';
import type { Engine, HostTensors } from '../../src/engine/engine';
import { EngineError } from '../../src/engine/engine';
import { openWasm } from '../../src/engine/wasm';
import { WorkerPool } from '../../src/engine/worker-pool';
import { buildModel } from '../../src/model/architectures';
import { Evaluator } from '../../src/training/evaluation';
import { initialWeights } from '../../src/training/initial-state';
import { shardPlan } from '../../src/training/row-shards';
import { Training, inferenceWeightsOf } from '../../src/training/training';
import type { StepReport } from '../../src/training/training';
import type { TrainingSnapshot } from '../../src/training/snapshot';
import { engines } from '../engines';
import { exampleBatch, exampleConfig, exampleData as data, exampleTensor } from './training-example';

const batch = 12;
const identifiers = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i % 7);
const architectures: Readonly<Record<string, object>> = {
  'TRM-MLP': {},
  'TRM-Att with rope': { mlp_t: false, pos_encodings: 'rope' },
  'TRM-Att with learned positions and the continue head': { mlp_t: false, pos_encodings: 'learned', no_ACT_continue: false },
  'TRM-MLP without puzzle embedding, softmax': { puzzle_emb_ndim: 0, puzzle_emb_len: 0, loss: { loss_type: 'softmax_cross_entropy' } },
  'HRM': { name: 'hrm' },
  'three z': { name: 'trm_hier6', z_features: 3 },
  'direct prediction, that carries nothing': { name: 'direct' },
  // By plain iteration: the others, far from convergence, magnify rounding.
  'deep equilibrium': { name: 'deq', solver: 'fixed_point', solver_iterations: 4, solver_tolerance: 1e-9 },
};

interface Trained { readonly reports: StepReport[]; readonly after: TrainingSnapshot }

const open = (engine: Engine, config: ResolvedConfig, snapshot: TrainingSnapshot | null): Training =>
  Training.open({ engine, config, model: buildModel(config.arch, data), data, totalSteps: 10, snapshot, inspect: true });

/** Trains `steps` steps on from a snapshot, which stays as it is. */
async function trained(engine: Engine, config: ResolvedConfig, from: TrainingSnapshot, steps = 1): Promise<Trained> {
  const training = open(engine, config, structuredClone(from));
  try {
    const reports: StepReport[] = [];
    for (let i = 0; i < steps; i++) reports.push(await training.advance(exampleBatch(training.step, identifiers(config.global_batch_size))));
    return { reports, after: structuredClone(await training.snapshot()) };
  } finally {
    training.dispose();
  }
}

/** A state with everything in it: a halting head that is not zero, moments, an average, slots in the middle of their steps. */
async function middle(engine: Engine, config: ResolvedConfig): Promise<TrainingSnapshot> {
  const training = open(engine, config, null);
  const start = structuredClone(await training.snapshot());
  training.dispose();
  return (await trained(engine, config, { ...start, model: { ...start.model, 'inner.q_head.weight': exampleTensor([2, config.arch.hidden_size], 4, 0.5) } }, 2)).after;
}

const largest = (values: ArrayLike<number>): number => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Fails naming the first number that differs by more than rounding; `counts` says which are compared. */
function expectClose(actual: HostTensors, expected: HostTensors, tolerance: number, what: string, counts: (name: string, i: number) => boolean = () => true): void {
  expect(Object.keys(actual).sort(), what).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, data: values }] of Object.entries(expected)) {
    expect(actual[name]!.shape, `${what} ${name}`).toEqual(shape);
    const scale = largest(values);
    values.forEach((value: number, i: number) => {
      const off = Math.abs(actual[name]!.data[i]! - value);
      if (counts(name, i) && !(off <= tolerance * Math.max(scale, 1e-3))) expect.fail(`${what} ${name}[${i}] is ${actual[name]!.data[i]}, in one piece ${value}`);
    });
  }
}

/** What a step gave in pieces is what it gave in one piece from the same state. */
function expectSame({ reports: [pieces], after }: Trained, { reports: [whole], after: wholeAfter }: Trained, from: TrainingSnapshot): void {
  const { loss, grad_norm, count, accuracy, steps, halting } = whole!;
  expect(pieces!.loss).toBeCloseTo(loss, 5);
  expect(pieces!.grad_norm / grad_norm).toBeCloseTo(1, 4);
  expect({ count: pieces!.count, accuracy: pieces!.accuracy, steps: pieces!.steps, halted: pieces!.halting.map(k => k.halted_by_q) }).toEqual({ count, accuracy, steps, halted: halting.map(k => k.halted_by_q) });
  expectClose(pieces!.outputs, whole!.outputs, 1e-4, 'output');
  expectClose(after.carry, wholeAfter.carry, 1e-4, 'carry');
  expectClose(after.optimizer, wholeAfter.optimizer, 1e-3, 'optimizer');
  // An update is of the size of lr however small the gradient, and its sign that of rounding where the gradient is nothing but that.
  const floor = Object.fromEntries(Object.entries(whole!.outputs).filter(([name]) => name.startsWith('grad.')).map(([name, { data: values }]) => [name, 1e-2 * largest(values)]));
  const clear = (name: string, i: number): boolean => Math.abs(whole!.outputs[`grad.${name}`]?.data[i] ?? 0) > (floor[`grad.${name}`] ?? 0);
  for (const part of ['model', 'ema'] as const) {
    const moved = Object.entries(wholeAfter[part]!).reduce((sum, [name, { data: values }]) => sum + Array.from(values).filter((value, i) => clear(name, i) && Math.abs(value - from[part]![name]!.data[i]!) > 1e-4).length, 0);
    expect(moved, `numbers of ${part} that moved by more than the tolerance`).toBeGreaterThan(500);
    expectClose(after[part]!, wholeAfter[part]!, 1e-5, part, clear);
  }
}

describe('the plan', () => {
  test('every row is in one piece, in order, and passes hold no more than asked', () => {
    for (const [rows, atOnce, sessions] of [[768, 64, 2], [12, 12, 5], [12, 4, 3], [7, 7, 1], [8, 8, 8]] as const) {
      const plan = shardPlan(rows, atOnce, sessions);
      expect(plan).toHaveLength(sessions);
      const pieces = plan.flat().sort((a, b) => a.from - b.from);
      expect(pieces[0]!.from).toBe(0);
      pieces.forEach(({ from, to }, i) => {
        expect(to).toBeGreaterThan(from);
        expect(to).toBe(pieces[i + 1]?.from ?? rows);
      });
      for (let pass = 0; pass < rows / atOnce; pass++) expect(plan.reduce((sum, of) => sum + of[pass]!.to - of[pass]!.from, 0)).toBe(atOnce);
    }
  });
});

describe.each(engines)('micro-batches on engine $name', ({ open: openEngine, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await openEngine();
  });
  afterAll(() => {
    if (there) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
  });

  test.skipIf(!there).each(Object.keys(architectures))('%s: the same losses, gradients and weights as in one piece', async name => {
    const config = (more: object): ResolvedConfig => exampleConfig(architectures[name], { global_batch_size: batch, ema: true, ema_rate: 0.75, lr: 1e-2, ...more });
    const from = await middle(engine, config({}));
    const whole = await trained(engine, config({}), from);
    for (const micro_batch_size of [4, 3]) expectSame(await trained(engine, config({ micro_batch_size }), from), whole, from);
  });

  test.skipIf(!there)('goes on from a snapshot bit for bit', async () => {
    const config = exampleConfig({}, { global_batch_size: batch, ema: true, micro_batch_size: 4 });
    const from = await middle(engine, config);
    const straight = await trained(engine, config, from, 3);
    const first = await trained(engine, config, from, 1);
    const rest = await trained(engine, config, first.after, 2);
    expect(rest.after).toEqual(straight.after);
    expect(rest.reports.map(({ loss }) => loss)).toEqual(straight.reports.slice(1).map(({ loss }) => loss));
  });

  test.skipIf(!there)('frozen weights stay, the puzzle embeddings learn', async () => {
    const config = (more: object): ResolvedConfig => exampleConfig({}, { global_batch_size: batch, freeze_weights: true, puzzle_emb_lr: 0.1, ...more });
    const from = await middle(engine, config({}));
    const [pieces, whole] = [await trained(engine, config({ micro_batch_size: 3 }), from), await trained(engine, config({}), from)];
    expectClose(pieces.after.model, whole.after.model, 1e-4, 'model');
    expect(pieces.reports[0]!.grad_norm).toBeCloseTo(whole.reports[0]!.grad_norm, 6);
    expect(pieces.reports[0]!.grad_norm).toBeGreaterThan(0);
  });
});

/** Worker threads of this process. */
const workerThreads = (): number => (process.report.getReport() as { workers: unknown[] }).workers.length;
const after = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));

describe('worker threads of the wasm engine', () => {
  /** So many rows and features that three threads get a part of every batch, of different sizes. */
  const rows = 100;
  const wide = (arch: object = {}, more: object = {}): ResolvedConfig => exampleConfig({ hidden_size: 64, ...arch }, { global_batch_size: rows, ema: true, ema_rate: 0.75, lr: 1e-2, ...more });
  let alone: Engine;
  let three: Engine;
  beforeAll(async () => {
    alone = await openWasm({ threads: 1 });
    three = await openWasm({ threads: 3 });
  });
  afterAll(async () => {
    for (const engine of [alone, three]) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
    await after(200);
    expect(workerThreads()).toBe(0);
  });

  test('are there when a training runs, and end with it', async () => {
    const training = open(three, wide(), null);
    await training.advance(exampleBatch(0, identifiers(rows)));
    expect(workerThreads()).toBe(3);
    training.dispose();
    await expect.poll(workerThreads).toBe(0);
  });

  test.each(Object.keys(architectures))('%s: the same losses, gradients and weights as on one thread', async name => {
    const config = wide(architectures[name]);
    const from = await middle(alone, config);
    const whole = await trained(alone, config, from);
    expectSame(await trained(three, config, from), whole, from);
    expectSame(await trained(three, { ...config, micro_batch_size: 50 }, from), whole, from);
  });

  test('the same bits for the same number of threads, also from a snapshot in between', async () => {
    const from = await middle(three, wide());
    const straight = await trained(three, wide(), from, 3);
    expect(await trained(three, wide(), from, 3)).toEqual(straight);
    const first = await trained(three, wide(), from, 1);
    expect((await trained(three, wide(), first.after, 2)).after).toEqual(straight.after);
  });

  test('evaluate as one thread does, with the weights given last', async () => {
    const config = wide();
    const from = await middle(alone, config);
    const { model } = initialWeights(config.arch, data, 9);
    const other = { ...from, ema: model };
    const results = await Promise.all([alone, three].map(async engine => {
      const evaluator = new Evaluator(engine, buildModel(config.arch, data), config.arch, inferenceWeightsOf(other, config.arch.puzzle_emb_ndim), rows, { inspect: true });
      evaluator.use(inferenceWeightsOf(from, config.arch.puzzle_emb_ndim));
      const outputs = [await evaluator.step(exampleBatch(1, identifiers(rows)), true), await evaluator.step(exampleBatch(1, identifiers(rows)), false)];
      evaluator.dispose();
      return outputs;
    }));
    const [expected, actual] = results;
    actual!.forEach((outputs, k) => expectClose(outputs, expected![k]!, 1e-4, `supervision step ${k + 1}`));
    expect(actual![1]!.logits!.data).not.toEqual(actual![0]!.logits!.data);
  });

  test('memory that runs out on one of them is told as such, and the next session works', async () => {
    // Attention over so many positions needs more than 32 bits can address.
    const config = wide({ mlp_t: false, pos_encodings: 'none', hidden_size: 8, puzzle_emb_ndim: 0, puzzle_emb_len: 0 });
    const long = { ...data, seq_len: 33_000 };
    const model = buildModel(config.arch, long);
    const { model: weights, buffers } = initialWeights(config.arch, long, 0);
    const evaluator = new Evaluator(three, model, config.arch, { which: 'model', model: weights, buffers, puzzleEmb: null }, 3);
    const failure = await evaluator.step({ inputs: new Int32Array(3 * 33_000), labels: new Int32Array(3 * 33_000), puzzleIdentifiers: new Int32Array(3) }, true).catch((error: unknown) => error);
    evaluator.dispose();
    expect(failure).toBeInstanceOf(EngineError);
    expect(failure).toMatchObject({ code: 'out_of_memory' });
    const training = open(three, wide(), null);
    expect((await training.advance(exampleBatch(0, identifiers(rows)))).loss).toBeGreaterThan(0);
    training.dispose();
  });

  test('end with the training\'s own words when one of them dies in the middle of a step', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'worker-'));
    try {
      const mortal = path.join(folder, 'mortal.cjs');
      writeFileSync(mortal, `require('node:worker_threads').parentPort.on('message', ({ call, id }) => call === 'run' ? process.exit(3) : require('node:worker_threads').parentPort.postMessage({ id, memory: { tensors: 1, bytes: 4 }, tensors: {} }));`);
      const broken = path.join(folder, 'broken.cjs');
      writeFileSync(broken, 'throw new Error("cannot begin");');
      for (const [program, words] of [[mortal, /ended by itself.*code 3/], [broken, /ended by itself.*cannot begin/]] as const) {
        const pool = new WorkerPool(2, () => program);
        const session = pool.session(1, {}, {});
        const failure = await session.run({}).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(EngineError);
        expect(failure).toMatchObject({ code: 'failed' });
        expect((failure as EngineError).message).toMatch(words);
        await expect(session.read([])).rejects.toThrow(words);
        session.dispose();
        expect(pool.memory()).toEqual({ tensors: 0, bytes: 0 });
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a session that was disposed is over, and what it was doing fails', async () => {
    const config = wide();
    const training = open(three, config, null);
    const step = training.advance(exampleBatch(0, identifiers(rows))).catch((error: unknown) => error);
    training.dispose();
    expect(await step).toMatchObject({ code: 'bad_state' });
  });
});
