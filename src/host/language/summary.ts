/**
 * A config in numbers, for the line above it: trained parameters, effective depth, optimiser steps, and the memory that training
 * takes on this machine. They depend on the dataset; while its folder is not there yet, what `dataset:` says about it is enough.
 */
import type { ResolvedConfig } from '../../config/resolve';
import { trainingMemory, wasmLimit, type MemoryPlace } from '../../model/memory';
import { effectiveDepth, parameterCount } from '../../model/shapes';
import { dataFacts, type DataFacts } from '../../puzzles/data-facts';
import { bytesText, fits, memoryAdvice, type MemoryNeed } from '../../runs/memory-need';
import { batchesInAll, stepsInAll } from '../../puzzles/sample-batches';

/** The numbers of a config. */
export interface ConfigSummary {
  readonly parameters: number;
  /** Layers passed in one supervision step. */
  readonly depth: number;
  /** Optimiser steps in all, as far as they are known before the data is read. */
  readonly steps: number;
}

/** Where a config would be trained here, and what is free there. Bytes. */
export interface TrainingPlace extends MemoryPlace { readonly free: number }

/** The summary of a config, or undefined while its dataset is unknown. */
export function summarise(config: ResolvedConfig, configPath: string): ConfigSummary | undefined {
  const facts = dataFacts(config, configPath);
  return facts && { parameters: parameterCount(config.arch, facts).total, depth: effectiveDepth(config.arch), steps: steps(config, facts) };
}

/** What training a config takes there; undefined while its dataset is unknown. */
export function memoryNeed(config: ResolvedConfig, configPath: string, place: TrainingPlace): MemoryNeed | undefined {
  const facts = dataFacts(config, configPath);
  return facts && trainingMemory(config, facts, place);
}

/** "about 1.7 GB", or that it will not fit, and what would. */
export function memoryWords(need: MemoryNeed, { engine, free, workers = 1 }: TrainingPlace): { text: string; advice: string | null } {
  const room = engine === 'wasm' ? Math.min(free, wasmLimit * workers) : free;
  if (fits(need, room)) return { text: `about ${bytesText(need.estimated)} of memory`, advice: null };
  return { text: `about ${bytesText(need.estimated)} of memory, more than fits`, advice: memoryAdvice(need, room) };
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

/** "5.03 M parameters, 65,100 steps, about 70 GB of GPU memory ...": estimates, said to be such; undefined while the dataset is unknown. */
export function sizeOnGpu(config: ResolvedConfig, configPath: string): string | undefined {
  const [summary, facts] = [summarise(config, configPath), dataFacts(config, configPath)];
  if (!summary || !facts) return undefined;
  const { estimated } = trainingMemory(config, facts, { engine: 'tensorflow', device: 'gpu', forward_dtype: config.arch.forward_dtype });
  return `${countText(summary.parameters)} parameters, ${summary.steps.toLocaleString('en-US')} steps, about ${bytesText(estimated)} of GPU memory for the whole batch at once (estimates; micro_batch_size takes less)`;
}
