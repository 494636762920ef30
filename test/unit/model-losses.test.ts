/** The losses against their formulas in float64, with ignored labels; and how correctness is counted. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine';
import { answerLoss, correctness, haltingLoss } from '../../src/model/losses';
import type { LossType } from '../../src/model/losses';
import { IGNORE_LABEL_ID } from '../../src/puzzles/dataset';
import { engines } from '../engines';

const ignored = IGNORE_LABEL_ID;
// Puzzle 0: all cells count; puzzle 1: one of three; puzzle 2: none.
const labels = [[2, 0, 1], [ignored, 1, ignored], [ignored, ignored, ignored]];
const logits = [
  [[0.5, -1.5, 3], [-2, -0.1, -7], [0, 1, 40]],
  [[9, 9, -9], [-1, -2, 0.25], [1, 2, 3]],
  [[1, 2, 3], [4, 5, 6], [7, 8, -9]],
];

const stablemax = (v: number): number => (v >= 0 ? v + 1 : 1 / (1 - v));
const stablemaxSlope = (v: number): number => (v >= 0 ? 1 : 1 / (1 - v) ** 2);
const weightOf: Record<LossType, (v: number) => number> = { stablemax_cross_entropy: stablemax, softmax_cross_entropy: Math.exp };
const logSlope: Record<LossType, (v: number) => number> = { stablemax_cross_entropy: v => stablemaxSlope(v) / stablemax(v), softmax_cross_entropy: () => 1 };

/** Loss of a puzzle: the mean of -log p(label) over its valid cells. */
function lossOf(type: LossType, puzzle: number): number {
  const cells = labels[puzzle]!.flatMap((label, cell) => (label === ignored ? [] : [{ label, row: logits[puzzle]![cell]!.map(weightOf[type]) }]));
  const sum = cells.reduce((total, { label, row }) => total - Math.log(row[label]! / row.reduce((a, b) => a + b)), 0);
  return sum / Math.max(1, cells.length);
}

/** d loss / d logit by hand: (p - 1[label]) (log s)' over the number of valid cells. */
function gradientOf(type: LossType, puzzle: number, cell: number, v: number): number {
  const label = labels[puzzle]![cell]!;
  if (label === ignored) return 0;
  const row = logits[puzzle]![cell]!;
  const weights = row.map(weightOf[type]);
  const p = weights[v]! / weights.reduce((a, b) => a + b);
  return ((p - Number(v === label)) * logSlope[type](row[v]!)) / labels[puzzle]!.filter(l => l !== ignored).length;
}

describe.each(engines)('$name engine', ({ open, there }) => {
  let engine: Engine;
  beforeAll(async () => {
    if (there) engine = await open();
  });
  afterAll(() => {
    if (there) expect(engine.memory().tensors, 'tensors left behind').toBe(0);
  });
  const tensors = () => ({ y: tf.tensor3d(logits), t: tf.tensor2d(labels, undefined, 'int32') });

  describe.each(['stablemax_cross_entropy', 'softmax_cross_entropy'] as const)('%s', type => {
    test.skipIf(!there)('is the mean over valid cells, 0 for a puzzle without any', () => {
      const losses = tf.tidy(() => answerLoss(tensors().y, tensors().t, type).dataSync());
      [0, 1, 2].forEach(puzzle => expect(losses[puzzle]).toBeCloseTo(lossOf(type, puzzle), 5));
      expect(Math.abs(losses[2]!)).toBe(0);
    });

    test.skipIf(!there)('has the gradient worked by hand, 0 at ignored labels', () => {
      const gradient = tf.tidy(() => tf.grad((y: tf.Tensor) => tf.sum(answerLoss(y, tensors().t, type)))(tensors().y).arraySync() as number[][][]);
      gradient.forEach((puzzle, i) => puzzle.forEach((cell, j) => cell.forEach((value, v) => {
        expect(value).toBeCloseTo(gradientOf(type, i, j, v), 5);
        if (labels[i]![j] === ignored) expect(Math.abs(value)).toBe(0);
      })));
    });

    test.skipIf(!there)('stays finite for large logits', () => {
      const [loss, gradient] = tf.tidy(() => {
        const y = tf.tensor3d([[[1e4, -1e4, 0]]]);
        const of = (x: tf.Tensor): tf.Tensor => tf.sum(answerLoss(x, tf.tensor2d([[1]], undefined, 'int32'), type));
        return [of(y).dataSync(), tf.grad(of)(y).dataSync()];
      });
      expect([...loss, ...gradient].every(Number.isFinite)).toBe(true);
      expect(loss[0]).toBeGreaterThan(10);
    });
  });

  test.skipIf(!there)('the halting loss is the binary cross-entropy of its logit, finite at both ends', () => {
    const qs = [-100, -5, -0.5, 0, 2, 100];
    for (const target of [0, 0.3, 1]) {
      const losses = tf.tidy(() => haltingLoss(tf.tensor1d(qs), tf.fill([qs.length], target)).dataSync());
      qs.forEach((q, i) => {
        const logSigmoid = (x: number): number => (x > -30 ? -Math.log1p(Math.exp(-x)) : x);
        expect(losses[i]).toBeCloseTo(-target * logSigmoid(q) - (1 - target) * logSigmoid(-q), 4);
      });
    }
  });

  test.skipIf(!there)('counts right and valid cells; ignored ones are neither', () => {
    const counts = tf.tidy(() => {
      const { predictions, right, valid, exact } = correctness(tensors().y, tensors().t);
      return { predictions: predictions.arraySync(), right: [...right.dataSync()], valid: [...valid.dataSync()], exact: [...exact.dataSync()] };
    });
    expect(counts.predictions).toEqual([[2, 1, 2], [0, 2, 2], [2, 2, 1]]);
    expect(counts.right).toEqual([1, 0, 0]);
    expect(counts.valid).toEqual([3, 1, 0]);
    expect(counts.exact).toEqual([0, 0, 1]); // no valid cell, none wrong: as published; such puzzles are not reported
  });
});
