/** Intervals that stand beside accuracies. */
import type { RandomStream } from '../random/stream';

/** 95 % quantile of the standard normal distribution, two-sided. */
const z95 = 1.959963984540054;

/** 95 % Wilson score interval of `successes` of `n` independent puzzles; [0, 1] when n is 0. */
export function wilsonInterval(successes: number, n: number): [number, number] {
  if (n === 0) return [0, 1];
  const p = successes / n;
  const centre = p + (z95 * z95) / (2 * n);
  const spread = z95 * Math.sqrt((p * (1 - p)) / n + (z95 * z95) / (4 * n * n));
  const scale = 1 + (z95 * z95) / n;
  // Rounding must not push the ends past the share itself when all or none succeed.
  return [Math.max(0, Math.min(p, (centre - spread) / scale)), Math.min(1, Math.max(p, (centre + spread) / scale))];
}

/** 95 % percentile bootstrap interval of the mean of `values` (one per puzzle), with seeded resamples. */
export function bootstrapInterval(values: Float64Array, stream: RandomStream, resamples = 200): [number, number] {
  const n = values.length;
  if (n === 0) return [0, 1];
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[Math.floor(stream.uniform() * n)]!;
    return sum / n;
  }).sort();
  return [means[Math.floor(0.025 * (resamples - 1))]!, means[Math.ceil(0.975 * (resamples - 1))]!];
}

/** 97.5 % points of Student's t distribution for 1 to 30 degrees of freedom; beyond, the normal one's is near enough. */
const t975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042];

/** 95 % interval of the mean of at least two values, kept within 0..1. */
export function meanInterval(values: readonly number[]): [number, number] {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const half = ((t975[n - 2] ?? 1.96) * deviation) / Math.sqrt(n);
  return [Math.max(0, mean - half), Math.min(1, mean + half)];
}
