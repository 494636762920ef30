/**
 * A step session that runs its function as one compiled TensorFlow graph per step. The first run records the function, writes the graph,
 * loads it and puts the state into its variables; from then on a run is one call. Before the second the function is recorded once more, with
 * other numbers, so that what depends on them in any way but through tensors is found out: the first is right even then, since it runs on what it was recorded with.
 */
import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { TensorMetadata } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import type { FormatBackend } from '../bfloat16';
import { toTensor } from '../eager-session';
import { EngineError } from '../engine';
import type { HostTensor, HostTensors, StepFunction, StepSession, TensorMap } from '../engine';
import { asEngineError } from '../failures';
import { SessionContract, kindOf, kindText } from '../session-contract';
import { compile, doneNode } from './compile';
import type { CompiledGraph } from './compile';
import { record } from './record';
import type { Recording } from './recording';

interface Loaded { readonly id: number; readonly graph: CompiledGraph; readonly inputKinds: ReadonlyMap<string, string>; /** Results by the names of the outputs. */ readonly outputs: ReadonlyMap<string, string> }

const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape: [...shape], data: data.slice() });

/** See the file's header. Not reentrant. */
export class CompiledSession implements StepSession {
  private readonly contract: SessionContract;
  private loaded: Loaded | null = null;
  /** What the graph was made of, and with, until the function has given the same again. */
  private unproven: { readonly recording: Recording; readonly inputs: HostTensors } | null = null;
  /** Why it did not. */
  private refusal: EngineError | null = null;
  /** The state until it is in the graph's variables. */
  private waiting: Record<string, HostTensor>;

