/** Which checkpoint a path means, and what a run says of itself. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { checkpointDir, latestGoodCheckpoint, readBest } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import { parseJson, readSmallFileSync } from '../runs/read-json';
import { runManifestSchema } from '../runs/schema';
import type { RunManifest } from '../runs/schema';

/** The folder and manifest of a run, and the folder of one of its checkpoints. */
export interface LocatedCheckpoint {
  readonly run: string;
  readonly checkpoint: string;
  readonly manifest: RunManifest;
}

/** Finds the checkpoint of a run folder (the best, else the newest) or of a checkpoint folder in one. Throws RunFolderError. */
export function locateCheckpoint(target: string): LocatedCheckpoint {
  const { run, checkpoint } = locate(target);
  const file = path.join(run, 'run.json');
  return { run, checkpoint, manifest: parseJson(file, readSmallFileSync(file), runManifestSchema) };
}

function locate(target: string): { run: string; checkpoint: string } {
  const given = path.resolve(target);
  if (existsSync(path.join(given, 'state.json'))) return { run: path.resolve(given, '../..'), checkpoint: given };
  if (!existsSync(path.join(given, 'run.json'))) throw new RunFolderError('not_a_run', `${given} is neither a run nor a checkpoint: it has no run.json and no state.json.`, 'Give a run folder, or one of its checkpoints/step-N.');
  const name = readBest(given)?.checkpoint ?? latestGoodCheckpoint(given).checkpoint?.name;
  if (name === undefined) throw new RunFolderError('missing', `${given} has no checkpoint yet.`, 'Wait for the first evaluation, or ask the live run for a checkpoint.');
  return { run: given, checkpoint: checkpointDir(given, name) };
}
