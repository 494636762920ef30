/**
 * A config in numbers, for the line above it and the presets: how they are written, and the memory that training takes on this machine. They
 * depend on the dataset; while its folder is not there yet, what `dataset:` says about it is enough.
 */
import type { ResolvedConfig } from '../../config/resolve';
import { trainingMemory, wasmLimit, type MemoryPlace } from '../../model/memory';
import { dataFacts } from '../../puzzles/data-facts';
import { summarise } from '../../reports/config-report';
import { bytesText, fits, memoryAdvice, type MemoryNeed } from '../../runs/memory-need';

/** Where a config would be trained here, and what is free there. Bytes. */
export interface TrainingPlace extends MemoryPlace { readonly free: number }

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
