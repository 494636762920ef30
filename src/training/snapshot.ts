/**
 * Everything a training is, in host memory, and how one that was read from files is made fit to continue from: every tensor
 * that the model and the data need must be there in its shape, and comes in the published order. The order matters for the
 * last bit: sums over all tensors are taken in it.
 */
import type { ResolvedConfig } from '../config/resolve';
import type { HostTensors } from '../engine/engine';
import type { Model } from '../model/model';
import { bufferShapes, parameterShapes } from '../model/shapes';
import type { DataShape } from '../model/shapes';
import { RunFolderError } from '../runs/errors';

/** Everything that a checkpoint holds, in host memory, under published names. */
export interface TrainingSnapshot {
  readonly step: number;
  /** Dense parameters, buffers, and the puzzle embedding table. */
  readonly model: HostTensors;
  readonly ema: HostTensors | null;
  /** `m.*` and `v.*`. */
  readonly optimizer: HostTensors;
  /** The carried features (z_H, z_L) and the slots. */
  readonly carry: HostTensors;
}

/** Bytes that a snapshot's tensors take, in memory as on disk. */
export function snapshotBytes({ model, ema, optimizer, carry }: TrainingSnapshot): number {
  return [model, ema ?? {}, optimizer, carry].flatMap(part => Object.values(part)).reduce((sum, { data }) => sum + data.length * 4, 0);
}

type Shapes = readonly (readonly [name: string, shape: readonly number[]])[];

/** The tensors of `given` named in `expected`, in that order. Throws RunFolderError `shape` naming the first that does not fit. */
function pick(part: string, step: number, given: HostTensors, expected: Shapes): HostTensors {
  return Object.fromEntries(expected.map(([name, shape]) => {
    const tensor = Object.hasOwn(given, name) ? given[name] : undefined;
    if (tensor?.shape.join() !== shape.join()) {
      throw new RunFolderError('shape', `The checkpoint of step ${step} does not fit: ${name} in its ${part} is ${tensor ? `[${tensor.shape.join(', ')}]` : 'missing'}, the config and data need [${shape.join(', ')}].`, 'Use the config and data it was trained with.');
    }
    return [name, tensor];
  }));
}

/** Checks and orders a snapshot. Throws RunFolderError `shape` naming the tensor, what it is and what is needed. */
export function fittedSnapshot(snapshot: TrainingSnapshot, config: ResolvedConfig, model: Model, data: DataShape): TrainingSnapshot {
  const { step } = snapshot;
  const parameters = parameterShapes(config.arch, data);
  const named = (specs: readonly { name: string; shape: readonly number[] }[]): Shapes => specs.map(({ name, shape }) => [name, shape]);
  const dense = named(parameters.filter(({ group }) => group === 'dense'));
  const slots = config.global_batch_size;
  return {
    step,
    model: pick('model', step, snapshot.model, [...named(parameters), ...named(bufferShapes(config.arch))]),
    ema: config.ema && !config.freeze_weights ? pick('ema', step, snapshot.ema ?? {}, dense) : null,
    optimizer: config.freeze_weights ? {} : pick('optimizer', step, snapshot.optimizer, ['m', 'v'].flatMap(moment => dense.map(([name, shape]) => [`${moment}.${name}`, shape] as const))),
    carry: pick('carry', step, snapshot.carry, [
      ...model.carried.map(name => [name, [slots, model.sequence, model.width]] as const),
      ...['inputs', 'labels'].map(name => [`slots.${name}`, [slots, data.seq_len]] as const),
      ...['puzzle_identifiers', 'steps', 'halted'].map(name => [`slots.${name}`, [slots]] as const),
    ]),
  };
}
