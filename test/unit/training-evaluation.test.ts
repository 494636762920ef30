/** What an evaluation adds up, from columns made by hand, and which rows it adds. */
import { describe, expect, test } from 'vitest';
import { openCpu } from '../../src/engine/cpu';
import { buildModel } from '../../src/model/architectures';
import { Evaluator } from '../../src/training/evaluation';
import { EvaluationTally, isBetter } from '../../src/training/evaluation-tally';
import type { StepColumns } from '../../src/training/evaluation-tally';
import { initialWeights } from '../../src/training/initial-state';
import { PuzzleEmbeddings } from '../../src/training/puzzle-embeddings';
import { wilsonInterval } from '../../src/statistics/intervals';
import { exampleBatch, exampleConfig, exampleData, exampleTensor } from './training-example';

const sigmoid = (q: number): number => 1 / (1 + Math.exp(-q));
const facts = { total: 9, depth: 3, seed: 0, weights: 'ema', seconds: 1 } as const;
const byZero = { threshold: 'zero', inEvaluation: false } as const;
const column = (right: number[], valid: number[], q_halt: number[], loss = 0): StepColumns => ({
  right, valid, q_halt, q_continue: right.map(() => 2), exact: right.map((r, i) => (r === valid[i] ? 1 : 0)), lm_loss: right.map((_, i) => loss + i), q_halt_loss: right.map(() => 0.5),
});

test('the better evaluation has more puzzles wholly right, and of equals more cells; not an equal one', () => {
  const [none, some, more] = [{ exact_accuracy: 0, accuracy: 0.3 }, { exact_accuracy: 0, accuracy: 0.4 }, { exact_accuracy: 0.1, accuracy: 0.2 }];
  expect([[some, none], [more, some], [none, some], [some, more], [some, some]].map(([a, b]) => isBetter(a!, b!))).toEqual([true, true, false, false, false]);
});

describe('the tally', () => {
  // Three puzzles of 4, 4 and 2 cells, and a padding row without any; three supervision steps.
  const valid = [4, 4, 2, 0];
  const steps = [
    column([1, 4, 0, 0], valid, [1, -1, -2, 9], 8),
    column([2, 3, 1, 0], valid, [2, 3, -1, 9], 9),
    column([4, 2, 2, 0], valid, [-3, 1, 0, 9], 1),
  ];
  const tally = new EvaluationTally(3, 4, byZero);
  valid.forEach((_, row) => tally.add(steps, row));
  const evaluation = tally.summary(facts);

  test('counts the puzzles with a valid label, and passes the facts on', () => expect(evaluation).toMatchObject({ count: 3, total: 9, depth: 3, weights: 'ema', seconds: 1 }));

  test('takes accuracies and losses from the last step, means over puzzles', () => {
    expect(evaluation.exact_count).toBe(2);
    expect(evaluation.exact_accuracy).toBeCloseTo(2 / 3, 12);
    expect(evaluation.exact_interval).toEqual(wilsonInterval(2, 3));
    expect(evaluation.accuracy).toBeCloseTo((1 + 0.5 + 1) / 3, 12); // per puzzle first, not 8 of 10 cells
    expect(evaluation.lm_loss).toBeCloseTo((1 + 2 + 3) / 3, 12);
    expect(evaluation.q_halt_loss).toBeCloseTo(0.5, 12);
    expect(evaluation.loss).toBeCloseTo(2.25, 12);
  });

  test('q_halt agrees when its sign says whether the whole puzzle is right; 0 says right', () => expect(evaluation.q_halt_accuracy).toBeCloseTo(1 / 3, 12)); // right but -3; wrong but 1; right and 0

  test('has accuracy and halting of every step on the way', () => {
    expect(evaluation.per_step.map(({ k }) => k)).toEqual([1, 2, 3]);
    expect(evaluation.per_step.map(at => at.exact_accuracy)).toEqual([1 / 3, 0, 2 / 3]);
    expect(evaluation.per_step[1]!.accuracy).toBeCloseTo((0.5 + 0.75 + 0.5) / 3, 12);
    expect(evaluation.per_step[0]!.mean_p_halt).toBeCloseTo((sigmoid(1) + sigmoid(-1) + sigmoid(-2)) / 3, 12);
  });

  test('a puzzle would halt where q_halt is above 0 for the first time only, and never at 0', () =>
    expect(evaluation.per_step.map(at => at.would_halt)).toEqual([1 / 3, 1 / 3, 0]));

  test('with a continue head it would halt where q_halt is above q_continue', () => {
    const other = new EvaluationTally(3, 4, { ...byZero, threshold: 'q_continue' });
    valid.forEach((_, row) => other.add(steps, row));
    expect(other.summary(facts)).toEqual({ ...evaluation, per_step: evaluation.per_step.map((at, k) => ({ ...at, would_halt: k === 1 ? 1 / 3 : 0 })) });
  });

  test('where halting acts in evaluation, a puzzle counts as it was when it halted', () => {
    const acting = new EvaluationTally(3, 4, { ...byZero, inEvaluation: true });
    valid.forEach((_, row) => acting.add(steps, row));
    const { exact_count, accuracy, lm_loss, per_step } = acting.summary(facts);
    expect(exact_count).toBe(1); // the third, which never halts; the first halts at step 1, the second at step 2
    expect(accuracy).toBeCloseTo((1 / 4 + 3 / 4 + 1) / 3, 12);
    expect(lm_loss).toBeCloseTo((8 + 10 + 3) / 3, 12);
    expect(per_step.map(at => at.accuracy)).toEqual([(1 / 4 + 1 + 0) / 3, (1 / 4 + 3 / 4 + 1 / 2) / 3, (1 / 4 + 3 / 4 + 1) / 3]);
    expect(per_step.map(at => at.would_halt)).toEqual([1 / 3, 1 / 3, 0]);
  });

  test('nothing added: zeros, and intervals that say nothing', () => {
    const empty = new EvaluationTally(3, 4, byZero).summary(facts);
    expect(empty).toMatchObject({ count: 0, exact_accuracy: 0, accuracy: 0, loss: 0, exact_interval: [0, 1], accuracy_interval: [0, 1], calibration: [] });
  });

  test('calibration: ten bins of the predicted probability, with the share that was right', () => {
    const qs = [-100, sigmoidInverse(0.05), sigmoidInverse(0.55), sigmoidInverse(0.58), 100];
    const calibrated = new EvaluationTally(1, 5, byZero);
    const last = column([0, 1, 1, 0, 1], [1, 1, 1, 1, 1], qs);
    qs.forEach((_, row) => calibrated.add([last], row));
    const { calibration } = calibrated.summary({ ...facts, depth: 1 });
    expect(calibration.map(({ count }) => count)).toEqual([2, 2, 1]);
    expect(calibration.map(({ right }) => right)).toEqual([0.5, 0.5, 1]);
    expect(calibration[0]!.interval![0]).toBeCloseTo(0.0945, 3); // Wilson, 1 of 2
    [0.025, 0.565, 1].forEach((predicted, i) => expect(calibration[i]!.predicted).toBeCloseTo(predicted, 9)); // 1 itself is in the last bin
  });
});

