/**
 * A column of numbers that grows: what every chart keeps its data in. Values live in one typed array with a little room to spare, so
 * that appending is cheap and a hundred thousand of them cost half a megabyte, or one. A value that is not there is NaN.
 */

/** `single`: seven digits, enough for what was measured; `double`: for counts and times. */
export type Precision = 'single' | 'double';

/** What a column grows by. */
const spare = 1.2;

/** A growing column of numbers. */
export class Column {
  #data: Float32Array | Float64Array;
  #length = 0;

  /** @param capacity how many values there is room for at first */
  constructor(capacity = 64, precision: Precision = 'double') {
    this.#data = new (precision === 'single' ? Float32Array : Float64Array)(Math.max(1, capacity));
  }

  /** Values there are. */
  get length(): number {
    return this.#length;
  }

  /** The last value; NaN when empty. */
  get last(): number {
    return this.#length === 0 ? Number.NaN : this.#data[this.#length - 1]!;
  }

  /** Appends; null (what NaN becomes on its way through JSON) is NaN. */
  push(value: number | null | undefined): void {
    if (this.#length === this.#data.length) this.reserve(1);
    this.#data[this.#length] = value ?? Number.NaN;
    this.#length += 1;
  }

  /** Makes room for `more` values, and some beyond them. */
  reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#data.length) return;
    const grown = new (this.#data.constructor as Float64ArrayConstructor)(Math.ceil(needed * spare));
    grown.set(this.view());
    this.#data = grown;
  }

  /** The value at `index`; NaN outside. */
  at(index: number): number {
    return index >= 0 && index < this.#length ? this.#data[index]! : Number.NaN;
  }

  /** Keeps the first `length` values. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, Math.max(0, length));
  }

  /** The values, shared with the column: valid until the next push or truncate. */
  view(): Float32Array | Float64Array {
    return this.#data.subarray(0, this.#length);
  }

  /** In an ascending column: the first index whose value is at least `value`; the length when there is none. */
  lowerBound(value: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#data[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** In an ascending column: the index whose value is nearest to `value`; -1 when empty. */
  nearest(value: number): number {
    const after = this.lowerBound(value);
    if (after === 0) return this.#length === 0 ? -1 : 0;
    if (after === this.#length) return after - 1;
    return value - this.#data[after - 1]! <= this.#data[after]! - value ? after - 1 : after;
  }
}
