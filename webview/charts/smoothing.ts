/**
 * De-biased exponential smoothing, as TensorBoard draws it: s_i = w s_(i-1) + (1 - w) y_i, shown divided by (1 - w^i) so that
 * the first values are not pulled towards zero. Values that are not there are passed over and stay not there.
 */
import { Column } from './column';

/** A smoothed copy of a growing column that only computes what is new. */
export class Smoothed {
  readonly values: Column;
  readonly weight: number;
  readonly #source: Column;
  #average = 0;
  #debias = 1;

  /** @param weight 0 (no smoothing) to below 1. */
  constructor(source: Column, weight: number) {
    this.#source = source;
    this.weight = weight;
    this.values = new Column(source.length, 'single');
    this.catchUp();
  }

  /** Takes in what was pushed to the source since the last call. */
  catchUp(): void {
    const source = this.#source.view();
    for (let i = this.values.length; i < source.length; i += 1) {
      const value = source[i]!;
      if (!Number.isFinite(value)) {
        this.values.push(value);
        continue;
      }
      this.#average = this.weight * this.#average + (1 - this.weight) * value;
      this.#debias *= this.weight;
      this.values.push(this.#average / (1 - this.#debias));
    }
  }
}
