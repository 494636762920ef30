/** What many numbers are like, taken in piece by piece: first their moments, then, between the bounds these gave, their histogram. */

/** Bars of a histogram. */
export const histogramBins = 40;

/** Statistics over the finite values. All 0 when there is none. */
export interface ValueStatistics {
  /** Values that are numbers, and those that are NaN or infinite. */
  readonly finite: number;
  readonly nonFinite: number;
  /** Values that are exactly 0. */
  readonly zeros: number;
  /** Euclidean norm: the square root of the sum of squares. */
  readonly norm: number;
  readonly mean: number;
  /** Standard deviation (of these values, not an estimate from a sample). */
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Values per bin, `histogramBins` of equal width from min to max; one bin when all values are the same, none without values. */
  readonly histogram: readonly number[];
}

/** The first look at the values. */
export class Moments {
  finite = 0;
  nonFinite = 0;
  zeros = 0;
  min = Infinity;
  max = -Infinity;
  private sum = 0;
  private squares = 0;

  take(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) { this.nonFinite++; continue; }
      this.finite++;
      this.sum += value;
      this.squares += value * value;
      if (value === 0) this.zeros++;
      if (value < this.min) this.min = value;
      if (value > this.max) this.max = value;
    }
  }

  get mean(): number { return this.finite === 0 ? 0 : this.sum / this.finite; }
  get norm(): number { return Math.sqrt(this.squares); }
}

/** The second look, at the same values. */
export class Spread {
  private readonly bins: number[];
  private readonly perUnit: number;
  private deviations = 0;

  constructor(private readonly moments: Moments) {
    const { finite, min, max } = moments;
    this.bins = new Array<number>(finite === 0 ? 0 : max > min ? histogramBins : 1).fill(0);
    this.perUnit = this.bins.length / (max - min || 1);
  }

  take(values: ArrayLike<number>): void {
    const { mean, min } = this.moments;
    const last = this.bins.length - 1;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      this.deviations += (value - mean) ** 2;
      this.bins[Math.min(Math.floor((value - min) * this.perUnit), last)]!++;
    }
  }

  /** Both looks together. */
  statistics(): ValueStatistics {
    const { finite, nonFinite, zeros, norm, mean, min, max } = this.moments;
    if (finite === 0) return { finite, nonFinite, zeros, norm, mean, std: 0, min: 0, max: 0, histogram: [] };
    return { finite, nonFinite, zeros, norm, mean, std: Math.sqrt(this.deviations / finite), min, max, histogram: this.bins };
  }
}
