/**
 * Weights to begin with or to hand on: a published checkpoint, safetensors, or a checkpoint of a run, of which the averaged weights
 * are taken where there are some, as in inference.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { openWeightsFile, over } from '../published/open-weights';
import type { WeightsFile } from '../published/weights-file';
import { UsageError } from './failure';
import { locateCheckpoint } from './locate-checkpoint';

/** The weights of a checkpoint folder. Throws UsageError when averaged ones are asked for and there are none; RunFolderError. */
export async function checkpointWeights(checkpoint: string, which?: 'ema' | 'model'): Promise<WeightsFile & { readonly which: 'ema' | 'model' }> {
  const averaged = path.join(checkpoint, 'ema.safetensors');
  const has = existsSync(averaged);
  if (which === 'ema' && !has) throw new UsageError(`${checkpoint} has no EMA weights.`, 'Leave --weights away, or train with ema: true.');
  const model = await openWeightsFile(path.join(checkpoint, 'model.safetensors'));
  return has && which !== 'model' ? { ...over(await openWeightsFile(averaged), model), which: 'ema' } : { ...model, which: 'model' };
}

/** The weights at a path: a file, or the folder of a run or checkpoint. Throws RunFolderError. */
export async function weightsAt(target: string): Promise<WeightsFile> {
  if (!statSync(target, { throwIfNoEntry: false })?.isDirectory()) return openWeightsFile(target);
  return checkpointWeights(locateCheckpoint(target).checkpoint);
}
