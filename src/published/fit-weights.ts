/**
 * Weights of a file as the model of a config and its data takes them. Everything must be there in its shape and nothing else may be,
 * as in the published code; only the table of puzzle embeddings may be of another number of puzzles: it becomes the mean of its rows,
 * as published.
 */
import type { ResolvedArch } from '../config/resolve';
import { bufferShapes, parameterShapes } from '../model/shapes';
import type { DataShape } from '../model/shapes';
import { RunFolderError } from '../runs/errors';
import { oneLine } from '../runs/read-json';
import type { WeightsFile } from './weights-file';

/** Named float32 tensors. */
export type NamedTensors = Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

/** Weights to begin with. */
export interface FittedWeights {
  /** Dense parameters. */
  readonly model: NamedTensors;
  /** The fixed vectors that the features start from. */
  readonly buffers: NamedTensors;
  /** [identifiers, ndim]; null without puzzle embeddings. */
  readonly puzzleEmb: Float32Array | null;
  /** What was changed to make it fit, in words. */
  readonly notes: readonly string[];
}

/** Differences that are told at once. */
const maxTold = 8;
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** A shape that differs, in the words of the config or the data where one key is the cause. */
function difference(name: string, found: readonly number[], needed: readonly number[]): string {
  const embedding = name === 'inner.embed_tokens.embedding_weight' && found.length === 2;
  if (embedding && found[0] !== needed[0] && found[1] === needed[1]) return `vocab_size is ${found[0]} in the checkpoint and ${needed[0]} in the data`;
  if (embedding && found[1] !== needed[1] && found[0] === needed[0]) return `arch.hidden_size is ${found[1]} in the checkpoint and ${needed[1]} in the config`;
  return `${name} is ${shapeText(found)} in the checkpoint, the config and data need ${shapeText(needed)}`;
}

/** Every row the mean of the rows of `table` [rows, ndim]. */
function meanRows(table: Float32Array, rows: number, ndim: number, wanted: number): Float32Array {
  const mean = new Float64Array(ndim);
  for (let row = 0; row < rows; row++) for (let j = 0; j < ndim; j++) mean[j]! += table[row * ndim + j]!;
  const out = new Float32Array(wanted * ndim);
  const row = Float32Array.from(mean, sum => sum / rows);
  for (let i = 0; i < wanted; i++) out.set(row, i * ndim);
  return out;
}

/** Throws RunFolderError `shape` with every difference, both values each. */
export function fitWeights(weights: WeightsFile, arch: ResolvedArch, data: DataShape): FittedWeights {
  const parameters = parameterShapes(arch, data);
  const table = parameters.find(({ group }) => group === 'puzzle_embedding');
  const needed = [...parameters, ...bufferShapes(arch)];
  const differences: string[] = [];
  for (const { name, shape } of needed) {
    const found = weights.tensors.get(name)?.shape;
    const anyRows = name === table?.name && found?.length === 2 && found[0]! > 0;
    if (!found) differences.push(`${name} ${shapeText(shape)} is missing in the checkpoint`);
    else if (found.join() !== (anyRows ? [found[0], shape[1]] : shape).join()) differences.push(difference(name, found, shape));
  }
  const known = new Set(needed.map(({ name }) => name));
  for (const [name, { shape }] of weights.tensors) if (!known.has(name)) differences.push(`${oneLine(name)} ${shapeText(shape)} of the checkpoint has no place in a ${arch.name} of this config`);
  if (differences.length > 0) {
    const more = differences.length > maxTold ? `; and ${differences.length - maxTold} more` : '';
    throw new RunFolderError('shape', `${weights.file} does not fit: ${differences.slice(0, maxTold).join('; ')}${more}.`, 'Use the config and data it was trained with.');
  }
  const read = (specs: readonly { name: string; shape: readonly number[] }[]): NamedTensors => Object.fromEntries(specs.map(({ name, shape }) => [name, { shape, data: weights.read(name) }]));
  return { model: read(parameters.filter(({ group }) => group === 'dense')), buffers: read(bufferShapes(arch)), ...embeddings(weights, table) };
}

function embeddings(weights: WeightsFile, table: { name: string; shape: readonly number[] } | undefined): Pick<FittedWeights, 'puzzleEmb' | 'notes'> {
  if (!table) return { puzzleEmb: null, notes: [] };
  const values = weights.read(table.name);
  const [rows, ndim] = weights.tensors.get(table.name)!.shape as [number, number];
  const [wanted] = table.shape as [number, number];
  if (rows === wanted) return { puzzleEmb: values, notes: [] };
  return { puzzleEmb: meanRows(values, rows, ndim, wanted), notes: [`The checkpoint has embeddings of ${rows} puzzles, the data have ${wanted}: every puzzle begins with their mean.`] };
}
