/**
 * NVIDIA's GPUs as `nvidia-smi` tells of them, which comes with the driver: which there are, what they are doing, and why
 * none can be seen. Nothing is loaded for it, and every question has a time limit: a driver in trouble may not answer at all.
 */
import { lastWords, runProcess } from './run-process';
import type { Finished } from './run-process';

/** One NVIDIA GPU. */
export interface GpuFacts {
  /** As nvidia-smi counts, by PCI bus. */
  readonly index: number;
  readonly name: string;
  /** Bytes. */
  readonly memory: number;
  /** Bytes nobody uses now; null when the driver does not say. */
  readonly free: number | null;
  readonly driver: string;
  /** `GPU-...`, the name that does not depend on how the GPUs are counted; '' when the driver does not say. */
  readonly uuid: string;
}

/** The GPUs of this machine, or why there are none to be seen. */
export type FoundGpus =
  | { readonly state: 'found'; readonly gpus: readonly GpuFacts[] }
  /** No driver is installed: most likely a machine without such a GPU. */
  | { readonly state: 'no-driver' }
  /** There is a driver, but it does not work here. */
  | { readonly state: 'broken'; readonly why: string; readonly next: string };

/** What a GPU is doing. */
export interface GpuSample {
  /** Share of the last moments in which something ran on it, 0..1. */
  readonly share: number | null;
  /** Bytes in use, by everybody. */
  readonly memory: number | null;
  /** Degrees Celsius. */
  readonly temperature: number | null;
  /** Watts. */
  readonly power: number | null;
}

const timeoutMs = 10_000;
const GPU_FIELDS = 'index,name,memory.total,driver_version,memory.free,uuid';
const SAMPLE_FIELDS = 'utilization.gpu,memory.used,temperature.gpu,power.draw';

const ask = (...args: string[]): Promise<Finished> => runProcess('nvidia-smi', [...args, '--format=csv,noheader,nounits'], { timeoutMs });

/** Looks for GPUs. Does not throw. */
export async function findGpus(): Promise<FoundGpus> {
  const finished = await ask(`--query-gpu=${GPU_FIELDS}`);
  if (finished.notFound) return { state: 'no-driver' };
  const gpus = parseGpus(finished.stdout);
  if (finished.code === 0 && gpus.length > 0) return { state: 'found', gpus };
  return { state: 'broken', ...driverTrouble(finished) };
}

/** Why nvidia-smi did not answer, from its words. */
export function driverTrouble(finished: Finished): { why: string; next: string } {
  const words = lastWords(finished, 2);
  if (/couldn't communicate with the NVIDIA driver/i.test(words)) return { why: 'the NVIDIA driver is installed but not running', next: 'Load or reinstall the driver (after a kernel update it has to be built anew), or restart the machine; `nvidia-smi` must list the GPU.' };
  if (/version mismatch/i.test(words)) return { why: 'the NVIDIA driver was updated while it was running (driver/library version mismatch)', next: 'Restart the machine.' };
  if (/No devices were found/i.test(words) || (finished.code === 0 && words === '')) return { why: 'the NVIDIA driver runs but sees no GPU', next: 'In a container, start it with the GPU (`--gpus all`); else check that `nvidia-smi` lists it.' };
  if (/Failed to initialize NVML/i.test(words)) return { why: `the NVIDIA driver does not let this process at the GPU (${words})`, next: 'In a container, start it anew with the GPU (`--gpus all`); else restart the machine.' };
  if (finished.code === null) return { why: `nvidia-smi did not answer within ${timeoutMs / 1000} s`, next: 'The driver hangs: restart the machine.' };
  return { why: `nvidia-smi ended with code ${finished.code}: ${words}`, next: 'Run `nvidia-smi` to see more; it must list the GPU.' };
}

/** A number as nvidia-smi prints it; null for `[N/A]`, `[Not Supported]`, `[Unknown Error]` and the like. */
function quantity(text: string | undefined, unit = 1): number | null {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * unit : null;
}

const MIB = 2 ** 20;

/** From nvidia-smi's lines `0, NVIDIA H200, 143771, 570.86.15, 143100, GPU-8932f937-...` (memory in MiB). */
export function parseGpus(csv: string): GpuFacts[] {
  return csv.split('\n').flatMap(line => {
    const [index, name, memory, driver, free, uuid] = line.split(',').map(part => part.trim());
    const total = quantity(memory, MIB);
    return quantity(index) !== null && name !== undefined && total !== null && driver !== undefined
      ? [{ index: Number(index), name, memory: total, driver, free: quantity(free, MIB), uuid: uuid ?? '' }]
      : [];
  });
}

/** From nvidia-smi's line `97, 61234, 64, 512.33` (%, MiB, °C, W); null when it is none. */
export function parseSample(csv: string): GpuSample | null {
  const parts = csv.trim().split('\n')[0]!.split(',').map(part => part.trim());
  if (parts.length !== 4) return null;
  const [share, memory, temperature, power] = parts;
  return { share: quantity(share, 0.01), memory: quantity(memory, MIB), temperature: quantity(temperature), power: quantity(power) };
}

/** Asks what the GPU (index or uuid) is doing now; a string says why that could not be had. Does not throw. */
export async function sampleGpu(gpu: string): Promise<GpuSample | string> {
  const finished = await ask(`--id=${gpu}`, `--query-gpu=${SAMPLE_FIELDS}`);
  const sample = finished.code === 0 ? parseSample(finished.stdout) : null;
  return sample ?? (finished.notFound ? 'nvidia-smi is not there' : driverTrouble(finished).why);
}

/**
 * What a GPU does over time, asked for beside the training: `latest` gives what is known and asks anew when that is due, and
 * never waits. After two failures in a row it gives up and says so once.
 */
export class GpuWatch {
  private last: GpuSample | null = null;
  private failures = 0;
  private asking = false;

  /** `gpu`: index or uuid. */
  constructor(private readonly gpu: string, private readonly onGiveUp: (why: string) => void) {
    void this.ask();
  }

  /** The last answer; null before the first, and after giving up. */
  latest(): GpuSample | null {
    void this.ask();
    return this.last;
  }

  private async ask(): Promise<void> {
    if (this.asking || this.failures >= 2) return;
    this.asking = true;
    const answer = await sampleGpu(this.gpu);
    this.asking = false;
    if (typeof answer !== 'string') {
      this.failures = 0;
      this.last = answer;
      return;
    }
    this.last = null;
    if (++this.failures === 2) this.onGiveUp(answer);
  }
}
