/** Shows the views of a vote to a model, batch by batch, and hands it the answers of the last supervision step. */
import { IGNORE_LABEL_ID } from '../puzzles/dataset';
import type { Vote } from '../puzzles/vote-views';
import type { Evaluator } from './evaluation';

/** Options of one collection. */
export interface CollectOptions {
  /** Supervision steps. */
  readonly depth: number;
  /** Tokens of a row. */
  readonly seqLen: number;
  /** Identifier of padding rows. */
  readonly blankIdentifier: number;
  /** Views done so far, after each batch. */
  readonly onProgress?: (done: number, count: number) => void;
  readonly signal?: AbortSignal;
}

/** Collects the answers of an evaluator that was made with `inspect`. Throws the signal's reason when aborted. */
export async function collectVotes(evaluator: Evaluator, vote: Vote, { depth, seqLen, blankIdentifier, onProgress, signal }: CollectOptions): Promise<void> {
  const size = evaluator.batchSize;
  for (let first = 0; first < vote.views; first += size) {
    const count = Math.min(size, vote.views - first);
    const batch = { inputs: new Int32Array(size * seqLen), labels: new Int32Array(size * seqLen).fill(IGNORE_LABEL_ID), puzzleIdentifiers: new Int32Array(size).fill(blankIdentifier) };
    for (let row = 0; row < count; row++) {
      const { identifier, inputs } = vote.view(first + row);
      batch.inputs.set(inputs, row * seqLen);
      batch.puzzleIdentifiers[row] = identifier;
    }
    for (let k = 0; k < depth; k++) {
      signal?.throwIfAborted();
      const outputs = await evaluator.step(batch, k === 0);
      if (k < depth - 1) continue;
      const { predictions, q_halt } = outputs;
      for (let row = 0; row < count; row++) vote.add(first + row, predictions!.data.subarray(row * seqLen, (row + 1) * seqLen), 1 / (1 + Math.exp(-q_halt!.data[row]!)));
    }
    onProgress?.(first + count, vote.views);
  }
}
