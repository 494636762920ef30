/**
 * The device under the tensorflow engine: chosen, and made the only one visible, before libtensorflow looks for itself; and
 * when a runtime for CUDA computes on the CPU all the same, the reason in words.
 */
import { explainNoGpu } from '../runtime/explain-gpu';
import { chooseDevice } from '../runtime/gpu-choice';
import { RuntimeError } from '../runtime/errors';
import type { ReadyRuntime } from '../runtime/find';
import { findGpus } from '../runtime/nvidia';
import type { FoundGpus, GpuFacts } from '../runtime/nvidia';
import { EngineError } from './engine';

/** The device as it was asked for and found. */
export interface PreparedDevice {
  /** `auto`, `cpu`, `gpu` or `gpu:N`. */
  readonly wish: string;
  readonly found: FoundGpus;
  /** The one GPU left visible; null: none, or one that cannot be told. */
  readonly gpu: GpuFacts | null;
}

/** True when nothing but a GPU will do. */
export const asksForGpu = (wish: string): boolean => wish.startsWith('gpu');

/** Chooses the device and sets CUDA_VISIBLE_DEVICES for libtensorflow. Throws EngineError `unavailable` when a GPU is asked for that cannot be had. */
export async function prepareDevice({ manifest, dir }: ReadyRuntime, wish: string): Promise<PreparedDevice> {
  const found = await findGpus();
  if (asksForGpu(wish) && manifest.variant === 'cpu') throw new EngineError('unavailable', `device: ${wish} cannot be had: the runtime in ${dir} is for the CPU.`, 'Make one for the GPU with `trm setup --gpu`.');
  try {
    const { gpu, visible } = chooseDevice(wish, found, process.env['CUDA_VISIBLE_DEVICES']);
    if (visible !== null) process.env['CUDA_VISIBLE_DEVICES'] = visible;
    return { wish, found, gpu };
  } catch (error) {
    if (error instanceof RuntimeError) throw new EngineError('unavailable', error.message, error.next);
    throw error;
  }
}

/**
 * What a user should know when the engine has started on the CPU; null when there is nothing to know. Throws EngineError
 * `unavailable` when a GPU was asked for.
 */
export async function explainCpu(runtime: ReadyRuntime, { wish, found }: PreparedDevice): Promise<string | null> {
  if (wish === 'cpu') return null;
  const name = found.state === 'found' ? found.gpus.map(gpu => gpu.name).join(', ') : null;
  if (runtime.manifest.variant === 'cpu') return name === null ? null : `This machine has a GPU (${name}), but the runtime is for the CPU: \`trm setup --gpu\` makes one that uses it.`;
  const { why, next } = await explainNoGpu(runtime, process.execPath, found);
  if (asksForGpu(wish)) throw new EngineError('unavailable', `device: ${wish} cannot be had: ${why}.`, next);
  return `The runtime is for GPUs, but computes on the CPU: ${why}. ${next}`;
}
