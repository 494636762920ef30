/**
 * A config in three numbers, for the line above it: trained parameters, effective depth, optimiser steps. They depend on the
 * dataset; while its folder is not there yet, what `dataset:` says about it is enough.
 */
import path from 'node:path';
import type { ResolvedConfig } from '../../config/resolve';
import { effectiveDepth, parameterCount, type DataShape } from '../../model/shapes';
import { datasetFolders } from '../../puzzles/build-dataset';
import type { DatasetMetadata } from '../../puzzles/dataset';
import { readMetadata } from '../../puzzles/read-dataset';
import { batchesInAll, stepsInAll } from '../../puzzles/sample-batches';

/** What the training data amounts to. */
export type DataFacts = DataShape & Pick<DatasetMetadata, 'total_groups' | 'mean_puzzle_examples'>;

/** The numbers of a config. */
export interface ConfigSummary {
  readonly parameters: number;
  /** Layers passed in one supervision step. */
  readonly depth: number;
  /** Optimiser steps in all, as far as they are known before the data is read. */
  readonly steps: number;
}

/** The facts of the dataset folders, or of the folder that `dataset:` would make; undefined when neither is known. */
export function dataFacts(config: ResolvedConfig, configPath: string): DataFacts | undefined {
  try {
    const all = datasetFolders(config, path.dirname(configPath)).train.map(folder => readMetadata(folder, 'train'));
    const sum = (of: (metadata: DatasetMetadata) => number) => all.reduce((total, metadata) => total + of(metadata), 0);
    const groups = sum(metadata => metadata.total_groups);
    return {
      vocab_size: all[0]!.vocab_size,
      seq_len: all[0]!.seq_len,
      num_puzzle_identifiers: sum(metadata => metadata.num_puzzle_identifiers),
      total_groups: groups,
      mean_puzzle_examples: groups === 0 ? 1 : sum(metadata => metadata.total_groups * metadata.mean_puzzle_examples) / groups,
    };
  } catch {
    // Not there, or not readable: training says what is wrong with it; here the config's own words are the next best.
    const { dataset } = config;
    if (dataset?.kind !== 'sudoku') return undefined;
    return { vocab_size: dataset.size + 2, seq_len: dataset.size ** 2, num_puzzle_identifiers: 1, total_groups: dataset.train, mean_puzzle_examples: 1 };
  }
}

/** The summary of a config, or undefined while its dataset is unknown. */
export function summarise(config: ResolvedConfig, configPath: string): ConfigSummary | undefined {
  const facts = dataFacts(config, configPath);
  return facts && { parameters: parameterCount(config.arch, facts).total, depth: effectiveDepth(config.arch), steps: steps(config, facts) };
}

/** Steps as training will count them, taking every puzzle to have the mean number of examples. */
function steps(config: ResolvedConfig, { total_groups, mean_puzzle_examples }: DataFacts): number {
  const most = stepsInAll(config, { total_groups, mean_puzzle_examples });
  try {
    const batches = batchesInAll(config, { puzzleIndices: Int32Array.of(0, Math.round(mean_puzzle_examples)), setGroups: Int32Array.of(0, total_groups) });
    return Math.min(most, batches ?? most);
  } catch {
    return most; // an eval_interval that does not divide epochs: training says so
  }
}

/** A count in at most three digits: 950, 12.3 k, 5.03 M. */
export function countText(count: number): string {
  for (const [unit, size] of [['M', 1e6], ['k', 1e3]] as const) {
    if (count >= size * 0.9995) return `${Number((count / size).toPrecision(3))} ${unit}`;
  }
  return String(count);
}
