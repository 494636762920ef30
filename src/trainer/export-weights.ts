/** Export: the weights of a checkpoint in a file that the published code loads. */
import path from 'node:path';
import { bufferShapes, parameterShapes } from '../model/shapes';
import { writeWeights } from '../published/write-weights';
import type { WeightFormat } from '../published/write-weights';
import { readCheckpointState } from '../runs/checkpoints';
import { RunFolderError } from '../runs/errors';
import { toBfloat16 } from '../runs/tensor-dtypes';
import type { StorableTensor } from '../runs/tensor-dtypes';
import { locateCheckpoint } from './locate-checkpoint';
import { checkpointWeights } from './stored-weights';
import { configOfRun } from './workshop';

/** What stands before every name: nothing; what the published code has without, and with, `torch.compile`. */
export const exportPrefixes = ['none', 'model.', '_orig_mod.model.'] as const;

/** What to export, and how. */
export interface ExportOptions {
  /** A run folder (its best checkpoint, else its newest), or a checkpoint folder inside one. */
  readonly target: string;
  readonly out: string;
  /** Default: by the file's name, safetensors for `.safetensors`, else torch. */
  readonly format?: WeightFormat | undefined;
  /** Default: averaged where there are. */
  readonly weights?: 'ema' | 'model' | undefined;
  readonly prefix?: (typeof exportPrefixes)[number] | undefined;
  readonly overwrite?: boolean | undefined;
}

/** What was exported. */
export interface Exported {
  readonly out: string;
  readonly format: WeightFormat;
  readonly run: string;
  readonly checkpoint: string;
  readonly step: number;
  readonly weights: 'ema' | 'model';
  readonly tensors: number;
}

/** Exports. Throws errors of this project; then there is no new file. */
export async function exportWeights({ target, out, format, weights: which, prefix = 'none', overwrite }: ExportOptions): Promise<Exported> {
  const { checkpoint, manifest } = locateCheckpoint(target);
  const { arch } = configOfRun(manifest);
  const state = readCheckpointState(checkpoint);
  const weights = await checkpointWeights(checkpoint, which);
  // The published code takes over the number format of what it loads; its own fixed vectors have that of the forward pass.
  const fixed = (data: Float32Array, shape: readonly number[]): StorableTensor => (arch.forward_dtype === 'bfloat16' ? { shape, data: toBfloat16(data), dtype: 'BF16' } : { shape, data });
  const read = ({ name, shape }: { name: string; shape: readonly number[] }): Float32Array => {
    const found = weights.tensors.get(name)?.shape;
    if (found?.join() !== shape.join()) throw new RunFolderError('corrupt', `${checkpoint}: ${name} is ${found ? `[${found.join(', ')}]` : 'missing'}, its config needs [${shape.join(', ')}].`, 'Use another checkpoint.');
    return weights.read(name);
  };
  const before = prefix === 'none' ? '' : prefix;
  const tensors: Record<string, StorableTensor> = {};
  for (const spec of bufferShapes(arch)) tensors[before + spec.name] = fixed(read(spec), spec.shape);
  for (const spec of parameterShapes(arch, state)) tensors[before + spec.name] = { shape: spec.shape, data: read(spec) };
  const file = path.resolve(out);
  const written = format ?? (/\.safetensors$/i.test(file) ? 'safetensors' : 'torch');
  await writeWeights(file, written, tensors, { overwrite, metadata: { run: manifest.id, step: String(state.step), weights: weights.which } });
  return { out: file, format: written, run: manifest.id, checkpoint: path.basename(checkpoint), step: state.step, weights: weights.which, tensors: Object.keys(tensors).length };
}