  /** Throws EngineError when the state does not fit its own shapes. */
  constructor(private readonly backend: FormatBackend, private readonly step: StepFunction, state: HostTensors) {
    this.contract = new SessionContract(state);
    this.waiting = Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, copyOf(tensor)]));
  }

  async run(inputs: HostTensors): Promise<HostTensors> {
    try {
      return await this.contract.alone(setImmediate, () => this.advance(inputs));
    } catch (error) {
      throw asEngineError(error, 'tensorflow', 'The compiled step');
    }
  }

  private advance(inputs: HostTensors): HostTensors {
    const isFirst = this.loaded === null;
    this.loaded ??= this.load(inputs);
    const { graph, inputKinds, outputs } = this.loaded;
    for (const [name, tensor] of Object.entries(inputs)) {
      const kind = kindText(kindOf(tensor, name));
      if (inputKinds.get(name) !== kind) throw new EngineError('bad_state', `Input "${name}" is ${kind}; the step was compiled for ${inputKinds.get(name) ?? 'no such input'}.`, 'Keep batches of one size.');
    }
    const feeds = [...graph.inputNode].map(([name, node]) => {
      const tensor = inputs[name];
      if (!tensor) throw new EngineError('bad_state', `Input "${name}" is missing; the step was compiled with it.`, 'Give the same inputs at every run.');
      return [node, tensor] as const;
    });
    if (!isFirst && this.unproven) this.prove(this.loaded, this.unproven);
    if (this.refusal) throw this.refusal;
    const fetched = this.call(this.loaded, Object.fromEntries(feeds), [...[...outputs.values()].map(result => graph.outputNode.get(result)!), doneNode]);
    return Object.fromEntries([...outputs.keys()].map((name, i) => [name, fetched[i]!]));
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous for engines that are
  async read(names: readonly string[] = this.contract.names): Promise<HostTensors> {
    this.contract.check('read');
    for (const name of names) this.contract.kindOf(name);
    const { loaded } = this;
    if (!loaded) return Object.fromEntries(names.map(name => [name, copyOf(this.waiting[name]!)]));
    try {
      return this.stateOf(loaded, names);
    } catch (error) {
      throw asEngineError(error, 'tensorflow', 'Reading the state');
    }
  }

  write(state: HostTensors): void {
    this.contract.check('write');
    this.contract.checkState(Object.fromEntries(Object.entries(state).map(([name, tensor]) => [name, kindOf(tensor, name)])));
    if (!this.loaded) {
      for (const [name, tensor] of Object.entries(state)) this.waiting[name] = copyOf(tensor);
      return;
    }
    try {
      this.put(this.loaded, state);
    } catch (error) {
      throw asEngineError(error, 'tensorflow', 'Writing the state');
    }
  }

  dispose(): void {
    this.contract.end();
    if (this.loaded) this.backend.binding.deleteSavedModel(this.loaded.id);
    this.loaded = null;
    this.unproven = null;
    this.waiting = {};
  }

  private load(inputs: HostTensors): Loaded {
    const first = this.recordWith(this.waiting, inputs, 0);
    const graph = compile({ ...first, outputs: [...first.outputs.values()], state: this.contract.names, inputs: Object.keys(inputs) }, this.backend.binding);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'trm-graph-'));
    let id: number;
    try {
      writeFileSync(path.join(folder, 'saved_model.pb'), graph.savedModel);
      id = this.backend.binding.loadSavedModel(folder, 'serve');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const loaded: Loaded = { id, graph, inputKinds: new Map(Object.entries(inputs).map(([name, tensor]) => [name, kindText(kindOf(tensor, name))])), outputs: first.outputs };
    try {
      this.put(loaded, this.waiting);
    } catch (error) {
      this.backend.binding.deleteSavedModel(id);
      throw error;
    }
    this.waiting = {};
    this.unproven = { recording: first.recording, inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, copyOf(tensor)])) };
    return loaded;
  }

  /** Records the step again; one that is another then is refused from now on. */
  private prove(loaded: Loaded, { recording: first, inputs }: { recording: Recording; inputs: HostTensors }): void {
    const { recording } = this.recordWith(this.stateOf(loaded, this.contract.names), inputs, 1);
    const difference = firstDifference(first, recording);
    this.unproven = null;
    if (difference !== null) this.refusal = new EngineError('failed', `The step cannot be compiled: ${difference}.`, 'A step function must compute with tensors alone; nothing may depend on their values, on chance or on earlier runs.');
  }

  /** Records the step; `variation` other than 0 does so with other numbers than those given. */
  private recordWith(values: HostTensors, inputs: HostTensors, variation: number): { recording: Recording; assignments: Map<string, string>; outputs: Map<string, string> } {
    tf.engine().startScope();
    try {
      const state: TensorMap = Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, toTensor(varied(tensor, variation), name)]));
      const given: TensorMap = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toTensor(varied(tensor, variation), name)]));
      // What leaves the graph is in float32: the binding knows no other number format.
      const wide = (tensor: tf.Tensor): tf.Tensor => (this.backend.isNarrow(tensor) ? this.backend.inFormat(tensor, false) : tensor);
      const { recording, results } = record(this.backend, { state, inputs: given }, () => {
        const { state: next, outputs } = this.step({ ...state }, { ...given });
        return Object.fromEntries([...Object.entries(next).map(([name, tensor]) => [`s:${name}`, wide(tensor)] as const), ...Object.entries(outputs).map(([name, tensor]) => [`o:${name}`, wide(tensor)] as const)]);
      });
      const of = (kind: 's:' | 'o:'): [name: string, result: string][] => Object.keys(results).filter(result => result.startsWith(kind)).map(result => [result.slice(2), result]);
      this.contract.checkState(Object.fromEntries(of('s:').map(([name, result]) => [name, results[result]!])));
      tf.dispose(results); // also those the step kept beyond this scope
      return { recording, assignments: new Map(of('s:')), outputs: new Map(of('o:')) };
    } finally {
      tf.engine().endScope();
    }
  }

  private stateOf(loaded: Loaded, names: readonly string[]): HostTensors {
    const fetched = names.length ? this.call(loaded, {}, names.map(name => loaded.graph.stateNode.get(name)!)) : [];
    return Object.fromEntries(names.map((name, i) => [name, fetched[i]!]));
  }

  private put(loaded: Loaded, state: HostTensors): void {
    const names = Object.keys(state);
    const { feedNode, setNode } = loaded.graph;
    if (names.length) this.call(loaded, Object.fromEntries(names.map(name => [feedNode.get(name)!, state[name]!])), names.map(name => setNode.get(name)!));
  }

  /** Runs the graph; feeds and fetches by node name. */
  private call(loaded: Loaded, feeds: HostTensors, fetches: readonly string[]): HostTensor[] {
    const { binding } = this.backend;
    const typeOf = (data: HostTensor['data']): number => (data instanceof Int32Array ? binding.TF_INT32 : binding.TF_FLOAT);
    const ids = Object.values(feeds).map(({ shape, data }) => binding.createTensor([...shape], typeOf(data), unshared(data)));
    let fetched: TensorMetadata[] = [];
    try {
      fetched = binding.runSavedModel(loaded.id, ids, Object.keys(feeds).join(','), fetches.join(','));
      return fetched.map(({ id, shape }) => {
        const values = binding.tensorDataSync(id);
        return { shape, data: values instanceof Float32Array ? values.slice() : Int32Array.from(values) };
      });
    } catch (error) {
      throw withOperation(error as Error);
    } finally {
      for (const id of ids) binding.deleteTensor(id);
      for (const { id } of fetched) binding.deleteTensor(id);
    }
  }
}

