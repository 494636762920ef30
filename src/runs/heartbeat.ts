/**
 * The sign of life of a trainer for those who cannot see its process: the modification time of a file that it touches
 * every ten seconds. Touching needs no space, so a full disk does not make a trainer look lost.
 */
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { runPaths } from './paths';

/** Milliseconds between two beats. */
export const heartbeatInterval = 10_000;
/** Age in milliseconds up to which a heartbeat counts as fresh: three missed beats and some delay. */
export const heartbeatFreshFor = 35_000;
/** Clocks of two machines may differ by this much into the future, in milliseconds. */
const clockSkew = 300_000;

/** Touches the heartbeat file. Throws system errors. */
export function beat(dir: string, now: Date = new Date()): void {
  const file = runPaths(dir).heartbeat;
  try {
    utimesSync(file, now, now);
  } catch {
    writeFileSync(file, '');
  }
}

/** Time of the last heartbeat; null when there is none. */
export function lastHeartbeat(dir: string): Date | null {
  try {
    return statSync(runPaths(dir).heartbeat, { throwIfNoEntry: false })?.mtime ?? null;
  } catch {
    return null; // a reader that may not look sees no heartbeat
  }
}

/** Whether a heartbeat of this time says "running". */
export function isFresh(seen: Date | null, now: Date = new Date()): boolean {
  if (seen === null) return false;
  const age = now.getTime() - seen.getTime();
  return age <= heartbeatFreshFor && age >= -clockSkew;
}
