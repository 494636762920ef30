/** The learning rate, at the steps where its formula changes. */
import { describe, expect, test } from 'vitest';
import { learningRate } from '../../src/training/schedule';

const base = 2e-4;
const rate = (step: number, warmup: number, min: number, total = 1000): number => learningRate(base, step, total, { lr_warmup_steps: warmup, lr_min_ratio: min });

describe('warm-up', () => {
  test('the first optimiser step uses 1 / warm-up of the rate', () => {
    expect(rate(1, 100, 1)).toBeCloseTo(base / 100, 12);
    expect(rate(1, 100, 0.1)).toBeCloseTo(base / 100, 12);
  });

  test('rises linearly to the base rate, reached at the last warm-up step', () => {
    expect(rate(50, 100, 0.1)).toBeCloseTo(base / 2, 12);
    expect(rate(99, 100, 0.1)).toBeCloseTo(0.99 * base, 12);
    expect(rate(100, 100, 0.1)).toBe(base);
  });

  test('without warm-up the first step is already on the cosine', () => {
    expect(rate(1, 0, 1)).toBe(base);
    expect(rate(1, 0, 0)).toBeCloseTo(base * (1 + Math.cos(Math.PI / 1000)) / 2, 12);
    expect(rate(1, 1, 0)).toBe(base);
  });
});

describe('after the warm-up', () => {
  test('ratio 1 keeps the rate to the last step', () => {
    for (const step of [101, 500, 999, 1000]) expect(rate(step, 100, 1)).toBe(base);
  });

  test('falls on a cosine from the end of the warm-up to lr_min_ratio at the last step', () => {
    expect(rate(101, 100, 0.1)).toBeCloseTo(base * (0.1 + 0.9 * (1 + Math.cos(Math.PI / 900)) / 2), 12);
    expect(rate(101, 100, 0.1)).toBeLessThan(base);
    expect(rate(550, 100, 0.1)).toBeCloseTo(base * 0.55, 12); // half way: the mean of both ends
    expect(rate(1000, 100, 0.1)).toBeCloseTo(base * 0.1, 12);
    expect(rate(1000, 100, 0)).toBeCloseTo(0, 12);
  });

  test('a run shorter than its warm-up never leaves it', () => {
    expect(rate(20, 100, 0, 20)).toBeCloseTo(0.2 * base, 12);
  });
});
