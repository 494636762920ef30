/**
 * What a run starts from: weights drawn from its seed as published (truncated normal of standard deviation 1/sqrt(fan_in),
 * embeddings 1/sqrt(D), halting head zero with bias -5), the fixed vectors H_init and L_init that its features start from, zero moments, zero carry.
 */
import { createHash } from 'node:crypto';
import type { ResolvedArch } from '../config/resolve';
import type { HostTensors } from '../engine/engine';
import type { Model } from '../model/model';
import { bufferShapes, parameterShapes } from '../model/shapes';
import type { DataShape, TensorSpec } from '../model/shapes';
import { RandomStream } from '../random/stream';

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Prefixes every name. */
export const prefixed = (prefix: string, tensors: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]));

/** Zero tensors of the same shapes. */
export const zerosLike = (tensors: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, { shape, data: new Float32Array(size(shape)) }]));

/** One stream per tensor name, so that adding a tensor changes no other's numbers. */
function draw({ name, shape, init }: TensorSpec, seed: number): Float32Array {
  const data = new Float32Array(size(shape));
  if (init.kind === 'constant') return data.fill(init.value);
  const nameHash = createHash('sha256').update(name).digest().readInt32LE(0);
  return RandomStream.named(seed, 'weights', nameHash).fillTruncatedNormal(data, init.std);
}

/** Dense parameters and buffers, by published names. */
export function initialWeights(arch: ResolvedArch, data: DataShape, seed: number): { model: HostTensors; buffers: HostTensors } {
  const build = (shapes: readonly TensorSpec[]): HostTensors => Object.fromEntries(shapes.map(s => [s.name, { shape: s.shape, data: draw(s, seed) }]));
  return { model: build(parameterShapes(arch, data).filter(({ group }) => group === 'dense')), buffers: build(bufferShapes(arch)) };
}

/** A carry of zeros for `batch` slots: every slot is reset before its first step. */
export const emptyCarry = (model: Model, batch: number): HostTensors =>
  Object.fromEntries(model.carried.map(name => {
    const shape = [batch, model.sequence, model.width];
    return [name, { shape, data: new Float32Array(size(shape)) }];
  }));
