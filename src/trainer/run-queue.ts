/**
 * Works on the queue of a runs folder: one run after another, each in a trainer process of its own, until none waits. It is
 * started detached, like a trainer. Ended (SIGTERM), it begins no other run and leaves the one that trains to itself. There is one
 * device: a run that somebody trains in the same folder is waited for, and so is the queue of another folder of this user.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolders } from '../runs/atomic-write';
import { RunFolderError } from '../runs/errors';
import { beat, heartbeatInterval } from '../runs/heartbeat';
import { amendAttempt, claim, listAttempts } from '../runs/ownership';
import { thisProcess } from '../runs/process-identity';
import { interruptedRuns, queueFolder } from '../runs/queue';
import { queuedRuns } from '../runs/queue-order';
import { giveTurn, lastStillTrains, noteRun, takeTurn, trainsHere, turnFolder } from '../runs/queue-turn';
import { listRuns } from '../runs/read-run';
import type { RunSummary } from '../runs/read-run';
import { dataFolder } from '../runtime/places';
import { spawnTrainer } from '../runtime/spawn-trainer';

/** Milliseconds between looks while something else trains. */
const lookEvery = 1000;

/** What working on a queue needs. */
interface QueueWork {
  readonly runsDir: string;
  /** Folders of runs that were begun, whatever came of it: a run that cannot even be begun must not be begun for ever. */
  readonly begun: Set<string>;
  readonly stopped: AbortSignal;
  readonly log: (line: string) => void;
}

/** Trains what is queued. Returns the exit code: 0, also when another process works on the queue already. */
export async function runQueue(runsDir: string): Promise<number> {
  const dir = queueFolder(runsDir);
  makeFolders(dir);
  const log = (line: string): void => appendFileSync(path.join(dir, 'queue.log'), `${new Date().toISOString()} ${line}\n`);
  const stop = new AbortController();
  process.on('SIGTERM', () => stop.abort()).on('SIGINT', () => stop.abort());
  const work: QueueWork = { runsDir, begun: new Set(), stopped: stop.signal, log };
  // Who queues a run while a worker lets go of the folder starts a worker that finds it held: so look again after letting go.
  for (let more = true; more && !work.stopped.aborted; more = nextOf(work, (await listRuns(runsDir)).runs) !== undefined) {
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
      await inTurn(work, turn => trainAll(work, new Set(interrupted), turn));
    } finally {
      clearInterval(heart);
      amendAttempt(dir, attempt, { released: new Date().toISOString() });
    }
  }
  return 0;
}

/** The run to be begun next; undefined when none waits but those that could not be begun. */
const nextOf = ({ begun }: QueueWork, runs: readonly RunSummary[]): RunSummary | undefined => queuedRuns(runs).find(run => !begun.has(run.dir));

const pause = (stopped: AbortSignal): Promise<void> => sleep(lookEvery, undefined, { signal: stopped }).catch(() => undefined);

/** Does `train` once no other queue on this machine is worked on; not at all when it is stopped before. Where no turn can be held, it goes without. */
async function inTurn({ stopped, log }: QueueWork, train: (turn: string | null) => Promise<void>): Promise<void> {
  const turn = turnFolder(dataFolder());
  let mine: number | null = null;
  try {
    mine = takeTurn(turn);
    if (mine === null) log('another queue of this machine is worked on: waits for it');
    for (; mine === null && !stopped.aborted; mine = takeTurn(turn)) await pause(stopped);
  } catch (error) {
    if (!(error instanceof RunFolderError)) throw error;
    log(`does not wait for queues of other folders: ${error.message}`);
    return train(null);
  }
  if (mine === null) return;
  beat(turn);
  const heart = setInterval(() => beat(turn), heartbeatInterval);
  try {
    await train(turn);
  } finally {
    clearInterval(heart);
    giveTurn(turn, mine);
  }
}

/** Trains one run after another until none waits. `first` are folders of runs to go on with before those in the queue. */
async function trainAll(work: QueueWork, first: ReadonlySet<string>, turn: string | null): Promise<void> {
  const { runsDir, begun, stopped, log } = work;
  while (!stopped.aborted) {
    const { runs } = await listRuns(runsDir);
    if (runs.some(trainsHere) || (turn !== null && await lastStillTrains(turn))) {
      await pause(stopped);
      continue;
    }
    const next = runs.find(run => first.has(run.dir) && run.state === 'crashed' && !begun.has(run.dir)) ?? nextOf(work, runs);
    if (!next) return;
    begun.add(next.dir);
    if (turn !== null) noteRun(turn, next.dir);
    log(`begins ${next.manifest.id}`);
    const code = await train(next, path.join(queueFolder(runsDir), 'queue.log'), stopped);
    if (code !== undefined) log(`${next.manifest.id} ended with code ${code ?? 'none (a signal)'}`);
  }
}

/** Trains a run to its end; its exit code, undefined when it was left to itself. */
async function train({ dir }: RunSummary, logFile: string, stopped: AbortSignal): Promise<number | null | undefined> {
  const trainer = await spawnTrainer({ trainerPath: process.argv[1]!, node: { executable: process.execPath, version: process.versions.node, env: {}, from: 'self' }, args: ['resume', dir], cwd: path.dirname(dir), logFile });
  const left = new Promise<undefined>(resolve => stopped.addEventListener('abort', () => resolve(undefined), { once: true }));
  return Promise.race([trainer.ended, left]);
}
