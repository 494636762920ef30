/**
 * Where a fork begins: a checkpoint of another run, whose weights, optimiser, slots and position in the data a new run takes
 * over. What decides the order of the data must be as it was there; shapes are compared where the data are open.
 */
import path from 'node:path';
import type { ResolvedConfig } from '../config/resolve';
import { listCheckpoints, readCheckpointState } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import type { RunManifest } from '../runs/schema';
import { UsageError } from './failure';
import { locateCheckpoint } from './locate-checkpoint';
import { configOfRun } from './workshop';

/** The beginning of a fork. */
export interface ForkPoint {
  /** Folder of the checkpoint. */
  readonly checkpoint: string;
  readonly parent: NonNullable<RunManifest['parent']>;
  /** The data the parent was trained on. */
  readonly dataset: RunManifest['dataset'];
}

/** Keys that decide which batch comes when. */
const orderKeys = ['seed', 'global_batch_size', 'eval_interval'] as const;

/**
 * Finds the checkpoint of a path (a checkpoint's folder, or a run: its best, else its newest).
 * @throws RunFolderError shape, naming both values, when the new config takes the data in another order; UsageError when
 * its training ends before the checkpoint; what reading the checkpoint throws.
 */
export function forkPoint(target: string, config: ResolvedConfig): ForkPoint {
  const { checkpoint, manifest } = locateCheckpoint(target);
  const { step } = readCheckpointState(checkpoint);
  const before = configOfRun(manifest);
  const different = orderKeys.filter(key => before[key] !== config[key]);
  if (different.length) {
    throw new RunFolderError(
      'shape', `The checkpoint of step ${step} does not fit: ${different.map(key => `${key} is ${before[key]} in the run ${manifest.id} and ${config[key]} in the config`).join('; ')}.`,
      'A fork goes on in the same data: keep these keys. To begin other data with its weights, train with load_checkpoint.',
    );
  }
  return { checkpoint, parent: { run: manifest.id, step }, dataset: manifest.dataset };
}

/**
 * Where a fork began that has no checkpoint of its own yet, found again in its parent, which lies beside it.
 * @throws UsageError when the parent or its checkpoint is gone, or a later attempt came to the same step; else as forkPoint.
 */
export function forkPointAgain(dir: string, id: string, { run, step }: ForkPoint['parent'], config: ResolvedConfig): ForkPoint {
  const beside = path.join(path.dirname(dir), path.basename(run));
  const [found, other] = listCheckpoints(beside).filter(checkpoint => checkpoint.step === step && checkpoint.problem === null);
  if (!found || other) throw new UsageError(`Run ${id} was to go on from step ${step} of ${run}, and has no checkpoint of its own to resume from; ${found ? 'there are two of that step there' : 'that one is gone, too'}.`, 'Fork that run again.');
  return forkPoint(found.dir, config);
}

/** Throws UsageError when nothing is left to train after the checkpoint. */
export function refuseEnded({ parent }: ForkPoint, totalSteps: number): void {
  if (parent.step >= totalSteps) throw new UsageError(`The checkpoint is of step ${parent.step}, and the config trains ${totalSteps} steps.`, 'Raise epochs, or fork from an earlier checkpoint.');
}
