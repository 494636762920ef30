/**
 * Who may write a run folder. Each process that writes makes its own file `attempts/<n>.json`; the highest n is the holder.
 * The file is complete before it appears and appears by link(), which fails when the name exists: of any number of
 * processes that try for the same n, exactly one wins. The winner's file stays, so the folder also tells its history.
 */
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makeFolders, removeQuietly, syncFolder, writeAll, writeFileAtomic, writeTemporary } from './atomic-write';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { isFresh, lastHeartbeat } from './heartbeat';
import { insideRun, runPaths } from './paths';
import { isSameProcessAlive } from './process-identity';
import { parseJson, readSmallFileSync } from './read-json';
import { ownerSchema } from './schema';
import type { RunOwner } from './schema';

/** `attempts/<n>.json`. */
export const attemptSchema = z.object({
  ...ownerSchema.shape,
  attempt: z.int().min(1),
  /** When it took the folder. */
  since: z.iso.datetime(),
  /** When it gave the folder back; null while it holds it, and for ever when it was killed. */
  released: z.iso.datetime().nullable(),
  /** The step it resumed from: what earlier attempts wrote beyond it no longer counts. Null for the first attempt. */
  supersedes: z.int().min(0).nullable(),
});
/** One process's hold on a run folder. */
export type Attempt = z.infer<typeof attemptSchema>;

const attemptFile = (dir: string, n: number): string => path.join(runPaths(dir).attempts, `${n}.json`);

/** Numbers of the attempts there are, ascending. */
export function attemptNumbers(dir: string): number[] {
  let names: string[];
  try {
    names = readdirSync(insideRun(dir, 'attempts'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asRunFolderError(error, `read ${runPaths(dir).attempts}`);
  }
  return names.map(name => Number(/^([1-9]\d{0,8})\.json$/.exec(name)?.[1] ?? 0)).filter(n => n > 0).sort((a, b) => a - b);
}

function readAttempt(dir: string, n: number): Attempt {
  const file = attemptFile(dir, n);
  return parseJson(file, readSmallFileSync(file, 1 << 16), attemptSchema);
}

/** All attempts that can be read, oldest first. */
export function listAttempts(dir: string): Attempt[] {
  return attemptNumbers(dir).flatMap(n => {
    try {
      return [readAttempt(dir, n)];
    } catch (error) {
      if (error instanceof RunFolderError) return []; // history only: claim() judges the last one itself
      throw error;
    }
  });
}

/** Whether something that attempt `attempt` wrote at `step` no longer counts, since a later attempt resumed from an earlier step. */
export function isSuperseded(attempts: readonly Attempt[], attempt: number, step: number): boolean {
  return attempts.some(a => a.attempt > attempt && a.supersedes !== null && step > a.supersedes);
}

const held = (message: string, next: string): RunFolderError => new RunFolderError('held', message, next);

/** Throws 'held' when attempt n may not be followed by another. */
function refuseIfHeld(dir: string, n: number, takeOver: boolean): void {
  let holder: Attempt;
  try {
    holder = readAttempt(dir, n);
  } catch (error) {
    if (!(error instanceof RunFolderError) || error.code === 'newer_schema') throw error;
    const made = statSync(attemptFile(dir, n), { throwIfNoEntry: false })?.mtime ?? null;
    if (isFresh(made)) throw held(`${dir} is being opened by another process.`, 'Wait a moment and try again.');
    return;
  }
  if (holder.released !== null) return;
  const beat = lastHeartbeat(dir);
  const since = new Date(holder.since);
  const seen = beat !== null && beat > since ? beat : since;
  const who = `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  const liveness = isSameProcessAlive(holder, seen);
  if (liveness === 'gone') return;
  if (liveness === 'alive') throw held(`${dir} is held by ${who}.`, `Stop that run first, or end process ${holder.pid}.`);
  if (isFresh(seen)) throw held(`${dir} is held by ${who}; it gave a sign of life at ${seen.toISOString()}.`, `Stop it on ${holder.host} first.`);
  if (!takeOver) {
    throw held(
      `${dir} was last held by ${who}; contact was lost at ${seen.toISOString()}.`,
      `Make sure that it no longer runs on ${holder.host}, then take the run over explicitly.`,
    );
  }
}

/** Makes `file` with `text` if it does not exist: true when this call made it. */
function createComplete(file: string, text: string): boolean {
  const temporary = writeTemporary(file, text);
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    const code = systemCode(error);
    // on network file systems a repeated request can say EEXIST although the link is ours
    if (code === 'EEXIST') return lstatSync(temporary).ino === lstatSync(file, { throwIfNoEntry: false })?.ino && lstatSync(temporary).nlink > 1;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EISDIR', 'EINVAL'].includes(code)) throw error;
    return createExclusive(file, text); // a file system without hard links
  } finally {
    removeQuietly(temporary);
  }
}

function createExclusive(file: string, text: string): boolean {
  let fd: number;
  try {
    fd = openSync(file, 'wx');
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeAll(fd, Buffer.from(text));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return true;
}

const asText = (attempt: Attempt): string => `${JSON.stringify(attempt, null, 2)}\n`;

/**
 * Takes the run folder for `owner` and returns the number of its attempt (the first is 1).
 * @param options.takeOver take it also from a process on another machine whose heartbeat has stopped
 * @throws RunFolderError 'held' when the holder lives, may live elsewhere, or another process was faster; disk errors.
 */
export function claim(dir: string, owner: RunOwner, options: { takeOver?: boolean } = {}): number {
  try {
    makeFolders(insideRun(dir, 'attempts'));
    for (;;) {
      const last = attemptNumbers(dir).at(-1) ?? 0;
      if (last > 0) refuseIfHeld(dir, last, options.takeOver ?? false);
      const attempt: Attempt = { ...owner, attempt: last + 1, since: new Date().toISOString(), released: null, supersedes: null };
      if (!createComplete(attemptFile(dir, last + 1), asText(attempt))) continue;
      syncFolder(runPaths(dir).attempts);
      return last + 1;
    }
  } catch (error) {
    throw asRunFolderError(error, `take ${dir}`);
  }
}

/** @throws RunFolderError 'held' when a later attempt has taken the folder. */
export function assertHolder(dir: string, attempt: number): void {
  const last = attemptNumbers(dir).at(-1) ?? 0;
  if (last === attempt) return;
  if (last < attempt) throw new RunFolderError('missing', `${attemptFile(dir, attempt)} is gone: the run folder was moved or deleted while it was being written.`, 'Check the folder; resume the run from where it is now.');
  throw held(`${dir} was taken over by attempt ${last}; this process is attempt ${attempt} and writes no more.`, 'Nothing to do here: the other process continues the run.');
}

/** Changes this process's own attempt file: the step it resumed from, or that it gave the folder back. */
export function amendAttempt(dir: string, attempt: number, patch: Partial<Pick<Attempt, 'supersedes' | 'released' | 'socket'>>): void {
  writeFileAtomic(attemptFile(dir, attempt), asText({ ...readAttempt(dir, attempt), ...patch }));
}
