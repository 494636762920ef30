/**
 * A table of weighted means that grows to the right: column i was measured at x_i over everything since x_(i-1), row k holds
 * a mean and how many it is a mean of. Running totals are kept, so the mean over any stretch of columns is
 * one subtraction and a redraw costs the same for ten columns and for a hundred thousand.
 */
import { Column } from './column';
import { valueIn } from './span';
import type { Span } from './span';

/** A growing table of [columns, rows] weighted means. */
export class HeatData {
  readonly rows: number;
  readonly #weights: Column; // running totals, [columns + 1, rows]
  readonly #sums: Column;
  #columns = 0;

  /** @param rows rows of every column. */
  constructor(rows: number) {
    this.rows = rows;
    this.#weights = new Column(rows * 64);
    this.#sums = new Column(rows * 64);
    this.#startTotals();
  }

  /** Columns there are. */
  get columns(): number {
    return this.#columns;
  }

  /** Appends a column; rows that are not listed, or have no weight, are empty. Cells beyond `rows` are left out. */
  push(cells: readonly { readonly row: number; readonly mean: number | null; readonly weight: number }[]): void {
    const before = this.#columns * this.rows;
    const weights = new Float64Array(this.rows);
    const sums = new Float64Array(this.rows);
    for (const { row, mean, weight } of cells) {
      if (row < 0 || row >= this.rows || mean === null || !Number.isFinite(mean) || !(weight > 0)) continue;
      weights[row]! += weight;
      sums[row]! += weight * mean;
    }
    for (let row = 0; row < this.rows; row += 1) {
      this.#weights.push(this.#weights.at(before + row) + weights[row]!);
      this.#sums.push(this.#sums.at(before + row) + sums[row]!);
    }
    this.#columns += 1;
  }

  /** Keeps the first `columns` columns. */
  truncate(columns: number): void {
    this.#columns = Math.min(this.#columns, Math.max(0, columns));
    this.#weights.truncate((this.#columns + 1) * this.rows);
    this.#sums.truncate((this.#columns + 1) * this.rows);
  }

  /** Mean over columns [from, to) of one row; NaN when nothing was measured. */
  mean(row: number, from: number, to: number): number {
    const weight = this.#weights.at(to * this.rows + row) - this.#weights.at(from * this.rows + row);
    if (!(weight > 0)) return Number.NaN;
    return (this.#sums.at(to * this.rows + row) - this.#sums.at(from * this.rows + row)) / weight;
  }

  /** How many the mean over columns [from, to) of one row is a mean of. */
  weight(row: number, from: number, to: number): number {
    return this.#weights.at(to * this.rows + row) - this.#weights.at(from * this.rows + row);
  }

  /**
   * Means for `bins` bins of equal width in the plot over `span`, [bins, rows] row-major; NaN where nothing was measured.
   * A bin between two columns belongs to the later one, which was measured over it.
   * @param x ascending, one per column.
   */
  bin(x: Column, span: Span, bins: number): Float32Array {
    const out = new Float32Array(bins * this.rows).fill(Number.NaN);
    const value = valueIn(span);
    for (let b = 0; b < bins; b += 1) {
      const from = x.lowerBound(value(b / bins));
      if (from >= this.#columns) break;
      const to = Math.max(from + 1, x.lowerBound(value((b + 1) / bins)));
      for (let row = 0; row < this.rows; row += 1) out[b * this.rows + row] = this.mean(row, from, to);
    }
    return out;
  }

  #startTotals(): void {
    for (let row = 0; row < this.rows; row += 1) {
      this.#weights.push(0);
      this.#sums.push(0);
    }
  }
}
