/**
 * A step over the batch in pieces that looks from outside like the step in one piece: the same names of state, inputs and
 * outputs, whole. The pieces give losses and gradients (or, in an evaluation, results only); the gradients are summed in a
 * fixed order, one update makes new weights of them, and every shard gets these.
 *
 * Kept here in host memory: the carry, and whatever no step changes. With the engine: the weights, once per shard; the
 * optimiser's state, once.
 */
import type { HostTensor, HostTensors, StepSession } from '../engine/engine';
import { SessionContract, kindOf } from '../engine/session-contract';
import type { RowShards } from './row-shards';

const scalar = (value: number): HostTensor => ({ shape: [], data: Float32Array.of(value) });
const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape: [...shape], data: data.slice() });
const select = (tensors: HostTensors, wanted: (name: string) => boolean): HostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => wanted(name)));
const isCarry = (name: string): boolean => name.startsWith('carry.');
const isWeight = (name: string): boolean => name.startsWith('model.');
/** State of which every shard has a copy. */
const isShared = (name: string): boolean => isWeight(name) || name.startsWith('buffer.');
/** State that the update changes. */
const isUpdated = (name: string): boolean => /^(model|m|v|ema)\./.test(name);

function norm({ data }: HostTensor): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += data[i]! * data[i]!;
  return Math.sqrt(squares);
}

/** See the file's header. Not reentrant. */
export class ShardedSession implements StepSession {
  private readonly contract: SessionContract;
  /** The carry, and the state that nothing changes. */
  private kept: HostTensors;

  /**
   * `shards` run the step of a ShardWork and hold `model.*` and `buffer.*` of `state` (for gradients also `sum.*`); `update`
   * runs the update step and holds the weights and the optimiser's state, null when there is nothing to update.
   */
  constructor(private readonly shards: RowShards, private readonly update: StepSession | null, state: HostTensors) {
    this.contract = new SessionContract(state);
    this.kept = Object.fromEntries(Object.entries(select(state, name => !this.isInUpdate(name))).map(([name, tensor]) => [name, copyOf(tensor)]));
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    return this.contract.alone(() => Promise.resolve(), () => this.advance(inputs));
  }

  private async advance(inputs: HostTensors): Promise<HostTensors> {
    const { update, shards } = this;
    const rowwise = (name: string): boolean => inputs[name]!.shape.length > 0;
    const results = await shards.run({ ...select(inputs, rowwise), ...select(this.kept, isCarry) }, first => (update ? { keep: scalar(first ? 0 : 1) } : {}));
    const outputs = select(results, name => !isCarry(name));
    if (update) {
      const weights = this.contract.names.filter(isWeight);
      const sums = await shards.sums(weights.map(name => `sum.${name.slice('model.'.length)}`));
      const gradients = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [`grad.${name.slice('sum.'.length)}`, sum]));
      Object.assign(outputs, await update.run({ ...gradients, ...select(inputs, name => !rowwise(name)) }), gradients);
      shards.write(await update.read(weights));
    } else if (outputs.puzzle_emb_grad) {
      outputs.grad_norm = scalar(norm(outputs.puzzle_emb_grad));
    }
    this.kept = { ...this.kept, ...select(results, isCarry) };
    return outputs;
  }

  async read(names: readonly string[] = this.contract.names): Promise<HostTensors> {
    this.contract.check('read');
    for (const name of names) this.contract.kindOf(name);
    const updated = this.update ? await this.update.read(names.filter(name => this.isInUpdate(name))) : {};
    return Object.fromEntries(names.map(name => [name, updated[name] ?? copyOf(this.kept[name]!)]));
  }

  write(state: HostTensors): void {
    this.contract.check('write');
    this.contract.checkState(Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, kindOf(tensor, name)])));
    this.update?.write(select(state, name => this.isInUpdate(name)));
    this.shards.write(select(state, isShared));
    this.kept = { ...this.kept, ...Object.fromEntries(Object.entries(select(state, name => !this.isInUpdate(name))).map(([name, tensor]) => [name, copyOf(tensor)])) };
  }

  dispose(): void {
    this.contract.end();
    this.update?.dispose();
    this.shards.dispose();
    this.kept = {};
  }

  private isInUpdate(name: string): boolean {
    return this.update !== null && isUpdated(name);
  }
}
