/**
 * Where a config would be trained on this machine: engine and device as the trainer will choose them, from a look at files and
 * at nvidia-smi only, and how much memory is free there.
 */
import * as vscode from 'vscode';
import type { ResolvedConfig } from '../../config/resolve';
import { physicalCores } from '../../runtime/device';
import { findRuntime } from '../../runtime/find';
import { chooseDevice } from '../../runtime/gpu-choice';
import { lanesFor } from '../../runtime/lanes';
import { memoryFacts } from '../../runtime/memory';
import { findGpus, type FoundGpus, type GpuFacts } from '../../runtime/nvidia';
import { deviceSetting, runtimeDirSetting } from '../settings';
import type { TrainingPlace } from './summary';

/** Milliseconds for which an answer of nvidia-smi is good enough for a line above a config. */
const gpusAreGoodFor = 60_000;
let gpus: { at: number; found: Promise<FoundGpus> } | null = null;

function recentGpus(): Promise<FoundGpus> {
  if (gpus === null || Date.now() - gpus.at > gpusAreGoodFor) gpus = { at: Date.now(), found: findGpus() };
  return gpus.found;
}

function gpuFor(wish: string, found: FoundGpus): GpuFacts | null {
  try {
    return chooseDevice(wish, found, process.env['CUDA_VISIBLE_DEVICES']).gpu;
  } catch {
    return null; // the trainer will say why
  }
}

/** Looks. Null where only a program could tell, and the folder is not trusted. Does not throw. */
export async function trainingPlace(config: ResolvedConfig): Promise<TrainingPlace | null> {
  const [runtime, { free }] = await Promise.all([findRuntime(runtimeDirSetting()), memoryFacts()]);
  const engine = config.engine !== 'auto' ? config.engine : runtime.state === 'ready' ? 'tensorflow' : 'wasm';
  const forward_dtype = engine === 'tensorflow' ? config.arch.forward_dtype : 'float32';
  if (engine === 'tensorflow' && runtime.state === 'ready' && runtime.manifest.variant === 'cuda') {
    if (!vscode.workspace.isTrusted) return null;
    const gpu = gpuFor(config.device === 'auto' ? deviceSetting() ?? 'auto' : config.device, await recentGpus());
    if (gpu) return { engine, device: 'gpu', forward_dtype, free: gpu.free ?? gpu.memory };
  }
  const threads = config.threads ?? await physicalCores();
  return { engine, device: 'cpu', forward_dtype, workers: engine === 'wasm' ? threads : 1, lanes: engine === 'tensorflow' ? lanesFor(config.micro_batch_size, threads) : 1, free };
}
