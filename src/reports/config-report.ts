/** A config as programs read it: what is wrong with it, and what it amounts to. `trm validate --json` prints it, the editor's tools answer with it. */
import type { ParsedConfig } from '../config/load';
import type { ResolvedConfig } from '../config/resolve';
import { sweepRuns } from '../experiments/sweep';
import { effectiveDepth, parameterCount } from '../model/shapes';
import { dataFacts, type DataFacts } from '../puzzles/data-facts';
import { batchesInAll, stepsInAll } from '../puzzles/sample-batches';

/** The numbers of a config. */
export interface ConfigSummary {
  readonly parameters: number;
  /** Layers passed in one supervision step. */
  readonly depth: number;
  /** Optimiser steps in all, as far as they are known before the data is read. */
  readonly steps: number;
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

/** What a check of a config found. The numbers are there for a valid config whose data are known; those of a sweep's runs are of the config without it. */
export interface ConfigReport {
  /** Absolute. */
  readonly file: string;
  readonly valid: boolean;
  readonly problems: ParsedConfig['problems'];
  readonly parameters?: number;
  readonly effective_depth?: number;
  readonly optimiser_steps?: number;
  /** Combinations of its `sweep:`, each of which is a run; not there without one. */
  readonly sweep_runs?: number;
}

/** The report of a config. `file`: where it lies, absolute. */
export function configReport(file: string, { config, sweep = {}, problems }: Pick<ParsedConfig, 'config' | 'sweep' | 'problems'>): ConfigReport {
  const summary = config && summarise(config, file);
  return {
    file, valid: config !== undefined, problems,
    ...(summary ? { parameters: summary.parameters, effective_depth: summary.depth, optimiser_steps: summary.steps } : {}),
    ...(Object.keys(sweep).length > 0 ? { sweep_runs: sweepRuns(sweep) } : {}),
  };
}
