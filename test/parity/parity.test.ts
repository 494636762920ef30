/**
 * The numbers of the published code, on every engine there is: forward, carry, halting, losses, metrics, gradients,
 * weights after each optimiser step, EMA and evaluation agree within 1e-4 |a| + 1e-5.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, HostTensor, HostTensors } from '../../src/engine/engine';
import { buildModel } from '../../src/model/architectures';
import type { Batch } from '../../src/puzzles/dataset';
import { Evaluator } from '../../src/training/evaluation';
import { Training, inferenceWeightsOf, puzzleEmbName } from '../../src/training/training';
import type { TrainingSnapshot } from '../../src/training/snapshot';
import { emptyCarry, prefixed, zerosLike } from '../../src/training/initial-state';
import { engines } from '../engines';
import { readVector, under, vectorNames } from './vectors';
import type { Summary } from './vectors';

const tolerance = (a: number): number => 1e-4 * Math.abs(a) + 1e-5;

function expectClose(actual: number, expected: number, what: string): void {
  const error = Math.abs(actual - expected);
  if (!(error <= tolerance(expected))) expect.fail(`${what}: ${actual}, published ${expected}; off by ${error}, allowed ${tolerance(expected)}`);
}

function expectTensor(actual: HostTensor | undefined, expected: HostTensor | undefined, what: string): void {
  expect(actual, what).toBeDefined();
  expect(expected, `${what} in the vector`).toBeDefined();
  expect(actual!.shape, `${what} shape`).toEqual(expected!.shape);
  for (let i = 0; i < expected!.data.length; i++) expectClose(actual!.data[i]!, expected!.data[i]!, `${what}[${i}]`);
}

function expectSummary(actual: HostTensor | undefined, expected: Summary, what: string): void {
  expect(actual, what).toBeDefined();
  const { data } = actual!;
  expect([...actual!.shape], `${what} shape`).toEqual(expected.shape);
  expectClose(Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0)), expected.norm, `${what} norm`);
  expected.head.forEach((value, i) => expectClose(data[i]!, value, `${what}[${i}]`));
}

const batchOf = (tensors: HostTensors, prefix: string): Batch => ({
  inputs: tensors[`${prefix}.inputs`]!.data as Int32Array,
  labels: tensors[`${prefix}.labels`]!.data as Int32Array,
  puzzleIdentifiers: tensors[`${prefix}.puzzle_identifiers`]!.data as Int32Array,
});

describe.each(engines)('$name engine', ({ open, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await open();
  });
  afterAll(() => {
    if (there) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
  });

  describe.each(vectorNames)('%s', name => {
    const vector = readVector(name);
    const { config, tensors } = vector;
    const data = { vocab_size: vector.vocabSize, seq_len: vector.seqLen, num_puzzle_identifiers: vector.numPuzzleIdentifiers };
    const model = buildModel(config.arch, data);
    const initial = under(tensors, 'init.');

    /** A training that begins at the vector's weights, offered the vector's batches. */
    function begin(): Training {
      const dense = Object.fromEntries(Object.entries(initial).filter(([key]) => key !== puzzleEmbName && !key.endsWith('_init')));
      const zeros = zerosLike(dense);
      const slots = { shape: [vector.batchSize, vector.seqLen], data: new Int32Array(vector.batchSize * vector.seqLen) };
      const perSlot = { shape: [vector.batchSize], data: new Int32Array(vector.batchSize) };
      const snapshot: TrainingSnapshot = {
        step: 0, model: initial, ema: dense, optimizer: { ...prefixed('m', zeros), ...prefixed('v', zeros) },
        carry: {
          ...emptyCarry(model, vector.batchSize), 'slots.inputs': slots, 'slots.labels': slots, 'slots.puzzle_identifiers': perSlot, 'slots.steps': perSlot,
          'slots.halted': { shape: [vector.batchSize], data: new Int32Array(vector.batchSize).fill(1) },
        },
      };
      return Training.open({ engine, config, model, data, totalSteps: vector.steps.length, snapshot, inspect: true });
    }

    test.skipIf(!there)('trains as the published code does, step by step', async () => {
      const training = begin();
      try {
        for (const [i, expected] of vector.steps.entries()) {
          const report = await training.advance(batchOf(tensors, `step${i}.batch`));
          const at = `step ${i}`;
          const { outputs } = report;
          const sums = { ...report, lm_loss: report.lm_loss * vector.batchSize, q_halt_loss: report.q_halt_loss * vector.batchSize, q_continue_loss: (report.q_continue_loss ?? NaN) * vector.batchSize };
          expectClose(report.loss * vector.batchSize, expected.loss, `${at} loss`);
          for (const [metric, value] of Object.entries(expected.metrics)) expectClose(sums[metric as keyof typeof sums] as number, value, `${at} ${metric}`);

          expectTensor(outputs.logits, tensors[`step${i}.logits`], `${at} logits`);
          expectTensor(outputs.q_halt, tensors[`step${i}.q_halt_logits`], `${at} q_halt`);
          expectTensor(outputs.q_continue, tensors[`step${i}.q_continue_logits`], `${at} q_continue`);
          if (tensors[`step${i}.target_q_continue`]) expectTensor(outputs.target_q_continue, tensors[`step${i}.target_q_continue`], `${at} target_q_continue`);
          expect([...outputs.predictions!.data]).toEqual([...tensors[`step${i}.preds`]!.data]);

          const after = await training.snapshot();
          for (const feature of model.carried) expectTensor(after.carry[feature], tensors[`step${i}.carry.${feature}`], `${at} carry ${feature}`);
          expect([...after.carry['slots.halted']!.data]).toEqual([...tensors[`step${i}.halted`]!.data]);
          expect([...after.carry['slots.steps']!.data]).toEqual([...tensors[`step${i}.steps`]!.data]);

          for (const [key, summary] of Object.entries(expected.grads)) {
            const gradient = key === 'inner.puzzle_emb.local_weights' ? outputs.puzzle_emb_grad : outputs[`grad.${key}`];
            expectSummary(gradient, summary, `${at} gradient of ${key}`);
          }
          for (const [key, summary] of Object.entries(expected.weightsAfter)) expectSummary(after.model[key], summary, `${at} ${key} after`);
          for (const [key, summary] of Object.entries(expected.emaAfter)) expectSummary(after.ema![key], summary, `${at} EMA of ${key}`);
        }
        const final = await training.snapshot();
        for (const [key, expected] of Object.entries(under(tensors, 'final.'))) expectTensor(final.model[key], expected, `final ${key}`);
      } finally {
        training.dispose();
      }
    });

    test.skipIf(!there)('evaluates as the published code does, at every supervision step', async () => {
      const weights = inferenceWeightsOf({ model: under(tensors, 'final.'), ema: null }, config.arch.puzzle_emb_ndim);
      const evaluator = new Evaluator(engine, model, config.arch, weights, vector.batchSize, { inspect: true });
      const batch = batchOf(tensors, 'eval.batch');
      try {
        for (let k = 0; k < vector.eval.steps; k++) {
          const outputs = await evaluator.step(batch, k === 0);
          expectTensor(outputs.logits, tensors[`eval.step${k}.logits`], `eval step ${k} logits`);
          expectTensor(outputs.q_halt, tensors[`eval.step${k}.q_halt_logits`], `eval step ${k} q_halt`);
          expect([...outputs.predictions!.data]).toEqual([...tensors[`eval.step${k}.preds`]!.data]);
        }
        const rows = { examples: Int32Array.from({ length: vector.batchSize }, (_, i) => i), batches: 1, read: () => ({ ...batch, examples: rows.examples }) };
        const evaluation = await evaluator.evaluate({ rows, total: vector.batchSize, depth: vector.eval.steps, seed: 0 });
        const { count, accuracy, exact_accuracy, q_halt_accuracy, lm_loss, q_halt_loss } = vector.eval.metrics as Record<'count' | 'accuracy' | 'exact_accuracy' | 'q_halt_accuracy' | 'lm_loss' | 'q_halt_loss', number>;
        expect(evaluation.count).toBe(count);
        expectClose(evaluation.accuracy * count, accuracy, 'accuracy');
        expectClose(evaluation.exact_accuracy * count, exact_accuracy, 'exact_accuracy');
        expectClose(evaluation.q_halt_accuracy * count, q_halt_accuracy, 'q_halt_accuracy');
        expectClose(evaluation.lm_loss * count, lm_loss, 'lm_loss');
        expectClose(evaluation.q_halt_loss * count, q_halt_loss, 'q_halt_loss');
      } finally {
        evaluator.dispose();
      }
    });
  });
});
