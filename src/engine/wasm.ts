/**
 * The `wasm` engine: XNNPACK compiled to WebAssembly with SIMD. It needs no installation and runs everywhere. An instance of
 * it has one thread (its own threads are switched off in Node) and at most 4 GiB of memory; more cores are used by worker
 * threads with an instance each, for steps that are split by rows. The kernels that training needs beyond the stock ones
 * are in `wasm/`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BackendWasm, setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { physicalCores } from '../runtime/device';
import { wasmFolder, workerProgram } from './assets';
import { EagerSession } from './eager-session';
import { EngineError } from './engine';
import type { Engine } from './engine';
import { asEngineError, outOfMemory } from './failures';
import { compiledCode } from './wasm/kernel';
import { installWasmKernels } from './wasm/kernels';
import { WorkerPool } from './worker-pool';

/** How the engine is opened. */
export interface WasmOptions {
  /** Threads for steps that are split by rows; default: the physical cores. */
  readonly threads?: number | undefined;
}

/** Opens the engine. Throws EngineError. */
export async function openWasm(options: WasmOptions = {}): Promise<Engine> {
  const folder = wasmFolder();
  const threads = options.threads ?? await physicalCores();
  setWasmPaths(folder);
  let started: boolean;
  const removeHooks = watchProcessHooks();
  try {
    started = await tf.setBackend('wasm');
  } catch (error) {
    throw asEngineError(error, 'wasm', 'Starting');
  } finally {
    removeHooks();
  }
  const backend = started ? tf.backend() : null; // where none has started, asking for it throws
  if (!(backend instanceof BackendWasm) || !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new EngineError('unavailable', `The WebAssembly backend did not start from ${folder}.`, 'It needs Node 20 or newer on a processor with 128-bit SIMD; reinstall the extension if its dist/wasm folder is incomplete.');
  guardAllocations(backend);
  installWasmKernels();
  const workers = threads > 1 ? new WorkerPool(threads, workerProgram) : null;
  return {
    name: 'wasm',
    device: `CPU, WebAssembly SIMD, ${threads} thread${threads === 1 ? '' : 's'}`,
    threads,
    lanes: 1,
    workers,
    deterministic: true,
    dtypes: ['float32'],
    versions: { 'tfjs-core': tf.version_core, 'tfjs-backend-wasm': version_wasm, node: process.versions.node },
    session: (step, state) => new EagerSession('wasm', step, state),
    memory: () => {
      const elsewhere = workers?.memory() ?? { tensors: 0, bytes: 0 };
      return { tensors: tf.memory().numTensors + elsewhere.tensors, bytes: tf.memory().numBytes + elsewhere.bytes };
    },
  };
}

/**
 * The compiled code's glue adds process-wide handlers that rethrow every uncaught error and rejection. Returns a
 * function that takes away those added since the call.
 */
function watchProcessHooks(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map(event => new Set<unknown>(process.listeners(event as 'exit')));
  return () => {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as 'exit')) if (!before[i]!.has(listener)) process.removeListener(event, listener);
    });
  };
}

/** Bytes a 32-bit address can tell apart; a larger request would be taken modulo this. */
const ADDRESSABLE = 2 ** 32;

const guarded = new WeakSet<BackendWasm>();

/** Without this, memory that ran out is reported as address 0 and the backend writes its tensor there. */
function guardAllocations(backend: BackendWasm): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  const code = compiledCode(backend);
  code._free(code._malloc(8)); // the glue replaces its own function on the first call
  const allocate = code._malloc.bind(code);
  code._malloc = (bytes: number): number => {
    const address = bytes < ADDRESSABLE ? allocate(bytes) : 0;
    if (address === 0 && bytes > 0) throw outOfMemory('wasm', 'allocating a tensor', `no room for another ${bytes} bytes.`);
    return address;
  };
}
