/**
 * Writing checkpoints. All files are written and forced to the disk in a folder with a temporary name; one rename makes
 * them a checkpoint. A kill at any moment leaves either no new checkpoint or a whole one. An existing checkpoint is never replaced.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { makeFolders, removeFolderQuietly, renamePatiently, syncFolder, writeFileAtomic } from './atomic-write';
import { checkpointName, listCheckpoints, readCheckpointState } from './checkpoints';
import { RunFolderError, asRunFolderError } from './errors';
import { assertHolder } from './ownership';
import { insideRun, runPaths } from './paths';
import { issueText } from './read-json';
import { writeSafetensors } from './safetensors';
import { checkpointStateSchema } from './schema';
import type { CheckpointState } from './schema';
import { schemaVersion } from './schema-version';
import type { StorableTensor } from './tensor-dtypes';

/** Named tensors to write; those of the trainer fit as they are. */
export type StorableTensors = Readonly<Record<string, StorableTensor>>;

/** What a checkpoint is made of. */
export interface CheckpointContents {
  readonly model: StorableTensors;
  readonly ema?: StorableTensors | null | undefined;
  readonly optimizer: StorableTensors;
  readonly carry: StorableTensors;
  /** The writer sets schema, attempt and files itself, and best.checkpoint when best is of this very step. */
  readonly state: Omit<CheckpointState, 'schema' | 'attempt' | 'files'> & { readonly attempt?: number };
}

function sameFiles(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every(name => a[name] === b[name]);
}

function tryState(checkpoint: string): CheckpointState | null {
  try {
    return readCheckpointState(checkpoint);
  } catch {
    return null; // whatever lies there, it is not a twin of what is being written
  }
}

/** The text of state.json in the checkpoint `name`. A checkpoint that is itself the best so far says so under its own name. */
function stateText(state: CheckpointState, name: string): string {
  const best = state.best?.eval.step === state.step ? { ...state.best, checkpoint: name } : state.best;
  return `${JSON.stringify({ ...state, best }, null, 2)}\n`;
}

/** Gives a finished temporary folder its name; returns the name. */
function reveal(dir: string, temporary: string, state: CheckpointState): string {
  const parent = runPaths(dir).checkpoints;
  for (let k = 1; ; k++) {
    const name = k === 1 ? `step-${state.step}` : `step-${state.step}.${k}`;
    const target = path.join(parent, name);
    if (!existsSync(target)) {
      writeFileAtomic(path.join(temporary, 'state.json'), stateText(state, name));
      syncFolder(temporary);
      renamePatiently(temporary, target);
      syncFolder(parent);
      return name;
    }
    const there = tryState(target);
    if (there?.attempt === state.attempt && sameFiles(there.files, state.files)) {
      writeFileAtomic(path.join(target, 'state.json'), stateText(state, name)); // same tensors: only counters and best may be newer
      removeFolderQuietly(temporary);
      return name;
    }
  }
}

/**
 * Writes a checkpoint of attempt `attempt` and returns its name, `step-<n>` (`step-<n>.2`, ... when an earlier attempt left
 * another one of the same step).
 * @throws RunFolderError held, disk_full, read_only, shape, io: then there is no new checkpoint and the old ones are untouched.
 */
export async function writeCheckpointFolder(dir: string, attempt: number, contents: CheckpointContents): Promise<string> {
  const parent = runPaths(dir).checkpoints;
  const temporary = path.join(parent, `.step-${contents.state.step}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    assertHolder(dir, attempt);
    insideRun(dir, 'checkpoints');
    makeFolders(temporary);
    const files: Record<string, string> = {};
    const { model, ema, optimizer, carry } = contents;
    for (const [name, tensors] of Object.entries({ model, ema, optimizer, carry })) {
      if (!tensors) continue;
      const file = `${name}.safetensors`;
      files[file] = (await writeSafetensors(path.join(temporary, file), tensors, { format: 'pt', step: String(contents.state.step) })).sha256;
    }
    const parsed = checkpointStateSchema.safeParse({ ...contents.state, schema: schemaVersion, attempt, files });
    if (!parsed.success) throw new RunFolderError('shape', `The checkpoint's state does not fit its schema: ${issueText(parsed.error)}`, 'This is an error of the trainer.');
    assertHolder(dir, attempt);
    return reveal(dir, temporary, parsed.data);
  } catch (error) {
    removeFolderQuietly(temporary);
    throw asRunFolderError(error, `write a checkpoint in ${parent}`);
  }
}

/** Removes a folder such that no reader sees it half removed; one that was pinned up to the moment it was taken away is put back. */
function removeCheckpoint(checkpoint: string): void {
  const trash = path.join(path.dirname(checkpoint), `.${path.basename(checkpoint)}.${randomBytes(6).toString('hex')}.tmp`);
  renameSync(checkpoint, trash);
  if (isPinned(trash)) renamePatiently(trash, checkpoint);
  else removeFolderQuietly(trash);
}

/** Asked of the folder each time: people pin without asking the trainer, which therefore learns of it here. */
const isPinned = (checkpoint: string): boolean => existsSync(path.join(checkpoint, 'pinned'));

/**
 * Removes old checkpoints, keeping the newest `keep`, the best and the pinned. Unreadable ones are left alone.
 * @throws RunFolderError read_only, io
 */
export function pruneCheckpoints(dir: string, keep: number): void {
  const candidates = listCheckpoints(dir).filter(c => c.problem === null);
  for (const [i, checkpoint] of candidates.entries()) {
    if (i < keep || checkpoint.best || checkpoint.pinned) continue;
    try {
      if (!isPinned(checkpoint.dir)) removeCheckpoint(checkpoint.dir);
    } catch (error) {
      throw asRunFolderError(error, `remove the old checkpoint ${checkpoint.dir}`);
    }
  }
}

/** Removes what killed writers left in `checkpoints/`. Only for the holder of the run. */
export function sweepCheckpoints(dir: string): void {
  const parent = insideRun(dir, 'checkpoints');
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const inner = /^\.(step-.+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
    if (inner === undefined || !checkpointName.test(inner)) continue;
    const leftover = path.join(parent, name);
    const target = path.join(parent, inner);
    if (isPinned(leftover) && !existsSync(target)) renamePatiently(leftover, target); // killed before it was put back
    else rmSync(leftover, { recursive: true, force: true });
  }
}
