/**
 * Which GPU a training gets, and why it gets none. libtensorflow would take hold of every GPU it can see, and the binding
 * computes on the last one; so exactly one is left visible, by the name that does not depend on how they are counted.
 */
import { RuntimeError } from './errors';
import type { FoundGpus, GpuFacts } from './nvidia';

/** The device that was chosen, before anything is loaded. */
export interface DeviceChoice {
  /** Null: the CPU, or a GPU that cannot be told (a part of one, named by CUDA_VISIBLE_DEVICES). */
  readonly gpu: GpuFacts | null;
  /** What CUDA_VISIBLE_DEVICES must be; null: as it is. */
  readonly visible: string | null;
}

/** `auto`, `cpu`, `gpu` or `gpu:N`, N as nvidia-smi and `trm devices` count. */
export const devicePattern = /^(auto|cpu|gpu(:\d+)?)$/;

const named = (gpus: readonly GpuFacts[]): string => gpus.map(gpu => `${gpu.index} (${gpu.name})`).join(', ');

/**
 * The GPUs that CUDA_VISIBLE_DEVICES leaves: all when it is not set, else those it names up to the first it cannot. Numbers
 * are taken as nvidia-smi counts. Null when it names parts of GPUs (MIG), which are not told apart here.
 */
export function visibleGpus(gpus: readonly GpuFacts[], visible: string | undefined): GpuFacts[] | null {
  if (visible === undefined) return [...gpus];
  const left: GpuFacts[] = [];
  for (const name of visible.split(',').map(part => part.trim())) {
    if (name.startsWith('MIG-')) return null;
    const gpu = gpus.find(({ index, uuid }) => (/^\d+$/.test(name) ? index === Number(name) : name.startsWith('GPU-') && uuid.startsWith(name)));
    if (!gpu) break;
    left.push(gpu);
  }
  return left;
}

/**
 * Chooses. `auto` takes the GPU with the most free memory, of those that CUDA_VISIBLE_DEVICES leaves, or the CPU. Throws
 * RuntimeError `unsupported` when a GPU is asked for that cannot be had.
 */
export function chooseDevice(wish: string, found: FoundGpus, visible: string | undefined): DeviceChoice {
  if (wish === 'cpu') return { gpu: null, visible: '-1' };
  const asked = /^gpu(?::(\d+))?$/.exec(wish);
  if (found.state !== 'found') {
    if (!asked) return { gpu: null, visible: null };
    const { why, next } = found.state === 'broken' ? found : noDriver;
    throw new RuntimeError('unsupported', `device: ${wish} cannot be had: ${why}.`, next);
  }
  const left = visibleGpus(found.gpus, visible);
  if (asked?.[1] !== undefined) {
    const index = Number(asked[1]);
    const gpu = found.gpus.find(g => g.index === index);
    if (!gpu) throw new RuntimeError('unsupported', `There is no GPU ${index}; there are ${named(found.gpus)}.`, 'Choose one of them, or device: auto.');
    if (left !== null && !left.includes(gpu)) throw new RuntimeError('unsupported', `GPU ${index} is hidden by CUDA_VISIBLE_DEVICES=${visible ?? ''}; it leaves ${left.length ? named(left) : 'none'}.`, 'Choose one that is left, or change that variable.');
    return only(gpu);
  }
  if (left === null) return { gpu: null, visible: null };
  const [first, ...rest] = left;
  if (!first) {
    if (asked) throw new RuntimeError('unsupported', `device: ${wish} cannot be had: CUDA_VISIBLE_DEVICES=${visible ?? ''} hides every GPU.`, 'Change that variable.');
    return { gpu: null, visible: null };
  }
  const room = (gpu: GpuFacts): number => gpu.free ?? gpu.memory;
  return only(rest.reduce((best, gpu) => (room(gpu) > room(best) ? gpu : best), first));
}

const only = (gpu: GpuFacts): DeviceChoice => ({ gpu, visible: gpu.uuid || String(gpu.index) });

const noDriver = { why: 'no NVIDIA driver is installed here (there is no nvidia-smi)', next: 'Install the driver of your GPU; CUDA and cuDNN themselves come with `trm setup --gpu`.' };

