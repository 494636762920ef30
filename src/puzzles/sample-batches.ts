/**
 * The training data in the order of the published loader. Between two evaluations lie `eval_interval` epochs; for each set
 * of the data they form one block: that many fresh permutations of the set's groups, one after the other. Batches are
 * packed from the front and run across epoch borders; only what is left at the end of a block, less than a batch, is
 * dropped. Every draw is named by seed, block and batch, so the position alone is enough to continue.
 */
import { RandomStream } from '../random/stream';
import type { RowAugmentation } from './augmentation';
import type { Batch, DatasetMetadata, DatasetSplit } from './dataset';
import { DatasetError } from './errors';

/** Where the sampler stands, as a checkpoint keeps it. */
export interface SamplerPosition {
  /** Blocks done. */
  readonly block: number;
  /** Groups of this block used, counted over its epochs. */
  readonly cursor: number;
  /** Batches of this block given. */
  readonly batch: number;
}

/** The config keys that decide the order. */
export interface SamplerConfig {
  readonly seed: number;
  readonly global_batch_size: number;
  readonly epochs: number;
  /** Undefined: epochs. */
  readonly eval_interval?: number | undefined;
}

/** A training batch: full, with its place in training. */
export interface TrainingBatch extends Batch {
  /** Examples of the split the rows are. */
  readonly examples: Int32Array;
  /** True for the last batch before an evaluation is due. */
  readonly endsInterval: boolean;
}

/** Epochs between evaluations. Throws DatasetError `bad-option` when they do not divide `epochs`. */
export function evalInterval(config: Pick<SamplerConfig, 'epochs' | 'eval_interval'>): number {
  const interval = config.eval_interval ?? config.epochs;
  if (config.epochs % interval !== 0) {
    const fits = Array.from({ length: Math.min(interval, 10_000) }, (_, i) => interval - i).find(n => config.epochs % n === 0) ?? 1;
    throw new DatasetError('bad-option', `eval_interval: ${interval} does not divide epochs: ${config.epochs}.`, `Set eval_interval to ${fits}, or epochs to ${Math.ceil(config.epochs / interval) * interval}.`);
  }
  return interval;
}

/**
 * Optimiser steps in all by the published formula, floor(epochs * groups * mean examples per puzzle / batch). The learning
 * rate's schedule is laid out over these, and training ends after them at the latest: the published loop skips any batch
 * beyond. It may end earlier, by what is dropped at each block's end; see `batchesInAll`.
 */
export function stepsInAll(config: Pick<SamplerConfig, 'epochs' | 'global_batch_size'>, metadata: Pick<DatasetMetadata, 'total_groups' | 'mean_puzzle_examples'>): number {
  return Math.floor((config.epochs * metadata.total_groups * metadata.mean_puzzle_examples) / config.global_batch_size);
}

/**
 * Batches the sampler gives in all; known beforehand only when all puzzles have equally many examples, else undefined.
 * Training takes min(this, `stepsInAll`) steps.
 */
export function batchesInAll(config: SamplerConfig, split: Pick<DatasetSplit, 'puzzleIndices' | 'setGroups'>): number | undefined {
  const { puzzleIndices, setGroups } = split;
  const size = (puzzleIndices[1] ?? 0) - puzzleIndices[0]!;
  for (let p = 1; p < puzzleIndices.length; p++) if (puzzleIndices[p]! - puzzleIndices[p - 1]! !== size) return undefined;
  if (size === 0) return 0;
  const groupsPerBatch = Math.ceil(config.global_batch_size / size);
  const interval = evalInterval(config);
  let perInterval = 0;
  for (let set = 1; set < setGroups.length; set++) perInterval += Math.floor(((setGroups[set]! - setGroups[set - 1]!) * interval) / groupsPerBatch);
  return perInterval * (config.epochs / interval);
}

/** The rows of the next batch and where they leave the sampler. */
interface Plan {
  readonly examples: Int32Array;
  readonly at: SamplerPosition;
  readonly cursor: number;
}

/** Gives the training batches one by one, from any position. */
export class BatchSampler {
  private readonly interval: number;
  private readonly sets: number;
  private readonly blocks: number;
  private epoch: { block: number; index: number; order: Int32Array } | undefined;
  private upcoming: Plan | undefined;

  /**
   * @param augment applied to every row; its draws are named by block and batch too
   * @param start where to continue; default: the beginning
   * @throws DatasetError `bad-option` for an interval that does not divide the epochs, `no-full-batch` when a block is
   * smaller than one batch
   */
  constructor(
    private readonly split: DatasetSplit,
    private readonly config: SamplerConfig,
    private readonly augment?: RowAugmentation,
    start: SamplerPosition = { block: 0, cursor: 0, batch: 0 },
  ) {
    this.interval = evalInterval(config);
    this.sets = split.setGroups.length - 1;
    this.blocks = (config.epochs / this.interval) * this.sets;
    this.upcoming = this.plan(start);
  }

