/** Why a runtime made for CUDA computes on the CPU: asked of nvidia-smi first, and of libtensorflow itself only when that cannot tell. */
import { cudaMajor, whyNoGpu } from './gpu-choice';
import type { ReadyRuntime } from './find';
import { findGpus } from './nvidia';
import type { FoundGpus } from './nvidia';
import { gpuLog } from './probe';

/** The reason and what to do; `node` runs the test process. Does not throw. */
export async function explainNoGpu(runtime: ReadyRuntime, node: string, found?: FoundGpus): Promise<{ why: string; next: string }> {
  const known = { found: found ?? (await findGpus()), cuda: cudaMajor(runtime.manifest.from), visible: process.env['CUDA_VISIBLE_DEVICES'] };
  return whyNoGpu({ ...known, log: '' }) ?? whyNoGpu({ ...known, log: (await gpuLog(runtime, node)) || 'it printed nothing' })!;
}
