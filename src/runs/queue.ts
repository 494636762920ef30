/**
 * The queue of a runs folder. A queued run is a run folder that nobody has begun; their order is the order in which they were
 * added. One process at a time works on the queue: it holds `.queue` in the runs folder as a trainer holds a run, so that a
 * process that was killed is known to be gone. Nothing else is stored: the queue survives whatever the folders survive.
 */
import path from 'node:path';
import { lastHeartbeat } from './heartbeat';
import { listAttempts } from './ownership';
import type { Attempt } from './ownership';
import { isSameProcessAlive } from './process-identity';
import type { RunSummary } from './read-run';
import { RunWriter } from './run-writer';

/** Where the process that works on the queue is recorded, and its log. */
export const queueFolder = (runsDir: string): string => path.join(path.resolve(runsDir), '.queue');

/** The process that holds a folder as one holds the queue; null when none does. One on another machine counts while its heartbeat is fresh. */
export function holderOf(dir: string): Attempt | null {
  const last = listAttempts(dir).at(-1);
  if (!last || last.released !== null) return null;
  const beat = lastHeartbeat(dir);
  const liveness = isSameProcessAlive(last, beat);
  return liveness === 'alive' || (liveness === 'elsewhere' && beat !== null && Date.now() - beat.getTime() < 60_000) ? last : null;
}

/** The process that works on the queue; null when none does. */
export const queueWorker = (runsDir: string): Attempt | null => holderOf(queueFolder(runsDir));

/**
 * The runs that a worker was training when it was killed with them: they were begun from the queue, crashed, and were written
 * last while it held the queue. `previous` is the worker before this one.
 */
export function interruptedRuns(runs: readonly RunSummary[], previous: Attempt | undefined): RunSummary[] {
  if (!previous || previous.released !== null) return [];
  return runs.filter(({ state, manifest }) => state === 'crashed' && manifest.queue !== undefined && manifest.updated >= previous.since);
}

/**
 * Takes a run out of the queue: it is stopped, and can be resumed. Throws RunFolderError `held` when it has just been begun.
 */
export async function leaveQueue(dir: string): Promise<void> {
  const writer = RunWriter.reopen(dir);
  writer.update({ state: 'stopped', finished_because: 'taken out of the queue before the first step' });
  await writer.close();
}
