// Accuracy against depth: counts and intervals per supervision step, and what is said of it, also before it is whole.
import { describe, expect, it } from 'vitest';
import { secondsLeft } from '../../src/host/trainer-output';
import { curveOf } from '../../src/trainer/depth-curve';
import type { Evaluation } from '../../src/training/evaluation-tally';
import { wilsonInterval } from '../../src/statistics/intervals';
import { curveWords, workingWords } from '../../webview/trace/curve-words';

/** An evaluation of ten puzzles of which this many are right if stopped after 1, 2, … steps. */
function evaluation(right: readonly number[], count = 10): Evaluation {
  return {
    depth: right.length, count, total: 40, weights: 'ema', seconds: 3, exact_accuracy: 0, exact_count: 0, exact_interval: [0, 1], accuracy: 0, accuracy_interval: [0, 1],
    loss: 0, lm_loss: 0, q_halt_loss: 0, q_halt_accuracy: 0, calibration: [],
    per_step: right.map((exact, k) => ({ k: k + 1, exact_accuracy: count ? exact / count : 0, accuracy: 0.9, mean_p_halt: 0.5, would_halt: 0.1 })),
  };
}
const facts = { checkpoint: 'step-40', step: 40, engine: 'wasm', halt_max_steps: 2, wanted: 10 };

describe('a curve', () => {
  it('has counts and Wilson intervals', () => {
    const curve = curveOf(evaluation([3, 7, 9]), facts);
    expect(curve.points.map(point => point.exact_count)).toEqual([3, 7, 9]);
    expect(curve.points[2]!.exact_interval).toEqual(wilsonInterval(9, 10));
    expect(curve).toMatchObject({ depth: 3, count: 10, wanted: 10, total: 40, step: 40, weights: 'ema' });
  });

  it('is said with the count of every share, where it is highest first, and at the depth of training', () => {
    expect(curveWords(curveOf(evaluation([3, 7, 9, 9]), facts), false)).toBe(
      '10 of 40 test puzzles, EMA weights of step 40. Puzzle accuracy is highest at 3 supervision steps: 90.0 % (9 of 10; 95 % interval 59.6 % to 98.2 %). At the depth of training, 2: 70.0 % (7 of 10; 95 % interval 39.7 % to 89.2 %).');
    expect(curveWords(curveOf(evaluation([3, 7, 7]), facts), false)).toMatch(/highest at 2 supervision steps \(the depth of training\): 70\.0 % [^.]*\.[^.]*\.[^.]*\.$/);
  });

  it('of fewer puzzles than asked for says so first', () => {
    const partial = curveOf(evaluation([1, 2], 4), facts);
    expect(curveWords(partial, false)).toMatch(/^So far: 4 of 10 puzzles, /);
    expect(curveWords(partial, true)).toMatch(/^Ended early: 4 of 10 puzzles, /);
    expect(curveWords(curveOf(evaluation([0, 0], 0), facts), true)).toBe('Ended early: 0 of 10 puzzles, EMA weights of step 40.');
  });
});

it('time left is said when there is a pace', () => {
  expect(secondsLeft(0.25, 10)).toBe(30);
  expect(secondsLeft(0.01, 10)).toBeNull();
  expect(secondsLeft(0.5, 0.5)).toBeNull();
  expect(secondsLeft(null, 10)).toBeNull();
  expect(workingWords({ text: '4 of 10 puzzles at depth 128', fraction: 0.417, secondsLeft: 74.6 })).toBe('4 of 10 puzzles at depth 128 · 41 % · about 1 min 15 s left');
  expect(workingWords({ text: 'Starting', fraction: null, secondsLeft: null })).toBe('Starting');
});
