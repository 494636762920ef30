/**
 * What is known of a config's training data without reading it: from the metadata of its folders when they are there, else
 * from what `dataset:` says about the folder it would make.
 */
import path from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import type { DatasetSpec } from '../config/schema';
import { arcFormat } from './arc-board';
import { trainingPairs } from './arc-generate';
import { arcVersions } from './build-arc';
import { datasetFolders } from './build-dataset';
import type { DatasetMetadata } from './dataset';
import { mazeFormat } from './maze-board';
import { readMetadata } from './read-dataset';
import { sudokuFormat } from './sudoku-board';

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
    return config.dataset && factsToBe(config.dataset);
  }
}

/** The facts of ARC tasks with so many copies each; some tasks may turn out to have fewer. */
function arcFacts(copies: number, tasks: number, pairs: number, side?: number): DataFacts {
  return { ...arcFormat(tasks * (copies + 1) + 1, side), total_groups: tasks, mean_puzzle_examples: pairs / tasks };
}

/** The facts of the folder that a `dataset:` section would make; undefined when only building it tells. */
function factsToBe(dataset: DatasetSpec): DataFacts | undefined {
  switch (dataset.kind) {
    case 'sudoku':
      return { ...sudokuFormat(dataset.size), total_groups: dataset.train, mean_puzzle_examples: 1 };
    case 'maze':
      return { ...mazeFormat(dataset.size), total_groups: dataset.train, mean_puzzle_examples: 1 };
    case 'arc_like':
      return arcFacts(dataset.augment, dataset.train + dataset.test, trainingPairs(dataset), dataset.size);
    case 'arc': {
      if (dataset.subsets || dataset.test_set !== undefined) return undefined;
      const { tasks, trainingPairs: pairs } = arcVersions[dataset.version];
      return arcFacts(dataset.augment, tasks, pairs);
    }
    case 'folder':
      return undefined;
    default:
      return dataset satisfies never;
  }
}