  /** Where the next batch begins: plain JSON; a sampler made with it continues exactly here. */
  get position(): SamplerPosition {
    return this.upcoming?.at ?? { block: this.blocks, cursor: 0, batch: 0 };
  }

  /** Epochs done, in parts: 0 to `epochs`. With several sets, each is an equal part of an epoch. */
  get epochsDone(): number {
    const { block, cursor } = this.position;
    if (block >= this.blocks) return this.config.epochs;
    const within = cursor / (this.groupsOf(block) * this.interval);
    return ((block + within) / this.sets) * this.interval;
  }

  /** The next batch, or undefined when all epochs are done. Throws DatasetError when a row cannot be read. */
  next(): TrainingBatch | undefined {
    const plan = this.upcoming;
    if (!plan) return undefined;
    const { split, config, augment } = this;
    const rows = config.global_batch_size;
    const length = split.metadata.seq_len;
    const batch = { inputs: new Int32Array(rows * length), labels: new Int32Array(rows * length), puzzleIdentifiers: new Int32Array(rows) };
    const stream = augment && RandomStream.named(config.seed, 'augment', plan.at.block, plan.at.batch);
    plan.examples.forEach((example, row) => {
      const inputs = batch.inputs.subarray(row * length, (row + 1) * length);
      const labels = batch.labels.subarray(row * length, (row + 1) * length);
      split.readInputs(example, inputs);
      split.readLabels(example, labels);
      if (augment && stream) augment(inputs, labels, stream);
      batch.puzzleIdentifiers[row] = split.puzzleIdentifiers[split.puzzleOf(example)]!;
    });
    this.upcoming = this.plan({ block: plan.at.block, cursor: plan.cursor, batch: plan.at.batch + 1 });
    const intervalOf = (position: SamplerPosition) => Math.floor(position.block / this.sets);
    return { ...batch, examples: plan.examples, endsInterval: intervalOf(this.position) > intervalOf(plan.at) };
  }

  /** Plans the batch at a position, going on to the next block where this one has no full batch left. */
  private plan(at: SamplerPosition): Plan | undefined {
    if (at.block >= this.blocks) return undefined;
    const plan = this.pack(at);
    if (plan) return plan;
    if (at.batch > 0) return this.plan({ block: at.block + 1, cursor: 0, batch: 0 });
    const { global_batch_size, eval_interval, epochs } = this.config;
    throw new DatasetError(
      'no-full-batch',
      `The training data give no full batch: ${this.groupsOf(at.block)} groups in ${this.interval} epochs (${eval_interval === undefined ? 'epochs' : 'eval_interval'}) hold fewer examples than global_batch_size: ${global_batch_size}.`,
      `Lower global_batch_size, or raise ${eval_interval === undefined || eval_interval === epochs ? 'epochs' : 'eval_interval'}.`,
    );
  }

  /** Packs one batch from the groups at the cursor; undefined when they do not fill it. */
  private pack(at: SamplerPosition): Plan | undefined {
    const { puzzleIndices, groupIndices, setGroups } = this.split;
    const size = this.config.global_batch_size;
    const firstGroup = setGroups[at.block % this.sets]!;
    const groups = this.groupsOf(at.block);
    const stream = RandomStream.named(this.config.seed, 'batch', at.block, at.batch);
    const examples = new Int32Array(size);
    let filled = 0;
    let cursor = at.cursor;
    while (filled < size) {
      if (cursor >= groups * this.interval) return undefined;
      const group = firstGroup + this.orderOf(at.block, Math.floor(cursor / groups))[cursor % groups]!;
      cursor++;
      const puzzle = stream.integer(groupIndices[group]!, groupIndices[group + 1]! - 1);
      const first = puzzleIndices[puzzle]!;
      const available = puzzleIndices[puzzle + 1]! - first;
      for (const choice of stream.choose(available, Math.min(available, size - filled))) examples[filled++] = first + choice;
    }
    return { examples, at, cursor };
  }

  private groupsOf(block: number): number {
    const set = block % this.sets;
    return this.split.setGroups[set + 1]! - this.split.setGroups[set]!;
  }

  /** The permutation of the groups in one epoch of a block; the last one is kept. */
  private orderOf(block: number, index: number): Int32Array {
    if (this.epoch?.block !== block || this.epoch.index !== index) {
      this.epoch = { block, index, order: RandomStream.named(this.config.seed, 'group-order', block, index).permutation(this.groupsOf(block)) };
    }
    return this.epoch.order;
  }
}
