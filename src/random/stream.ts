/**
 * Every random draw of a run. A stream is named by the run's seed, a purpose and counters (an optimiser step, a block of
 * epochs): the same name always gives the same numbers, whatever was drawn before. So a resumed run needs no saved
 * generator state to be bit-identical, and two purposes never disturb each other.
 */
import { createHash } from 'node:crypto';
import { unsafeUniformIntDistribution } from 'pure-rand/distribution/UnsafeUniformIntDistribution';
import { xoroshiro128plus } from 'pure-rand/generator/XoroShiro';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** One stream of random numbers (xoroshiro128+). Draws mutate it. */
export class RandomStream {
  private constructor(private readonly generator: RandomGenerator) {}

  /** The stream with this name. `seed` is the config's; `counters` are e.g. an optimiser step or a block of epochs. */
  static named(seed: number, purpose: string, ...counters: number[]): RandomStream {
    const hash = createHash('sha256').update([seed, purpose, ...counters].join('\u0000')).digest();
    const state = [0, 4, 8, 12].map(at => hash.readInt32LE(at));
    return new RandomStream(xoroshiro128plus.fromState(state));
  }

  /** A number in [0, 1), with 32 random bits. */
  uniform(): number {
    return (this.generator.unsafeNext() >>> 0) / 0x1_0000_0000;
  }

  /** An integer in [low, high], both included. */
  integer(low: number, high: number): number {
    return unsafeUniformIntDistribution(low, high, this.generator);
  }

  /** The numbers 0..n-1 in random order (Fisher-Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const kept = order[i]!;
      order[i] = order[j]!;
      order[j] = kept;
    }
    return order;
  }

  /** `k` distinct numbers of 0..n-1 in random order; throws RangeError when k > n. */
  choose(n: number, k: number): Int32Array {
    if (k > n) throw new RangeError(`cannot choose ${k} of ${n} without replacement`);
    if (k * 4 > n) return this.permutation(n).subarray(0, k);
    const chosen = new Set<number>();
    while (chosen.size < k) chosen.add(this.integer(0, n - 1));
    return Int32Array.from(chosen);
  }

  /** A standard normal number (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /**
   * Truncated normal at +-2 sigma, scaled so that the standard deviation *after* truncation is `std`
   * (the published `trunc_normal_init_`), filling `out`.
   */
  fillTruncatedNormal(out: Float32Array, std: number): Float32Array {
    const sigma = std / stdOfNormalTruncatedAt2;
    for (let i = 0; i < out.length; i++) {
      let draw = this.normal();
      while (Math.abs(draw) > 2) draw = this.normal();
      out[i] = draw * sigma;
    }
    return out;
  }
}

/** sqrt(1 - 2 * 2 phi(2) / (2 Phi(2) - 1)): the standard deviation of a unit normal cut at +-2. */
const stdOfNormalTruncatedAt2 = 0.8796256610342398;
