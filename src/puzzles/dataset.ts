/**
 * What a dataset is, to the rest of the house: a split (train or test) in the published folder layout, of which single
 * rows can be read without holding all of it in memory. Reading lives in `read-dataset.ts`, writing in `write-dataset.ts`.
 */
import { z } from 'zod';

/** `dataset.json` of a split, as published. */
export const datasetMetadataSchema = z.object({
  pad_id: z.int().min(0),
  ignore_label_id: z.int().nullable(),
  blank_identifier_id: z.int().min(0),
  vocab_size: z.int().min(2),
  seq_len: z.int().min(1),
  num_puzzle_identifiers: z.int().min(1),
  total_groups: z.int().min(0),
  mean_puzzle_examples: z.number().positive(),
  total_puzzles: z.int().min(0),
  sets: z.array(z.string().regex(/^[\w.-]+$/)).min(1),
});

/** Metadata of a split. */
export type DatasetMetadata = z.infer<typeof datasetMetadataSchema>;

/** Label value the losses ignore; labels equal to the metadata's `ignore_label_id` are read as this. */
export const IGNORE_LABEL_ID = -100;

/**
 * One split, open for reading. Examples are numbered over all sets of all folders; a puzzle is a run of examples
 * (`puzzleIndices[p]` to `puzzleIndices[p + 1]`), a group a run of puzzles (augmented copies of one).
 */
export interface DatasetSplit {
  readonly metadata: DatasetMetadata;
  readonly examples: number;
  /** Prefix offsets into examples, length puzzles + 1. */
  readonly puzzleIndices: Int32Array;
  /** Prefix offsets into puzzles, length groups + 1. */
  readonly groupIndices: Int32Array;
  /** Identifier of each puzzle, length puzzles. */
  readonly puzzleIdentifiers: Int32Array;
  /** Prefix offsets into groups, one set of one folder each: training batches never mix two of them. */
  readonly setGroups: Int32Array;
  /** Reads the tokens of one example into `out` (length seq_len). Throws DatasetError when the file cannot be read. */
  readInputs(example: number, out: Int32Array): void;
  /** Reads its labels into `out`, with ignored labels as IGNORE_LABEL_ID. */
  readLabels(example: number, out: Int32Array): void;
  /** The puzzle an example belongs to. */
  puzzleOf(example: number): number;
  /** Closes its files; reading afterwards throws. */
  close(): void;
}

/** A batch of rows, row-major; the last rows of a short one are padding (labels all ignored). */
export interface Batch {
  /** [B, L] */
  readonly inputs: Int32Array;
  /** [B, L] */
  readonly labels: Int32Array;
  /** [B] */
  readonly puzzleIdentifiers: Int32Array;
}
