/**
 * A safetensors file as the Checkpoint Viewer shows it: what its header says, and the run it lies in. The header is checked
 * against the file before anything is believed; of the values nothing is read here.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { CheckpointFile, CheckpointRun } from '../protocol/checkpoint';
import { checkpointName } from '../runs/checkpoints';
import { accuracyText, runStatusLine } from '../runs/describe';
import { RunFolderError } from '../runs/errors';
import { oneLine } from '../runs/read-json';
import { readRun, type RunSummary } from '../runs/read-run';
import { isRead, listSafetensors, type ListedTensor } from '../runs/safetensors';

/** Tensors and metadata entries that are shown; real files have some tens. */
const shown = { tensors: 2000, metadata: 200 };
/** Characters of one metadata value and of a config. */
const longest = { value: 2000, config: 100_000 };

/** What the files of a checkpoint hold. */
const contents: ReadonlyMap<string, string> = new Map([
  ['model.safetensors', 'weights'],
  ['ema.safetensors', 'averaged weights (EMA)'],
  ['optimizer.safetensors', 'moments of the optimiser'],
  ['carry.safetensors', 'features carried from step to step'],
]);

/** A file that was read. */
export interface ReadCheckpointFile {
  readonly file: Omit<CheckpointFile, 'run'>;
  /** Where the tensors of `file.tensors` lie, in the same order. */
  readonly entries: readonly ListedTensor[];
  /** The file as it was read, as `stampOf` tells. */
  readonly stamp: string | null;
}

/** Differs when a file has changed: its time, size and place on the disk. Null when it cannot be looked at. */
export function stampOf(file: string): string | null {
  try {
    const { mtimeNs, size, ino } = statSync(file, { bigint: true });
    return [mtimeNs, size, ino].join(' ');
  } catch {
    return null;
  }
}

/** Reads a file's header. @throws RunFolderError missing, corrupt, io. */
export function readCheckpointFile(file: string): ReadCheckpointFile {
  const stamp = stampOf(file);
  const { tensors, metadata } = listSafetensors(file);
  const rows = [...tensors].map(([name, tensor]) => {
    const { dtype, shape, begin, end } = tensor;
    return { name: oneLine(name), dtype: oneLine(dtype), shape, size: shape.reduce((n, d) => n * d, 1), bytes: end - begin, isRead: isRead(tensor) };
  });
  const name = path.basename(file);
  return {
    file: {
      name: oneLine(name),
      bytes: [...tensors.values()].reduce((last, { end }) => Math.max(last, end), 0),
      what: (runOf(file) && contents.get(name)) ?? 'tensors',
      tensors: rows.slice(0, shown.tensors), count: rows.length, size: rows.reduce((sum, row) => sum + row.size, 0),
      metadata: Object.entries(metadata).slice(0, shown.metadata).map(([key, value]) => [oneLine(key), oneLine(value, longest.value)] as const),
    },
    entries: [...tensors.values()].slice(0, shown.tensors), stamp,
  };
}

/** Where a file of a run's checkpoint lies, by its path: RUN/checkpoints/step-120/model.safetensors. */
function runOf(file: string): { dir: string; checkpoint: string } | null {
  const folder = path.dirname(file);
  const checkpoint = path.basename(folder);
  return checkpointName.test(checkpoint) && path.basename(path.dirname(folder)) === 'checkpoints' ? { dir: path.dirname(path.dirname(folder)), checkpoint } : null;
}

/** The run that a file is a part of; null when it lies elsewhere, or beside what is no run that can be read. */
export async function findRunOf(file: string): Promise<{ run: RunSummary; checkpoint: string } | null> {
  const at = runOf(file);
  if (!at) return null;
  try {
    return { run: await readRun(at.dir), checkpoint: at.checkpoint };
  } catch (error) {
    if (error instanceof RunFolderError) return null; // the tensors can be looked at all the same
    throw error;
  }
}

/** The tensor files of a checkpoint folder, by name. */
export function filesOf(checkpointDir: string): string[] {
  return [...contents.keys()].filter(name => existsSync(path.join(checkpointDir, name)));
}

/** The run in words. */
export function describeRun({ run, checkpoint }: { run: RunSummary; checkpoint: string }, files: readonly string[], actions: CheckpointRun['actions'], note: string): CheckpointRun {
  const { manifest, best } = run;
  return {
    id: manifest.id, name: oneLine(manifest.name), checkpoint,
    status: runStatusLine({ ...run, best: null }),
    evaluation: best?.checkpoint === checkpoint ? accuracyText(best.eval) : null,
    config: stringify(manifest.config, { lineWidth: 0 }).slice(0, longest.config),
    files, actions, note,
  };
}
