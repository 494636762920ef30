/**
 * Memory, before and after: what training will need against what is free, said before the first step; and when an engine
 * could not have more, which batch size would fit.
 */
import type { ResolvedConfig } from '../config/resolve';
import type { Engine } from '../engine/engine';
import { trainingMemory, wasmLimit } from '../model/memory';
import type { DataShape } from '../model/shapes';
import { bytesText, fits, memoryAdvice, roomText } from '../runs/memory-need';
import type { RunMemory } from '../runs/memory-need';
import type { RunManifest } from '../runs/schema';
import { lanesFor } from '../runtime/lanes';
import { memoryFacts } from '../runtime/memory';
import type { Failure } from './failure';

/** What the record of the engine says that matters here. */
type EngineFacts = { readonly name: Engine['name']; readonly threads: number; readonly forward_dtype: 'float32' | 'bfloat16' };

/** Compares, after the engine is open. `gpu`: bytes free on the GPU it computes on; undefined on the CPU. */
export async function checkMemory(config: ResolvedConfig, data: DataShape, engine: EngineFacts, gpu?: number): Promise<RunMemory> {
  const { free, of, oomKills } = await memoryFacts();
  const workers = engine.name === 'wasm' ? engine.threads : 1;
  const lanes = engine.name === 'tensorflow' && gpu === undefined ? lanesFor(config.micro_batch_size, engine.threads) : 1;
  const need = trainingMemory(config, data, { engine: engine.name, device: gpu === undefined ? 'cpu' : 'gpu', forward_dtype: engine.forward_dtype, workers, lanes });
  // The estimate is of the whole process, part of which is there already.
  const room = free + process.memoryUsage().rss;
  const oom_kills = { ...oomKills };
  if (gpu !== undefined) return { ...need, free: gpu, of: 'gpu', oom_kills };
  const addressable = wasmLimit * workers;
  if (engine.name === 'wasm' && addressable < room) return { ...need, free: addressable, of: 'wasm', oom_kills };
  return { ...need, free: room, of, oom_kills };
}

/** A warning when it will not fit; null when it will. */
export function memoryWarning(memory: RunMemory): { message: string; next: string } | null {
  if (fits(memory, memory.free)) return null;
  return { message: `This training may run out of memory: it needs about ${bytesText(memory.estimated)}, and ${roomText(memory)}.`, next: memoryAdvice(memory, memory.free).next };
}

/** A failure with the batch size that would fit, when it was memory that ran out. */
export function withMemoryAdvice(failure: Failure, { memory }: Pick<RunManifest, 'memory'>): Failure {
  if (failure.cause !== 'out_of_memory' || !memory) return failure;
  // What should have fitted did not: there is a limit that cannot be seen, near what the process held at most.
  const room = memory.estimated > memory.free ? memory.free : Math.min(memory.estimated, process.resourceUsage().maxRSS * 1024);
  return { ...failure, ...memoryAdvice(memory, room) };
}