function sigmoidInverse(p: number): number {
  return Math.log(p / (1 - p));
}

describe('the evaluator', () => {
  const config = exampleConfig();
  const model = buildModel(config.arch, exampleData);
  const drawn = initialWeights(config.arch, exampleData, 3);
  drawn.model['inner.q_head.weight'] = exampleTensor([2, 8], 5); // as drawn it is 0 and says the same of everything
  const weights = { which: 'model' as const, model: drawn.model, buffers: drawn.buffers, puzzleEmb: PuzzleEmbeddings.zeros(exampleData.num_puzzle_identifiers, config.arch.puzzle_emb_ndim) };
  const options = { total: 4, depth: 3, seed: 0 };
  const rowsOf = (seeds: number[], counted: number) => ({
    examples: Int32Array.from({ length: counted }, (_, i) => i),
    batches: seeds.length,
    read: (index: number) => ({ ...exampleBatch(seeds[index]!), examples: Int32Array.from({ length: Math.min(4, counted - 4 * index) }, (_, i) => 4 * index + i) }),
  });

  test('starts every batch anew, and leaves padding rows out', async () => {
    const evaluator = new Evaluator(await openCpu(), model, config.arch, weights, 4);
    const once = await evaluator.evaluate({ ...options, rows: rowsOf([1], 4) });
    const twice = await evaluator.evaluate({ ...options, rows: rowsOf([1, 1], 8) });
    const first = await evaluator.evaluate({ ...options, rows: rowsOf([1], 1) });
    evaluator.dispose();
    expect(once.count).toBe(4);
    expect(twice.count).toBe(8);
    expect(twice.lm_loss).toBeCloseTo(once.lm_loss, 12);
    twice.per_step.forEach((at, k) => expect(at.mean_p_halt).toBeCloseTo(once.per_step[k]!.mean_p_halt, 12));
    expect(once.per_step[0]!.mean_p_halt).not.toBeCloseTo(once.per_step[1]!.mean_p_halt, 4);
    expect(first.count).toBe(1);
    expect(first.lm_loss).not.toBeCloseTo(once.lm_loss, 3);
  });

  test('always takes the full depth, also beyond halt_max_steps', async () => {
    const evaluator = new Evaluator(await openCpu(), model, config.arch, weights, 4);
    const evaluation = await evaluator.evaluate({ ...options, depth: config.arch.halt_max_steps + 2, rows: rowsOf([1], 4) });
    evaluator.dispose();
    expect(evaluation.per_step).toHaveLength(5);
  });

  test('reports its progress and stops when told to', async () => {
    const evaluator = new Evaluator(await openCpu(), model, config.arch, weights, 4);
    const stop = new AbortController();
    const seen: number[] = [];
    const running = evaluator.evaluate({ ...options, rows: rowsOf([1, 2, 3], 12), signal: stop.signal, onProgress: done => {
      seen.push(done);
      if (done === 8) stop.abort(new Error('enough'));
    } });
    await expect(running).rejects.toThrow('enough');
    evaluator.dispose();
    expect(seen).toEqual([4, 8]);
  });
});
