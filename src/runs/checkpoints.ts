/**
 * Reading the checkpoints of a run. A checkpoint is a folder that appeared in one rename, so it is complete; whether its
 * bytes are still those that were written is told by the sha256 of each file in its `state.json`.
 */
import { createHash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { writeFileAtomic } from './atomic-write';
import { RunFolderError, asRunFolderError, systemCode } from './errors';
import { isSuperseded, listAttempts } from './ownership';
import { insideRun, runPaths } from './paths';
import { parseJson, readSmallFileSync } from './read-json';
import { readSafetensors } from './safetensors';
import { bestSchema, checkpointStateSchema } from './schema';
import type { Best, CheckpointState } from './schema';
import type { StoredTensor } from './tensor-dtypes';

/** Named tensors read from a checkpoint (no prototype). */
export type StoredTensors = Record<string, StoredTensor>;

/** A checkpoint of a run. */
export interface CheckpointInfo {
  /** Its folder's name: `step-<n>`, or `step-<n>.<k>` when a later attempt came to the same step. */
  readonly name: string;
  readonly dir: string;
  readonly step: number;
  /** The attempt that wrote it; 0 when `problem` is set. */
  readonly attempt: number;
  /** Named by best.json. */
  readonly best: boolean;
  readonly pinned: boolean;
  /** A later attempt resumed from an earlier step: it belongs to an abandoned line. */
  readonly superseded: boolean;
  readonly bytes: number;
  /** When it was written, Unix seconds. */
  readonly wall: number;
  /** Why its state.json cannot be read; null when it can. */
  readonly problem: string | null;
}

/** A checkpoint's contents. */
export interface Checkpoint {
  readonly state: CheckpointState;
  readonly model: StoredTensors;
  readonly ema: StoredTensors | null;
  readonly optimizer: StoredTensors;
  readonly carry: StoredTensors;
}

/** Name of a checkpoint folder; the group is its step. */
export const checkpointName = /^step-(\d{1,15})(?:\.\d+)?$/;

/** The checkpoint folder `name` of a run. @throws RunFolderError 'missing' when there is none, 'corrupt' when it leads out of the run. */
export function checkpointDir(dir: string, name: string): string {
  if (checkpointName.test(name)) {
    const found = insideRun(dir, path.join('checkpoints', name));
    if (statSync(found, { throwIfNoEntry: false })?.isDirectory()) return found;
  }
  const names = listCheckpoints(dir).map(c => c.name);
  throw new RunFolderError('missing', `${dir} has no checkpoint ${JSON.stringify(name)}.`, names.length ? `Choose one of ${names.join(', ')}.` : 'It has none yet.');
}

/** `best.json`; null when there is none yet. @throws RunFolderError corrupt, io. */
export function readBest(dir: string): Best | null {
  const file = runPaths(dir).best;
  try {
    return parseJson(file, readSmallFileSync(file), bestSchema);
  } catch (error) {
    if (error instanceof RunFolderError && error.code === 'missing') return null;
    throw error;
  }
}

function bestName(dir: string): string | null {
  try {
    return readBest(dir)?.checkpoint ?? null;
  } catch (error) {
    if (error instanceof RunFolderError) return null; // readRun tells about a damaged best.json
    throw error;
  }
}

function describe(dir: string, name: string): Omit<CheckpointInfo, 'best' | 'superseded'> {
  const at = path.join(runPaths(dir).checkpoints, name);
  const base = { name, dir: at, step: Number(checkpointName.exec(name)?.[1]) };
  try {
    const inside = insideRun(dir, path.join('checkpoints', name));
    const { step, attempt } = readCheckpointState(inside);
    const files = readdirSync(inside);
    const bytes = files.reduce((sum, file) => sum + lstatSync(path.join(inside, file)).size, 0);
    return { ...base, step, attempt, pinned: files.includes('pinned'), bytes, wall: lstatSync(path.join(inside, 'state.json')).mtimeMs / 1000, problem: null };
  } catch (error) {
    return { ...base, attempt: 0, pinned: false, bytes: 0, wall: 0, problem: asRunFolderError(error, `read ${at}`).message };
  }
}

/** The checkpoints of a run, newest first: by attempt, then by step; unreadable ones last. */
export function listCheckpoints(dir: string): CheckpointInfo[] {
  let names: string[];
  try {
    names = readdirSync(insideRun(dir, 'checkpoints')).filter(name => checkpointName.test(name));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asRunFolderError(error, `read ${runPaths(dir).checkpoints}`);
  }
  const best = bestName(dir);
  const attempts = listAttempts(dir);
  return names
    .map(name => describe(dir, name))
    .filter(c => c.problem === null || statSync(c.dir, { throwIfNoEntry: false }) !== undefined) // pruned between the listing and the look
    .map(c => ({ ...c, best: c.name === best, superseded: c.problem === null && isSuperseded(attempts, c.attempt, c.step) }))
    .sort((a, b) => b.attempt - a.attempt || b.step - a.step || b.wall - a.wall);
}

/** `state.json` of a checkpoint folder. @throws RunFolderError missing, corrupt, newer_schema, io. */
export function readCheckpointState(checkpoint: string): CheckpointState {
  const file = path.join(checkpoint, 'state.json');
  return parseJson(file, readSmallFileSync(file), checkpointStateSchema);
}

/** sha256 of a file in hex, read in pieces. */
function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  const fd = openSync(file, 'r');
  try {
    const piece = Buffer.allocUnsafe(4 << 20);
    for (let n = readSync(fd, piece); n > 0; n = readSync(fd, piece)) hash.update(piece.subarray(0, n));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

const required = ['model.safetensors', 'optimizer.safetensors', 'carry.safetensors'] as const;
const optional = 'ema.safetensors';

/** The checked paths of a checkpoint's tensor files. */
function tensorFiles(checkpoint: string, state: CheckpointState, verify: boolean): (name: string) => string {
  const files = new Map<string, string>();
  for (const name of [...required, optional]) {
    const sha256 = Object.hasOwn(state.files, name) ? state.files[name] : undefined;
    if (sha256 === undefined) {
      if (name === optional) continue;
      throw new RunFolderError('corrupt', `${path.join(checkpoint, 'state.json')} lists no ${name}.`, 'Use another checkpoint.');
    }
    const file = insideRun(checkpoint, name);
    if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) {
      throw new RunFolderError('corrupt', `${file} is missing or no regular file, though state.json lists it.`, 'Use another checkpoint.');
    }
    if (verify && sha256OfFile(file) !== sha256) {
      throw new RunFolderError('corrupt', `${file} has another sha256 than state.json says: it was changed or damaged.`, 'Use another checkpoint.');
    }
    files.set(name, file);
  }
  return name => files.get(name)!;
}

/**
 * Reads a checkpoint folder (of a run, or copied out of one).
 * @param options.verify compare the sha256 of every file first (default true)
 * @throws RunFolderError missing, corrupt (naming the file), newer_schema, io.
 */
export function readCheckpoint(checkpoint: string, options: { verify?: boolean } = {}): Checkpoint {
  try {
    const state = readCheckpointState(checkpoint);
    const file = tensorFiles(checkpoint, state, options.verify ?? true);
    return {
      state,
      model: readSafetensors(file('model.safetensors')),
      ema: Object.hasOwn(state.files, optional) ? readSafetensors(file(optional)) : null,
      optimizer: readSafetensors(file('optimizer.safetensors')),
      carry: readSafetensors(file('carry.safetensors')),
    };
  } catch (error) {
    throw asRunFolderError(error, `read ${checkpoint}`);
  }
}

/**
 * The checkpoint a resume begins from: the newest one of the present line whose every checksum holds.
 * @returns it (null when there is none), and those that were passed over or cannot be read at all, with the reason.
 */
export function latestGoodCheckpoint(dir: string): { checkpoint: CheckpointInfo | null; skipped: { name: string; problem: string }[] } {
  const all = listCheckpoints(dir);
  const skipped = all.flatMap(({ name, problem }) => (problem === null ? [] : [{ name, problem }]));
  for (const checkpoint of all) {
    if (checkpoint.superseded || checkpoint.problem !== null) continue;
    try {
      tensorFiles(checkpoint.dir, readCheckpointState(checkpoint.dir), true);
      return { checkpoint, skipped };
    } catch (error) {
      skipped.push({ name: checkpoint.name, problem: asRunFolderError(error, `read ${checkpoint.dir}`).message });
    }
  }
  return { checkpoint: null, skipped };
}

/**
 * Keeps a checkpoint for good (or no longer): a file `pinned` in its folder. Anyone may do so, also while the run is running:
 * the trainer looks for it whenever it removes old checkpoints.
 * @throws RunFolderError missing (no such checkpoint), read_only, disk_full, io.
 */
export function pinCheckpoint(dir: string, name: string, on: boolean): void {
  const file = path.join(checkpointDir(dir, name), 'pinned');
  try {
    if (on) writeFileAtomic(file, '');
    else rmSync(file, { force: true });
  } catch (error) {
    throw asRunFolderError(error, `${on ? 'pin' : 'unpin'} ${path.dirname(file)}`);
  }
}
