/**
 * The last word on a trainer that the kernel ended because there was no memory left: it could not say so itself, so
 * whoever finds its run crashed looks for the traces (the kernel's count of such deaths, the run's last measured memory, the
 * trainer's last output) and, when they agree, records in run.json that it failed out of memory and what would fit.
 */
import { writeFileAtomic } from './atomic-write';
import { bytesText, memoryAdvice } from './memory-need';
import { lastEvents } from './metrics-tail';
import { runPaths } from './paths';
import { thisProcess } from './process-identity';
import { readManifest, readRun } from './read-run';
import type { RunSummary } from './read-run';
import type { RunManifest } from './schema';

/** What can be known of a trainer's end from outside. */
export interface DeathTraces {
  /** The kernel's counts now; see runtime/memory.ts. */
  readonly oomKills: { readonly machine: number | null; readonly group: number | null };
  /** The signal that ended it, when whoever started it is still there to see. */
  readonly signal?: string | null;
  /** The last of what it printed. */
  readonly output?: string;
}

/** What runtimes print when they cannot go on for lack of memory. */
const lastWordsOfMemory = /JavaScript heap out of memory|std::bad_alloc|Cannot allocate memory|OOM when allocating/;

/** How memory ran out, in words; null when the traces do not say that it did. `rss`: last measured, bytes. */
export function memoryDeath(memory: RunManifest['memory'], rss: number | null, { oomKills, signal, output = '' }: DeathTraces): string | null {
  const held = rss === null ? '' : ` It held ${bytesText(rss)} when that was last measured.`;
  const words = lastWordsOfMemory.exec(output)?.[0];
  if (words !== undefined) return `Out of memory: the trainer ended with "${words}".${held}`;
  if (!memory || (signal !== undefined && signal !== 'SIGKILL')) return null;
  const rose = (which: 'machine' | 'group'): boolean => oomKills[which] !== null && memory.oom_kills[which] !== null && oomKills[which] > memory.oom_kills[which];
  // What was free when it began was free besides what the process held then; half of it is near enough beside a count that rose.
  const large = Math.max(rss ?? 0, memory.estimated);
  if (rose('group') && large > memory.free * 0.5) return `Out of memory: the system ended the trainer, whose container has a limit.${held}`;
  if (rose('machine') && large > memory.free * 0.5) return `Out of memory: the system ended the trainer because the machine had none left.${held}`;
  return null;
}

/**
 * When `run` has crashed on this machine since it was started, and for lack of memory, records that as its failure. Returns
 * the run as it is then: `failed`, or unchanged. Throws RunFolderError when the folder cannot be written.
 */
export async function recordMemoryDeath(run: RunSummary, traces: DeathTraces): Promise<RunSummary> {
  if (run.state !== 'crashed' || run.manifest.owner.boot_id !== thisProcess().boot_id) return run;
  const lastSystem = (await lastEvents(run.dir)).findLast(event => event.kind === 'system');
  const message = memoryDeath(run.manifest.memory, lastSystem?.rss ?? null, traces);
  if (message === null) return run;
  const { state, manifest } = await readRun(run.dir);
  if (state !== 'crashed' || manifest.attempt !== run.manifest.attempt) return readRun(run.dir); // resumed meanwhile
  const advice = manifest.memory ? memoryAdvice(manifest.memory, Math.min(manifest.memory.free, manifest.memory.estimated)) : { next: 'Use a smaller global_batch_size or micro_batch_size.' };
  const failure = { cause: 'out_of_memory' as const, message, ...advice };
  writeFileAtomic(runPaths(run.dir).manifest, `${JSON.stringify({ ...await readManifest(run.dir), state: 'failed', failure, updated: new Date().toISOString() }, null, 2)}\n`);
  return readRun(run.dir);
}