/**
 * The values in memory that TensorFlow copies. The binding lends it the memory of an array that lies on a boundary TensorFlow likes (64 bytes), and
 * TensorFlow gives it back in whichever thread needs it last: for state that is one of its own, or two at a time, and Node's references may be
 * touched by Node's thread alone (they are a linked list: what breaks is found much later, as a tensor with a pointer to nowhere). An array that
 * begins four bytes beyond any boundary is copied and given back at once.
 */
export function unshared<T extends Float32Array | Int32Array>(data: T): T {
  const memory = new ArrayBuffer(data.byteLength + 4);
  const copy = data instanceof Int32Array ? new Int32Array(memory, 4) : new Float32Array(memory, 4);
  copy.set(data);
  return copy as T;
}

/** TensorFlow names the node that failed on its message's second line; this names the operation on the first. */
function withOperation(error: Error): Error {
  const [, operation] = /\{\{node (?:n\d+_)?([^}]+)\}\}/.exec(error.message) ?? [];
  return operation === undefined ? error : new Error(`${operation}: ${error.message.replace(/^Session fail to run with error: /, '')}`, { cause: error });
}

/** Other numbers of the same kind: floats moved a little, whole numbers rotated within the array so that they stay valid. */
function varied(tensor: HostTensor, variation: number): HostTensor {
  if (variation === 0) return tensor;
  const { shape, data } = tensor;
  if (data instanceof Int32Array) return { shape, data: data.map((_, i) => data[(i + 1) % data.length]!) };
  return { shape, data: data.map((value, i) => value * (1 + 0.01 * ((i % 7) + 1)) + 0.001 * ((i % 5) + 1)) };
}

/** Where two recordings of one step part, in words; null when they are the same graph. */
function firstDifference(a: Recording, b: Recording): string | null {
  if (a.nodes.length !== b.nodes.length) return `recorded again, it takes ${b.nodes.length} operations and constants instead of ${a.nodes.length}`;
  const bodies = new Map<Recording, Recording>();
  for (let i = 0; i < a.nodes.length; i++) {
    const [one, other] = [a.nodes[i]!, b.nodes[i]!];
    if (one.kind === 'constant' && other.kind === 'constant') {
      if (one.shape.join() !== other.shape.join() || Buffer.compare(one.bytes, other.bytes) !== 0) {
        const user = a.nodes.find(node => node.kind === 'operation' && node.inputs.some(input => input.node === i));
        return `a constant ${one.dtype} [${one.shape.join(', ')}]${user?.kind === 'operation' ? `, used by ${user.op},` : ''} is another one when it is recorded again`;
      }
    } else if (one.kind === 'call' && other.kind === 'call') {
      if (JSON.stringify([one.inputs, one.after]) !== JSON.stringify([other.inputs, other.after])) return `recorded again, call ${i} is given other values`;
      const known = bodies.get(one.body);
      if (known === other.body) continue;
      const inside = known ? 'recorded again, it calls other functions' : firstDifference(one.body, other.body);
      if (inside !== null) return inside;
      bodies.set(one.body, other.body);
    } else if (one.kind !== other.kind || (one.kind === 'operation' && other.kind === 'operation' && (one.op !== other.op || JSON.stringify(one.attributes) !== JSON.stringify(other.attributes) || JSON.stringify(one.inputs) !== JSON.stringify(other.inputs)))) {
      return `recorded again, operation ${i} is ${other.kind === 'operation' ? other.op : other.kind} instead of ${one.kind === 'operation' ? one.op : one.kind}`;
    }
  }
  const [one, other] = [JSON.stringify(Object.entries(a.results)), JSON.stringify(Object.entries(b.results))];
  return one === other ? null : 'recorded again, it returns other results';
}
