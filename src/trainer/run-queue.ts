/**
 * Works on the queue of a runs folder: one run after another, each in a trainer process of its own, until none waits. It is
 * started detached, like a trainer. Ended (SIGTERM), it begins no other run and leaves the one that trains to itself. A run
 * that somebody else trains on this machine is waited for: there is one device.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolders } from '../runs/atomic-write';
import { RunFolderError } from '../runs/errors';
import { beat, heartbeatInterval } from '../runs/heartbeat';
import { amendAttempt, claim, listAttempts } from '../runs/ownership';
import { isSameProcessAlive, thisProcess } from '../runs/process-identity';
import { interruptedRuns, queueFolder } from '../runs/queue';
import { queuedRuns } from '../runs/queue-order';
import { listRuns } from '../runs/read-run';
import type { RunSummary } from '../runs/read-run';
import { spawnTrainer } from '../runtime/spawn-trainer';

/** Milliseconds between looks while another run trains. */
const lookEvery = 1000;

/** Trains what is queued. Returns the exit code: 0, also when another process works on the queue already. */
export async function runQueue(runsDir: string): Promise<number> {
  const dir = queueFolder(runsDir);
  makeFolders(dir);
  const log = (line: string): void => appendFileSync(path.join(dir, 'queue.log'), `${new Date().toISOString()} ${line}\n`);
  const stopped = new AbortController();
  process.on('SIGTERM', () => stopped.abort()).on('SIGINT', () => stopped.abort());
  // Who queues a run while a worker lets go of the folder starts a worker that finds it held: so look again after letting go.
  for (let more = true; more && !stopped.signal.aborted; more = queuedRuns((await listRuns(runsDir)).runs).length > 0) {
    const previous = listAttempts(dir).at(-1);
    let attempt: number;
    try {
      attempt = claim(dir, { ...thisProcess(), nonce: '', socket: null });
    } catch (error) {
      if (!(error instanceof RunFolderError) || error.code !== 'held') throw error;
      log(`process ${process.pid}: ${error.message}`);
      return 0;
    }
    beat(dir);
    const heart = setInterval(() => beat(dir), heartbeatInterval); // it also keeps this process: trainers do not
    try {
      const interrupted = interruptedRuns((await listRuns(runsDir)).runs, previous).map(run => run.dir);
      await work(runsDir, new Set(interrupted), stopped.signal, log);
    } finally {
      clearInterval(heart);
      amendAttempt(dir, attempt, { released: new Date().toISOString() });
    }
  }
  return 0;
}

/** Trains one run after another until none waits. `first` are folders of runs to go on with before those in the queue. */
async function work(runsDir: string, first: Set<string>, stopped: AbortSignal, log: (line: string) => void): Promise<void> {
  const begun = new Set<string>();
  while (!stopped.aborted) {
    const { runs } = await listRuns(runsDir);
    if (runs.some(trainsHere)) {
      await sleep(lookEvery, undefined, { signal: stopped }).catch(() => undefined);
      continue;
    }
    const next = runs.find(run => first.has(run.dir) && run.state === 'crashed' && !begun.has(run.dir)) ?? queuedRuns(runs).find(run => !begun.has(run.dir));
    if (!next) return;
    begun.add(next.dir); // whatever comes of it: a run that cannot even be begun must not be begun for ever
    log(`begins ${next.manifest.id}`);
    const code = await train(next, path.join(queueFolder(runsDir), 'queue.log'), stopped);
    if (code !== undefined) log(`${next.manifest.id} ended with code ${code ?? 'none (a signal)'}`);
  }
}

/** Whether a process of this machine trains it. */
const trainsHere = ({ state, manifest }: RunSummary): boolean =>
  (state === 'pending' || state === 'running' || state === 'paused') && isSameProcessAlive(manifest.owner) === 'alive';

/** Trains a run to its end; its exit code, undefined when it was left to itself. */
async function train({ dir }: RunSummary, logFile: string, stopped: AbortSignal): Promise<number | null | undefined> {
  const trainer = await spawnTrainer({ trainerPath: process.argv[1]!, node: { executable: process.execPath, version: process.versions.node, env: {}, from: 'self' }, args: ['resume', dir], cwd: path.dirname(dir), logFile });
  const left = new Promise<undefined>(resolve => stopped.addEventListener('abort', () => resolve(undefined), { once: true }));
  return Promise.race([trainer.ended, left]);
}
