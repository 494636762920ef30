/** The score of the trivial answer, to stand beside a model's: the question itself, copied. */
import { IGNORE_LABEL_ID } from './dataset';
import type { DatasetSplit } from './dataset';

/** What copying the question gets right. */
export interface Baseline {
  readonly count: number;
  readonly exact_count: number;
  /** Share of right cells, averaged over puzzles. */
  readonly accuracy: number;
}

/** Scores the copied question on examples of a split, as evaluation scores an answer. Throws DatasetError when a row cannot be read. */
export function copyBaseline(split: DatasetSplit, examples: Int32Array): Baseline {
  const inputs = new Int32Array(split.metadata.seq_len);
  const labels = new Int32Array(split.metadata.seq_len);
  let [count, exact, share] = [0, 0, 0];
  for (const example of examples) {
    split.readInputs(example, inputs);
    split.readLabels(example, labels);
    let [valid, right] = [0, 0];
    for (let cell = 0; cell < labels.length; cell++) {
      if (labels[cell] === IGNORE_LABEL_ID) continue;
      valid++;
      if (labels[cell] === inputs[cell]) right++;
    }
    if (valid === 0) continue;
    count++;
    exact += Number(right === valid);
    share += right / valid;
  }
  return { count, exact_count: exact, accuracy: count ? share / count : 0 };
}

/** A baseline in words. */
export function baselineText({ count, exact_count, accuracy }: Baseline): string {
  return `copying the question: ${exact_count} of ${count} exact, ${(100 * accuracy).toFixed(1)} % of cells`;
}
