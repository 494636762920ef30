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

/** How much it takes, "1.7 GB"; when that does not fit there, what would. */
export function memoryFit(need: MemoryNeed, { engine, free, workers = 1 }: TrainingPlace): { size: string; advice: string | null } {
  const room = engine === 'wasm' ? Math.min(free, wasmLimit * workers) : free;
  return { size: bytesText(need.estimated), advice: fits(need, room) ? null : memoryAdvice(need, room).next };
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

/** A config's size in texts: "5.03 M" parameters, steps, "70 GB" of GPU memory for the whole batch at once. Estimates; undefined while the dataset is unknown. */
export function sizeOnGpu(config: ResolvedConfig, configPath: string): { parameters: string; steps: number; memory: string } | undefined {
  const [summary, facts] = [summarise(config, configPath), dataFacts(config, configPath)];
  if (!summary || !facts) return undefined;
  const { estimated } = trainingMemory(config, facts, { engine: 'tensorflow', device: 'gpu', forward_dtype: config.arch.forward_dtype });
  return { parameters: countText(summary.parameters), steps: summary.steps, memory: bytesText(estimated) };
}
