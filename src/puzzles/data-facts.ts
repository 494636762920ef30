/**
 * What is known of a config's training data without reading it: from the metadata of its folders when they are there, else
 * from what `dataset:` says about the folder it would make.
 */
import path from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { datasetFolders } from './build-dataset';
import type { DatasetMetadata } from './dataset';
import { readMetadata } from './read-dataset';

/** What the training data amounts to. */
export type DataFacts = Pick<DatasetMetadata, 'vocab_size' | 'seq_len' | 'num_puzzle_identifiers' | 'total_groups' | 'mean_puzzle_examples'>;

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
