/**
 * The puzzles' own embeddings: a table in host memory of which a step reads and writes only the rows of the puzzles in
 * its slots, so hundreds of thousands of puzzles cost nothing per step. Updated by sign-SGD with decoupled decay.
 */

/** The table [identifiers, ndim]. */
export class PuzzleEmbeddings {
  constructor(readonly weights: Float32Array, readonly ndim: number) {}

  /** A new table: all zero, as published. */
  static zeros(identifiers: number, ndim: number): PuzzleEmbeddings {
    return new PuzzleEmbeddings(new Float32Array(identifiers * ndim), ndim);
  }

  /** The rows of these identifiers, [B, ndim]. */
  rows(identifiers: Int32Array): Float32Array {
    const out = new Float32Array(identifiers.length * this.ndim);
    identifiers.forEach((id, slot) => out.set(this.weights.subarray(id * this.ndim, (id + 1) * this.ndim), slot * this.ndim));
    return out;
  }

  /**
   * Sign-SGD on the rows of `identifiers` (those in the slots): gradients [B, ndim] of repeated identifiers are summed
   * first, then row = row (1 - lr wd) - lr sign(sum).
   */
  signSgd(identifiers: Int32Array, gradients: Float32Array, lr: number, weightDecay: number): void {
    const { ndim, weights } = this;
    const summed = new Map<number, Float32Array>();
    identifiers.forEach((id, slot) => {
      const gradient = gradients.subarray(slot * ndim, (slot + 1) * ndim);
      const sum = summed.get(id);
      if (!sum) summed.set(id, gradient.slice());
      else for (let j = 0; j < ndim; j++) sum[j]! += gradient[j]!;
    });
    for (const [id, sum] of summed) {
      for (let j = 0; j < ndim; j++) {
        const at = id * ndim + j;
        weights[at] = weights[at]! * (1 - lr * weightDecay) - lr * Math.sign(sum[j]!);
      }
    }
  }
}
