/**
 * Which test examples are evaluated, and in what batches: a fixed subset, the same at every evaluation of a run and of
 * every run with its seed, in the order of the data. Where the test split has augmented copies (ARC), only the originals
 * are evaluated: copies are no further puzzles. Batches are read by number, so an evaluation can stop and go on.
 */
import { RandomStream } from '../random/stream';
import { IGNORE_LABEL_ID } from './dataset';
import type { Batch, DatasetSplit } from './dataset';

/** A batch of the evaluation; its rows beyond `examples.length` are padding. */
export interface EvaluationBatch extends Batch {
  /** Examples of the split in the first rows. */
  readonly examples: Int32Array;
}

/** Reads examples into a batch of `rows` rows, padded with PAD, ignored labels and the blank identifier. Throws DatasetError. */
export function readBatch(split: DatasetSplit, examples: Int32Array, rows: number): EvaluationBatch {
  const { seq_len: length, pad_id, blank_identifier_id } = split.metadata;
  const batch = {
    inputs: new Int32Array(rows * length).fill(pad_id),
    labels: new Int32Array(rows * length).fill(IGNORE_LABEL_ID),
    puzzleIdentifiers: new Int32Array(rows).fill(blank_identifier_id),
    examples,
  };
  examples.forEach((example, row) => {
    split.readInputs(example, batch.inputs.subarray(row * length, (row + 1) * length));
    split.readLabels(example, batch.labels.subarray(row * length, (row + 1) * length));
    batch.puzzleIdentifiers[row] = split.puzzleIdentifiers[split.puzzleOf(example)]!;
  });
  return batch;
}

/** The examples of the first puzzle of every group: the originals. */
function originals({ groupIndices, puzzleIndices }: DatasetSplit): Int32Array {
  const chosen: number[] = [];
  for (let group = 0; group + 1 < groupIndices.length; group++) {
    const puzzle = groupIndices[group]!;
    for (let example = puzzleIndices[puzzle]!; example < puzzleIndices[puzzle + 1]!; example++) chosen.push(example);
  }
  return Int32Array.from(chosen);
}

/** The examples of an evaluation. */
export class EvaluationRows {
  /** Chosen examples, ascending. */
  readonly examples: Int32Array;
  /** Originals there are, of which those are chosen. */
  readonly total: number;
  /** Batches in all. */
  readonly batches: number;

  /** `count`: the config's eval_examples; more than there are takes all. */
  constructor(private readonly split: DatasetSplit, count: number | 'all', seed: number, private readonly batchSize: number) {
    const all = originals(split);
    this.total = all.length;
    this.examples = count === 'all' || count >= all.length ? all : Int32Array.from(RandomStream.named(seed, 'evaluation-rows').choose(all.length, count), chosen => all[chosen]!).sort();
    this.batches = Math.ceil(this.examples.length / batchSize);
  }

  /** Batch `index` of `batches`; the last one is padded. Throws DatasetError when a row cannot be read. */
  read(index: number): EvaluationBatch {
    return readBatch(this.split, this.examples.slice(index * this.batchSize, (index + 1) * this.batchSize), this.batchSize);
  }
}
