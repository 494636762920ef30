/**
 * Opening a file of weights, whoever wrote it: `torch.save` or safetensors, told apart by their first bytes. The published code's
 * names begin with `model.` (its loss head), with `_orig_mod.` before when the model was compiled, and with `module.` when it was
 * wrapped for several GPUs: all are left out here.
 */
import { statSync } from 'node:fs';
import { RunFolderError, asRunFolderError } from '../runs/errors';
import { oneLine } from '../runs/read-json';
import { readRange } from '../runs/read-range';
import { readSafetensorsHeader } from '../runs/safetensors';
import { decodeTensor } from '../runs/tensor-dtypes';
import { rowMajor } from './strides';
import { openTorchFile } from './torch-file';
import type { WeightsFile } from './weights-file';

const prefixes = /^(?:(?:_orig_mod|module|model)\.)+/;

function openSafetensors(file: string): WeightsFile {
  const { tensors } = readSafetensorsHeader(file);
  return {
    file, tensors,
    read(name) {
      const { dtype, shape, begin, end } = tensors.get(name)!;
      const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
      return rowMajor(decodeTensor(dtype, shape, readRange(file, begin, end)).data, 0, shape, strides);
    },
  };
}

/** The same file under names without prefixes. */
function withoutPrefixes(weights: WeightsFile): WeightsFile {
  const names = new Map<string, string>();
  for (const name of weights.tensors.keys()) {
    const short = name.replace(prefixes, '');
    if (names.has(short)) throw new RunFolderError('corrupt', `${weights.file}: ${JSON.stringify(oneLine(name))} and ${JSON.stringify(oneLine(names.get(short)!))} are the same tensor.`, 'Save one state dict only.');
    names.set(short, name);
  }
  return {
    file: weights.file,
    tensors: new Map([...names].map(([short, name]) => [short, weights.tensors.get(name)!])),
    read: short => weights.read(names.get(short)!),
  };
}

/** Two files as one: what the first has is taken from it. */
export function over(first: WeightsFile, second: WeightsFile): WeightsFile {
  return { file: first.file, tensors: new Map([...second.tensors, ...first.tensors]), read: name => (first.tensors.has(name) ? first : second).read(name) };
}

/** Opens a file of weights. @throws RunFolderError missing, corrupt, io. */
export async function openWeightsFile(file: string): Promise<WeightsFile> {
  let size: number;
  try {
    size = statSync(file).size;
  } catch (error) {
    throw asRunFolderError(error, `read ${file}`);
  }
  const first = readRange(file, 0, Math.min(4, size));
  const starts = (...bytes: number[]): boolean => bytes.every((byte, i) => first[i] === byte);
  if (starts(0x50, 0x4b)) return withoutPrefixes(await openTorchFile(file));
  if (starts(0x80) && first[1]! <= 5 && first[2] !== 0) throw new RunFolderError('corrupt', `${file} is a bare pickle, as PyTorch before 1.6 wrote them; it is not read.`, 'Load and save it again with a newer PyTorch: torch.save(torch.load(FILE), FILE).');
  return withoutPrefixes(openSafetensors(file));
}
