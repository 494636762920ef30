/**
 * A step function run op by op on TensorFlow.js's current backend. State tensors stay on the backend between runs. A run
 * is all or nothing: outputs are fetched before the new state takes the place of the old, so a step that fails leaves
 * the session as it was. Every tensor made on the way is freed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import { EngineError } from './engine';
import type { Engine, HostTensor, HostTensors, StepFunction, StepSession, TensorMap } from './engine';
import { asEngineError } from './failures';

/** Host data as a tensor of the same shape; the data is copied, so that the caller may reuse its array. */
export function toTensor({ shape, data }: HostTensor, name: string): tf.Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size !== data.length)
    throw new EngineError('bad_state', `Tensor "${name}" of shape [${shape.join(', ')}] needs ${size} values, ${data.length} were given.`, 'Give data that fills the shape.');
  return tf.tensor(data.slice(), [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

/** A tensor's values in host memory; true is 1 and false 0. */
export function toHost(tensor: tf.Tensor): HostTensor {
  const values = tensor.dataSync();
  const data = values instanceof Float32Array ? values.slice() : Int32Array.from(values);
  return { shape: [...tensor.shape], data };
}

function mapTensors<From, To>(map: Readonly<Record<string, From>>, convert: (value: From, name: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, convert(value, name)]));
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

/** See the file's header. Not reentrant. */
export class EagerSession implements StepSession {
  readonly #engine: Engine['name'];
  readonly #step: StepFunction;
  #state: TensorMap;
  #running = false;
  #disposed = false;

  /** Throws EngineError when the state does not fit the engine's memory or its own shapes. */
  constructor(engine: Engine['name'], step: StepFunction, state: HostTensors) {
    this.#engine = engine;
    this.#step = step;
    this.#state = {};
    try {
      for (const [name, value] of Object.entries(state)) this.#state[name] = tf.keep(toTensor(value, name));
    } catch (error) {
      this.dispose();
      throw asEngineError(error, engine, 'Loading the initial state');
    }
  }

  /**
   * As StepSession.run. It yields to the event loop once, so that a process that does nothing but run steps still
   * answers its sockets and signals.
   */
  async run(inputs: HostTensors): Promise<HostTensors> {
    this.#check('run');
    this.#running = true;
    try {
      await setImmediate();
      this.#check('finish a run of', true);
      return this.#advance(inputs);
    } catch (error) {
      throw asEngineError(error, this.#engine, 'The step');
    } finally {
      this.#running = false;
    }
  }

  #advance(inputs: HostTensors): HostTensors {
    const next = tf.tidy(() => {
      const given = mapTensors(inputs, toTensor);
      const result = this.#step({ ...this.#state }, given);
      this.#checkState(mapTensors(result.state, ({ shape, dtype }) => ({ shape, dtype })));
      // A step may hand back an operand as it is, or one tensor under two names: each name gets a handle of its own.
      const taken = new Set<tf.Tensor>([...Object.values(this.#state), ...Object.values(given)]);
      const own = (tensor: tf.Tensor): tf.Tensor => {
        const handle = taken.has(tensor) ? tf.clone(tensor) : tensor;
        taken.add(handle);
        return handle;
      };
      return { state: mapTensors(result.state, own), outputs: mapTensors(result.outputs, own) };
    });
    let outputs: HostTensors;
    try {
      outputs = mapTensors(next.outputs, toHost);
    } catch (error) {
      tf.dispose(next.state);
      throw error;
    } finally {
      tf.dispose(next.outputs);
    }
    this.#replace(next.state);
    return outputs;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous for engines that are
  async read(names: readonly string[] = Object.keys(this.#state)): Promise<HostTensors> {
    this.#check('read');
    try {
      return Object.fromEntries(names.map(name => [name, toHost(this.#stateOf(name))]));
    } catch (error) {
      throw asEngineError(error, this.#engine, 'Reading the state');
    }
  }

  write(state: HostTensors): void {
    this.#check('write');
    this.#checkState(mapTensors(state, ({ shape, data }) => ({ shape, dtype: data instanceof Int32Array ? 'int32' : 'float32' })));
    const fresh: TensorMap = {};
    try {
      for (const [name, value] of Object.entries(state)) fresh[name] = toTensor(value, name);
    } catch (error) {
      tf.dispose(fresh);
      throw asEngineError(error, this.#engine, 'Writing the state');
    }
    this.#replace(fresh);
  }

  dispose(): void {
    this.#disposed = true;
    tf.dispose(this.#state);
    this.#state = {};
  }

  #replace(fresh: TensorMap): void {
    for (const [name, tensor] of Object.entries(fresh)) {
      this.#state[name]?.dispose();
      this.#state[name] = tf.keep(tensor);
    }
  }

  #stateOf(name: string): tf.Tensor {
    const tensor = this.#state[name];
    if (tensor) return tensor;
    throw new EngineError('bad_state', `The session has no state called "${name}"; it has ${Object.keys(this.#state).join(', ')}.`, 'Use one of these names.');
  }

  #checkState(state: Readonly<Record<string, { shape: readonly number[]; dtype: string }>>): void {
    for (const [name, { shape, dtype }] of Object.entries(state)) {
      const held = this.#stateOf(name);
      if (!sameShape(held.shape, shape) || held.dtype !== dtype)
        throw new EngineError('bad_state', `State "${name}" is ${held.dtype} [${held.shape.join(', ')}]; ${dtype} [${shape.join(', ')}] was given.`, 'State keeps its shape and type; a change needs a new session.');
    }
  }

  #check(doing: string, running = false): void {
    if (this.#disposed) throw new EngineError('bad_state', `Cannot ${doing} a session that was disposed.`, 'Open a new session.');
    if (this.#running && !running) throw new EngineError('bad_state', `Cannot ${doing} the session while a step runs.`, 'Await the run first.');
  }
}
