/**
 * A step function run op by op on TensorFlow.js's current backend. State tensors stay on the backend between runs. A run
 * is all or nothing: outputs are fetched before the new state takes the place of the old, so a step that fails leaves
 * the session as it was. Every tensor made on the way is freed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { setImmediate } from 'node:timers/promises';
import type { Engine, HostTensor, HostTensors, StepFunction, StepSession, TensorMap } from './engine';
import { asEngineError } from './failures';
import { SessionContract, kindOf } from './session-contract';

/** Host data as a tensor of the same shape; the data is copied, so that the caller may reuse its array. */
export function toTensor(tensor: HostTensor, name: string): tf.Tensor {
  const { shape, dtype } = kindOf(tensor, name);
  return tf.tensor(tensor.data.slice(), [...shape], dtype as 'int32' | 'float32');
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

/** See the file's header. Not reentrant. */
export class EagerSession implements StepSession {
  readonly #engine: Engine['name'];
  readonly #step: StepFunction;
  readonly #contract: SessionContract;
  #state: TensorMap = {};

  /** Throws EngineError when the state does not fit the engine's memory or its own shapes. */
  constructor(engine: Engine['name'], step: StepFunction, state: HostTensors) {
    this.#engine = engine;
    this.#step = step;
    this.#contract = new SessionContract(state);
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
    try {
      return await this.#contract.alone(setImmediate, () => this.#advance(inputs));
    } catch (error) {
      throw asEngineError(error, this.#engine, 'The step');
    }
  }

  #advance(inputs: HostTensors): HostTensors {
    const next = tf.tidy(() => {
      const given = mapTensors(inputs, toTensor);
      const result = this.#step({ ...this.#state }, given);
      this.#contract.checkState(result.state);
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
  async read(names: readonly string[] = this.#contract.names): Promise<HostTensors> {
    this.#contract.check('read');
    for (const name of names) this.#contract.kindOf(name);
    try {
      return Object.fromEntries(names.map(name => [name, toHost(this.#state[name]!)]));
    } catch (error) {
      throw asEngineError(error, this.#engine, 'Reading the state');
    }
  }

  write(state: HostTensors): void {
    this.#contract.check('write');
    this.#contract.checkState(mapTensors(state, kindOf));
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
    this.#contract.end();
    tf.dispose(this.#state);
    this.#state = {};
  }

  #replace(fresh: TensorMap): void {
    for (const [name, tensor] of Object.entries(fresh)) {
      this.#state[name]?.dispose();
      this.#state[name] = tf.keep(tensor);
    }
  }
}