/** Oldest driver (Linux) for each major version of CUDA, from NVIDIA's table of minor version compatibility. */
const oldestDriver: Readonly<Record<number, string>> = { 11: '450.80.02', 12: '525.60.13', 13: '580.65.06' };

/** CUDA's major version of a runtime, from the wheels it was made of; 12 when they do not say. */
export function cudaMajor(wheels: readonly string[]): number {
  for (const wheel of wheels) {
    const major = /^nvidia_cuda_runtime(?:_cu\d+)?-(\d+)\./.exec(wheel)?.[1];
    if (major !== undefined) return Number(major);
  }
  return 12;
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map(text => text.split('.').map(Number)) as [number[], number[]];
  const at = b.findIndex((part, i) => (a[i] ?? 0) !== part);
  return at !== -1 && (a[at] ?? 0) < b[at]!;
}

/** What is known when a CUDA runtime computes on the CPU. */
export interface NoGpu {
  readonly found: FoundGpus;
  /** CUDA's major version in the runtime. */
  readonly cuda: number;
  readonly visible: string | undefined;
  /** What libtensorflow printed when it looked for GPUs; '' when that was not tried. */
  readonly log: string;
}

/** Why a CUDA runtime does not use a GPU, and what to do. Null when only libtensorflow's own log can tell and `log` is ''. */
export function whyNoGpu({ found, cuda, visible, log }: NoGpu): { why: string; next: string } | null {
  if (found.state === 'no-driver') return { ...noDriver, next: `Install the driver of your GPU (${oldestDriver[cuda] ?? 'the newest'} or newer); CUDA ${cuda} and cuDNN themselves are in the runtime.` };
  if (found.state === 'broken') return { why: found.why, next: found.next };
  if (visibleGpus(found.gpus, visible)?.length === 0) return { why: `CUDA_VISIBLE_DEVICES=${visible ?? ''} hides every GPU`, next: 'Change that variable.' };
  const minimum = oldestDriver[cuda];
  const old = minimum === undefined ? undefined : found.gpus.find(gpu => isOlder(gpu.driver, minimum));
  if (old && minimum !== undefined) return { why: `the NVIDIA driver ${old.driver} is too old for CUDA ${cuda}, which needs ${minimum} or newer`, next: 'Update the driver of the GPU.' };
  return log === '' ? null : fromLog(log);
}

const setUpAnew = 'Set the runtime up again: `trm setup --remove`, then `trm setup --gpu`.';

function fromLog(log: string): { why: string; next: string } {
  const missing = [...new Set([...log.matchAll(/Could not load dynamic library '([^']+)'/g)].map(match => match[1]!))];
  const cudnn = missing.find(name => name.startsWith('libcudnn'));
  if (cudnn !== undefined) return { why: `cuDNN is missing (${cudnn})`, next: setUpAnew };
  const version = /Loaded runtime CuDNN library: ([\d.]+) but source was compiled with: ([\d.]+)/i.exec(log);
  if (version) return { why: `cuDNN is ${version[1]!.replace(/\.$/, '')}, but TensorFlow was made for ${version[2]!.replace(/\.$/, '')}`, next: `Another cuDNN is found first: take it out of LD_LIBRARY_PATH. ${setUpAnew}` };
  if (missing.includes('libcuda.so.1') || /Could not find cuda drivers/i.test(log)) return { why: 'the driver\'s own library libcuda.so.1 is not found', next: 'Install the whole driver (with its compute libraries); in a container, start it with the GPU (`--gpus all`).' };
  if (missing.length || /Cannot dlopen some GPU libraries/i.test(log)) return { why: `libraries of CUDA are missing${missing.length ? ` (${missing.join(', ')})` : ''}`, next: setUpAnew };
  const error = /(CUDA_ERROR_\w+|CUDA driver version is insufficient[^\n]*|failed call to cuInit[^\n]*)/.exec(log)?.[1];
  if (error !== undefined) return { why: `the driver refused: ${error}`, next: 'Update the driver, or restart the machine; `nvidia-smi` shows what it supports.' };
  return { why: 'TensorFlow does not say why', next: 'Start `trm engines` with TF_CPP_MIN_LOG_LEVEL=0 to see its own words.' };
}
