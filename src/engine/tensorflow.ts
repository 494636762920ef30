/**
 * The `tensorflow` engine: TensorFlow.js's kernels for Node on the libtensorflow of the compute runtime (`runtime/`),
 * on an NVIDIA GPU when there is one, else on the CPU. Steps that run often are compiled into one graph (`graph/`).
 *
 * Of `@tensorflow/tfjs-node-gpu` only the backend and its kernels are used: its index.js would look for a library of
 * its own. Both modules ask for the umbrella package `@tensorflow/tfjs`, of which they use only what is in the core. So
 * that there is one tfjs-core in the process, bundlers must
 *   - resolve exactly `@tensorflow/tfjs` to tfjs-umbrella.ts here, and
 *   - prefer ES modules (`mainFields: ['module', 'main']`), because `@tensorflow/tfjs-core/dist/register_all_gradients`
 *     and the core's own `main` would otherwise be two copies.
 * Tests get the same from vitest's dependency optimizer.
 */
import * as tf from '@tensorflow/tfjs-core';
import util from 'node:util';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';
import { physicalCores } from '../runtime/device';
import { RuntimeError } from '../runtime/errors';
import { findRuntime } from '../runtime/find';
import { lanesFor } from '../runtime/lanes';
import type { ReadyRuntime } from '../runtime/find';
import { libraryEnvironment, loadBinding } from '../runtime/load';
import type { ThreadUse } from '../runtime/load';
import { CompiledSession } from './graph/compiled-session';
import { explainCpu, prepareDevice } from './device';
import type { PreparedDevice } from './device';
import { EagerSession } from './eager-session';
import { EngineError } from './engine';
import type { Engine } from './engine';
import { asEngineError } from './failures';
import { registerFormatKernels, withBfloat16 } from './bfloat16';
import type { FormatBackend } from './bfloat16';

interface KernelBackendModule {
  readonly NodeJSKernelBackend: typeof NodeJSKernelBackend;
}

/** How the engine is opened. */
export interface TensorflowOptions {
  /** Folder of the compute runtime; default TRM_RUNTIME_DIR, else in the user's data folder. */
  readonly runtimeDir?: string | undefined;
  /** Threads of one operation; default: TF_NUM_INTRAOP_THREADS, else the physical cores. */
  readonly threads?: number | undefined;
  /** Rows of a batch that steps compute at once: decides whether threads share each operation or each take rows of their own. */
  readonly rows?: number | undefined;
  /** How often the step will run; default: many times. Few runs are not compiled, and threads share each of their operations. */
  readonly runs?: number | undefined;
  /** `auto` (default), `cpu`, `gpu` or `gpu:N`; see runtime/gpu-choice.ts. */
  readonly device?: string | undefined;
  /** false: run steps operation by operation, to compare with. */
  readonly compiled?: boolean;
}

/** Runs from which on compiling a step costs less than it saves. */
const worthCompiling = 32;

/** Opens the engine. Throws EngineError `unavailable` when there is no runtime, or it does not load. */
export async function openTensorflow(options: TensorflowOptions = {}): Promise<Engine> {
  const runtime = await findRuntime(options.runtimeDir);
  if (runtime.state === 'absent') throw new EngineError('unavailable', `There is no TensorFlow runtime at ${runtime.dir}.`, 'Run `trm setup` (or "TRM: Set Up Compute Runtime") to make one.');
  if (runtime.state === 'broken') throw new EngineError('unavailable', `The TensorFlow runtime at ${runtime.dir} is broken: ${runtime.why}`, runtime.next);
  const threads = options.threads ?? (Number(process.env['TF_NUM_INTRAOP_THREADS']) || await physicalCores());
  const prepared = await prepareDevice(runtime, options.device ?? 'auto');
  const lanes = prepared.gpu || (options.runs ?? Infinity) < worthCompiling ? 1 : lanesFor(options.rows ?? 1, threads);
  const onGpu = await startBackend(runtime, { intra: Math.floor(threads / lanes), inter: lanes });
  const note = onGpu ? null : await explainCpu(runtime, prepared);
  return {
    name: 'tensorflow',
    device: describeDevice(onGpu, prepared, threads),
    ...(onGpu && prepared.gpu ? { gpu: prepared.gpu } : {}),
    notes: note === null ? [] : [note],
    threads,
    lanes,
    workers: null,
    // TF_DETERMINISTIC_OPS and fixed threads: the same bits on the same device.
    deterministic: true,
    dtypes: ['float32', 'bfloat16'],
    versions: { 'tfjs-core': tf.version_core, tensorflow: runtime.manifest.tensorflow, runtime: `${runtime.manifest.kind} ${runtime.manifest.variant}`, node: process.versions.node },
    session: (step, state, { runs = Infinity } = {}) =>
      options.compiled === false || runs < worthCompiling ? new EagerSession('tensorflow', step, state) : new CompiledSession(tf.backend() as unknown as FormatBackend, step, state),
    memory: () => ({ tensors: tf.memory().numTensors, bytes: tf.memory().numBytes }),
  };
}

/** Starts the backend, or takes the one started before; true when it computes on a GPU. */
async function startBackend(runtime: ReadyRuntime, threads: ThreadUse): Promise<boolean> {
  if ((tf.findBackend('tensorflow') as tf.KernelBackend | null) === null) {
    for (const [name, value] of Object.entries(libraryEnvironment(threads, runtime.manifest.tensorflow))) if (process.env[name] === undefined || name.endsWith('_THREADS')) process.env[name] = value;
    restoreRemovedNodeFunctions();
    let binding: TFJSBinding;
    try {
      binding = loadBinding(runtime) as TFJSBinding;
    } catch (error) {
      throw new EngineError('unavailable', (error as Error).message, error instanceof RuntimeError ? error.next : 'Run `trm setup`.');
    }
    const loaded: KernelBackendModule & { default?: KernelBackendModule } = await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
    const { NodeJSKernelBackend: Backend } = loaded.default ?? loaded; // CommonJS: loaders differ in where its exports are
    await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
    const WithFormats = withBfloat16(Backend);
    tf.registerBackend('tensorflow', () => new WithFormats(binding, '@tensorflow/tfjs-node-gpu'), 3);
    registerFormatKernels('tensorflow');
  }
  try {
    if (!(await tf.setBackend('tensorflow'))) throw new Error('the backend did not start');
    const backend = tf.backend() as unknown as FormatBackend;
    // TensorFlow for Python has XLA's compiler for CPUs, not always that for GPUs; the libraries of tfjs-node may have none. On a CPU
    // one thread computes a piece, which lanes make up for.
    backend.hasXla = !backend.isUsingGpuDevice && runtime.manifest.kind !== 'tfjs-node';
    return backend.isUsingGpuDevice;
  } catch (error) {
    throw asEngineError(error, 'tensorflow', 'Starting');
  }
}

/** tfjs-node calls two functions that Node 23 removed from `util`. */
function restoreRemovedNodeFunctions(): void {
  const removed = { isNullOrUndefined: (value: unknown) => value === null || value === undefined, isArray: (value: unknown) => Array.isArray(value) };
  for (const [name, substitute] of Object.entries(removed)) if (!(name in util)) Object.defineProperty(util, name, { value: substitute });
}

function describeDevice(onGpu: boolean, { gpu }: PreparedDevice, threads: number): string {
  if (!onGpu) return `CPU, ${threads} thread${threads === 1 ? '' : 's'}`;
  return gpu ? `GPU ${gpu.index}: ${gpu.name}` : 'GPU';
}
