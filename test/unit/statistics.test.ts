/** Intervals against published and hand-worked values, and the median. */
import { describe, expect, test } from 'vitest';
import { RandomStream } from '../../src/random/stream';
import { bootstrapInterval, meanInterval, wilsonInterval } from '../../src/statistics/intervals';
import { median } from '../../src/statistics/median';

describe('Wilson score interval', () => {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i', (successes, n, low, high) => {
    const interval = wilsonInterval(successes, n);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  test('is symmetric in success and failure', () => {
    for (const [successes, n] of [[3, 10], [50, 400], [0, 7]] as const) {
      const [low, high] = wilsonInterval(successes, n);
      const [mirroredLow, mirroredHigh] = wilsonInterval(n - successes, n);
      expect(mirroredLow).toBeCloseTo(1 - high, 12);
      expect(mirroredHigh).toBeCloseTo(1 - low, 12);
    }
  });

  test('none and all: the end is the share itself, the other end is inside', () => {
    for (const n of [1, 10, 1000, 422786]) {
      const [low, high] = wilsonInterval(0, n);
      expect(low).toBe(0);
      expect(high).toBeCloseTo(3.841458820694124 / (n + 3.841458820694124), 12);
      expect(wilsonInterval(n, n)[1]).toBe(1);
      expect(wilsonInterval(n, n)[0]).toBeCloseTo(1 - high, 12);
    }
  });

  test('nothing measured says nothing', () => expect(wilsonInterval(0, 0)).toEqual([0, 1]));
});

describe('bootstrap interval of a mean', () => {
  const stream = (seed = 0): RandomStream => RandomStream.named(seed, 'bootstrap');

  test('of equal values is that value', () => expect(bootstrapInterval(new Float64Array(20).fill(0.25), stream())).toEqual([0.25, 0.25]));
  test('of one value is that value', () => expect(bootstrapInterval(Float64Array.of(0.7), stream())).toEqual([0.7, 0.7]));
  test('nothing measured says nothing', () => expect(bootstrapInterval(new Float64Array(0), stream())).toEqual([0, 1]));

  test('is near mean +- 1.96 standard errors for many values', () => {
    const n = 900;
    const values = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0)); // mean 1/3, variance 2/9
    const [low, high] = bootstrapInterval(values, stream(), 4000);
    const error = 1.959964 * Math.sqrt(2 / 9 / n);
    expect(low).toBeCloseTo(1 / 3 - error, 2);
    expect(high).toBeCloseTo(1 / 3 + error, 2);
    expect(high - low).toBeGreaterThan(1.8 * error);
    expect(high - low).toBeLessThan(2.2 * error);
  });

  test('is the same for the same stream', () => {
    const values = Float64Array.from({ length: 50 }, (_, i) => i / 50);
    expect(bootstrapInterval(values, stream(1))).toEqual(bootstrapInterval(values, stream(1)));
    expect(bootstrapInterval(values, stream(1))).not.toEqual(bootstrapInterval(values, stream(2)));
  });
});

describe('the interval of a mean', () => {
  test('is Student\'s, and stays within 0 and 1', () => {
    // mean 0.7, deviation 0.1, n 3: 0.7 +- 4.303 * 0.1 / sqrt(3)
    const [low, high] = meanInterval([0.6, 0.7, 0.8]);
    expect(low).toBeCloseTo(0.4516, 3);
    expect(high).toBeCloseTo(0.9484, 3);
    expect(meanInterval([0.5, 0.5])).toEqual([0.5, 0.5]);
    expect(meanInterval([0.9, 1])[1]).toBe(1);
  });
});

test('the median of an even number of values is the mean of the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN]);
});
