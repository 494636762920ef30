/**
 * What an engine is: a place where a step function runs. A step function is pure, written in plain tfjs ops over named
 * tensors; the engine keeps the state between runs and moves only inputs and outputs through host memory. How the
 * function runs (eagerly op by op, as a compiled graph, split over workers) is the engine's business alone.
 */
import type { Tensor } from '@tensorflow/tfjs-core';

/** Named tensors on the engine. */
export type TensorMap = Record<string, Tensor>;

/** A tensor in host memory, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Named tensors in host memory. */
export type HostTensors = Record<string, HostTensor>;

/**
 * A pure function of (state, inputs). Returned state keys must be a subset of the given ones (the others stay as they
 * are) with the same shapes. It must not read tensor values (`dataSync`), draw random numbers, or depend on anything else.
 */
export type StepFunction = (state: TensorMap, inputs: TensorMap) => { state: TensorMap; outputs: TensorMap };

/** A step function with its state on the engine. Not reentrant: await a run before the next. */
export interface StepSession {
  /** Runs the function once, replaces the state, returns the outputs. Throws EngineError. */
  run(inputs: HostTensors): Promise<HostTensors>;
  /** Copies state out: all of it, or the tensors named. */
  read(names?: readonly string[]): Promise<HostTensors>;
  /** Overwrites the tensors named; throws EngineError on an unknown name or another shape. */
  write(state: HostTensors): void;
  /** Frees everything; the session cannot be used afterwards. */
  dispose(): void;
}

/** Threads with an engine of their own each, for a step that is split by the rows of its batch. */
export interface Workers {
  readonly count: number;
  /**
   * A session on worker `index` (from 0) of the step that `work`, plain data, stands for; the same index is the same thread.
   * The thread ends with its last session. Throws EngineError when there is no program for it to run.
   */
  session(index: number, work: unknown, state: HostTensors): StepSession;
}

/** An open engine. One per process. */
export interface Engine {
  readonly name: 'tensorflow' | 'wasm' | 'cpu';
  /** The device in words, e.g. "CPU, 2 threads" or "GPU 0: NVIDIA H200". */
  readonly device: string;
  readonly threads: number;
  /** Parts of a batch that a step does best to compute side by side (`overRows`), each on its share of the threads; 1: the batch as one. */
  readonly lanes: number;
  /** Null where the engine spreads one step over its threads by itself, or has only one. */
  readonly workers: Workers | null;
  /** True when the same inputs give the same bits on this device. */
  readonly deterministic: boolean;
  /** Number formats of the forward pass it can run. */
  readonly dtypes: readonly ('float32' | 'bfloat16')[];
  /** The GPU it computes on; absent on the CPU. Memory in bytes; `free`: what nobody used before it started, null when that is not known. */
  readonly gpu?: { readonly index: number; readonly name: string; readonly uuid: string; readonly memory: number; readonly free: number | null; readonly driver: string };
  /** What the user should know of how it computes here. */
  readonly notes?: readonly string[];
  /** Names and versions of what computes, for run.json. */
  readonly versions: Readonly<Record<string, string>>;
  /**
   * Puts a step function and its initial state on the engine. `runs`, when known, is how often it will run: an engine that
   * prepares a step at length does not do so for a few runs.
   */
  session(step: StepFunction, state: HostTensors, options?: { readonly runs?: number }): StepSession;
  /** Bytes the engine holds now, for leak checks and `system` events. */
  memory(): { tensors: number; bytes: number };
}

/** Something an engine could not do; `next` says what the user can try. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  constructor(readonly code: 'unavailable' | 'out_of_memory' | 'bad_state' | 'failed', message: string, readonly next: string) {
    super(message);
  }
}
