/** Facts of the machine, for the run's card and the editor: processor, memory, NVIDIA GPUs. Nothing is loaded for it. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { findGpus } from './nvidia';
import type { GpuFacts } from './nvidia';

/** What a machine has to compute with. */
export interface DeviceFacts {
  readonly cpu: string;
  /** Cores, not hardware threads. */
  readonly physicalCores: number;
  /** Hardware threads this process may use. */
  readonly threads: number;
  /** Bytes; a container's limit where it is lower. */
  readonly memory: number;
  readonly gpus: readonly GpuFacts[];
}

/** Collects the facts. Does not throw: what cannot be found out is absent. */
export async function deviceFacts(): Promise<DeviceFacts> {
  const threads = availableParallelism();
  const [cores, memory, gpus] = await Promise.all([physicalCores(), memoryLimit(), findGpus().then(found => (found.state === 'found' ? found.gpus : []))]);
  return { cpu: cpus()[0]?.model.trim() ?? process.arch, physicalCores: cores, threads, memory: Math.min(totalmem(), memory), gpus };
}

/** Cores this process may use: distinct (package, core) pairs of /proc/cpuinfo; elsewhere hardware threads. */
export async function physicalCores(): Promise<number> {
  const threads = availableParallelism();
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const cores = new Set<string>();
  for (const block of text.split('\n\n')) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined) cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? '0'}:${core}`);
  }
  return cores.size === 0 ? threads : Math.min(cores.size, threads);
}

/** The limit of this process's control group (version 2, then 1), in bytes; infinite when there is none. */
async function memoryLimit(): Promise<number> {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const limit = Number((await readFile(file, 'utf8').catch(() => '')).trim());
    if (Number.isFinite(limit) && limit > 0) return limit;
  }
  return Infinity;
}

