/**
 * Whose turn it is on this machine. Every runs folder has a queue of its own, but there is one device: a process that works on a
 * queue first takes the turn, a folder outside all runs folders that it holds as a trainer holds a run, until its queue is empty.
 * The run begun last is noted there, and waited for even when the process that began it has gone.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolders, writeFileAtomic } from './atomic-write';
import { RunFolderError } from './errors';
import { amendAttempt, claim } from './ownership';
import type { Attempt } from './ownership';
import { isSameProcessAlive, thisProcess } from './process-identity';
import { holderOf } from './queue';
import { readRun } from './read-run';
import type { RunSummary } from './read-run';

/** Where the turn of this machine is held; `dataFolder` is this user's, and may be shared with other machines. */
export const turnFolder = (dataFolder: string): string => path.join(dataFolder, 'queue', encodeURIComponent(thisProcess().host));

const noteOf = (turn: string): string => path.join(turn, 'run');

/** Takes the turn: the number to give it back by; null while another process has it. Throws RunFolderError when the folder cannot be written. */
export function takeTurn(turn: string): number | null {
  makeFolders(turn);
  try {
    return claim(turn, { ...thisProcess(), nonce: '', socket: null }, { takeOver: true });
  } catch (error) {
    if (error instanceof RunFolderError && error.code === 'held') return null;
    throw error;
  }
}

/** Gives the turn back. */
export const giveTurn = (turn: string, attempt: number): void => amendAttempt(turn, attempt, { released: new Date().toISOString() });

/** Notes the run that is begun now. For who has the turn. */
export const noteRun = (turn: string, dir: string): void => writeFileAtomic(noteOf(turn), dir);

/** Folder of the run that was begun last from a queue; null: none was. */
function notedRun(turn: string): string | null {
  try {
    return readFileSync(noteOf(turn), 'utf8');
  } catch {
    return null;
  }
}

/** Whether a process of this machine trains it. */
export const trainsHere = ({ state, manifest }: Pick<RunSummary, 'state' | 'manifest'>): boolean =>
  (state === 'pending' || state === 'running' || state === 'paused') && isSameProcessAlive(manifest.owner) === 'alive';

/** Whether the run that was begun last from a queue, whichever, still trains. */
export async function lastStillTrains(turn: string): Promise<boolean> {
  const dir = notedRun(turn);
  if (dir === null) return false;
  const run = await readRun(dir).catch(() => null); // deleted meanwhile
  return run !== null && trainsHere(run);
}

/** The runs folder whose queue has the turn; null: nobody works on any, or nothing was begun yet. */
export function folderAtWork(turn: string): string | null {
  const dir = holderOf(turn) && notedRun(turn);
  return dir === null ? null : path.dirname(dir);
}

/** The runs folder whose queue `worker` waits for; null when it is its own turn. */
export const waitsFor = ({ host, pid }: Attempt, turn: string): string | null =>
  host === thisProcess().host && holderOf(turn)?.pid !== pid ? folderAtWork(turn) : null;
