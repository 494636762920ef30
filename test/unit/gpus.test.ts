/**
 * GPUs without a GPU: `nvidia-smi` is a program like any other, so here a script of that name says what the real one prints
 * on machines with GPUs, in trouble, or slow to answer. What libtensorflow does with a GPU is not tested here.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseEngine } from '../../src/engine/choose';
import { explainCpu, prepareDevice } from '../../src/engine/device';
import { explainNoGpu } from '../../src/runtime/explain-gpu';
import { findRuntime } from '../../src/runtime/find';
import type { ReadyRuntime } from '../../src/runtime/find';
import { chooseDevice, cudaMajor, visibleGpus, whyNoGpu } from '../../src/runtime/gpu-choice';
import { GpuWatch, findGpus, parseGpus, parseSample, sampleGpu } from '../../src/runtime/nvidia';
import type { FoundGpus, GpuFacts } from '../../src/runtime/nvidia';
import { gpuLog } from '../../src/runtime/probe';

const MIB = 2 ** 20;
const h200 = '0, NVIDIA H200, 143771, 570.86.15, 120000, GPU-8932f937-d72c-4106-c12f-20bd9faed9f6';
const t4 = '1, Tesla T4, 15360, 570.86.15, 15100, GPU-1d2c3b4a-0000-1111-2222-333344445555';
const gpu = (index: number, more: Partial<GpuFacts> = {}): GpuFacts => ({ index, name: `GPU number ${index}`, memory: 16 * 2 ** 30, free: 15 * 2 ** 30, driver: '570.86.15', uuid: `GPU-${index}${index}${index}`, ...more });
const two: FoundGpus = { state: 'found', gpus: [gpu(0), gpu(1)] };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'trm-gpus-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Puts an `nvidia-smi` on the PATH that does this, before all others. */
function nvidiaSmi(script: string): void {
  writeFileSync(path.join(folder, 'nvidia-smi'), `#!/bin/sh\necho "$@" >> '${folder}/asked'\n${script}\n`);
  chmodSync(path.join(folder, 'nvidia-smi'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env.PATH ?? ''}`);
}
const asked = (): string[] => readFileSync(path.join(folder, 'asked'), 'utf8').trim().split('\n');

describe('the GPUs there are', () => {
  it('are read from nvidia-smi, with what is free on them', async () => {
    nvidiaSmi(`printf '${h200}\\n${t4}\\n'`);
    expect(await findGpus()).toEqual({
      state: 'found',
      gpus: [
        { index: 0, name: 'NVIDIA H200', memory: 143771 * MIB, driver: '570.86.15', free: 120000 * MIB, uuid: 'GPU-8932f937-d72c-4106-c12f-20bd9faed9f6' },
        { index: 1, name: 'Tesla T4', memory: 15360 * MIB, driver: '570.86.15', free: 15100 * MIB, uuid: 'GPU-1d2c3b4a-0000-1111-2222-333344445555' },
      ],
    });
    expect(asked()).toEqual(['--query-gpu=index,name,memory.total,driver_version,memory.free,uuid --format=csv,noheader,nounits']);
  });

  it('may not say everything of themselves', () => {
    expect(parseGpus('0, NVIDIA A100, 40960, 535.1, [N/A], GPU-1\n')).toEqual([expect.objectContaining({ free: null, memory: 40960 * MIB })]);
    expect(parseGpus('No devices were found\n')).toEqual([]);
    expect(parseGpus('')).toEqual([]);
  });

  it('are absent where there is no nvidia-smi', async () => {
    vi.stubEnv('PATH', folder);
    expect(await findGpus()).toEqual({ state: 'no-driver' });
  });

  it.each([
    ["echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\"; exit 9", /installed but not running/, /reinstall the driver/],
    ['echo "Failed to initialize NVML: Driver/library version mismatch"; echo "NVML library version: 570.86"; exit 18', /updated while it was running/, /Restart/],
    ['echo "No devices were found"; exit 6', /sees no GPU/, /--gpus all/],
    ['echo "Failed to initialize NVML: Unknown Error"; exit 255', /does not let this process/, /--gpus all/],
    ['echo "Segmentation fault" >&2; exit 139', /code 139.*Segmentation fault/, /nvidia-smi/],
  ])('or cannot be reached: %s', async (script, why, next) => {
    nvidiaSmi(script);
    const found = await findGpus();
    expect(found).toMatchObject({ state: 'broken', why: expect.stringMatching(why) as string, next: expect.stringMatching(next) as string });
  });
});

describe('the GPU that a training gets', () => {
  it('is the one with the most free memory, and the only one visible, by its uuid', () => {
    const found: FoundGpus = { state: 'found', gpus: [gpu(0, { free: 2e9 }), gpu(1, { free: 9e9 }), gpu(2, { free: 9e9 })] };
    expect(chooseDevice('auto', found, undefined)).toEqual({ gpu: found.gpus[1], visible: 'GPU-111' });
    expect(chooseDevice('gpu', found, undefined).gpu?.index).toBe(1);
  });

  it('is the one asked for', () => {
    expect(chooseDevice('gpu:1', two, undefined)).toEqual({ gpu: two.gpus[1], visible: 'GPU-111' });
    expect(() => chooseDevice('gpu:2', two, undefined)).toThrow(/no GPU 2; there are 0 \(GPU number 0\), 1/);
  });

  it('is none on the CPU, whatever there is', () => {
    expect(chooseDevice('cpu', two, undefined)).toEqual({ gpu: null, visible: '-1' });
    expect(chooseDevice('auto', { state: 'no-driver' }, undefined)).toEqual({ gpu: null, visible: null });
  });

  it('is one of those that CUDA_VISIBLE_DEVICES leaves', () => {
    expect(visibleGpus(two.gpus, '1,0')!.map(g => g.index)).toEqual([1, 0]);
    expect(visibleGpus(two.gpus, '1,7,0')!.map(g => g.index)).toEqual([1]); // CUDA stops at the first it does not know
    expect(visibleGpus(two.gpus, 'GPU-11')!.map(g => g.index)).toEqual([1]);
    expect(visibleGpus(two.gpus, '-1')).toEqual([]);
    expect(visibleGpus(two.gpus, 'MIG-5c89852c-d268')).toBeNull();
    expect(chooseDevice('auto', two, '1').gpu?.index).toBe(1);
    expect(chooseDevice('auto', two, '')).toEqual({ gpu: null, visible: null });
    expect(chooseDevice('auto', two, 'MIG-5c89852c-d268')).toEqual({ gpu: null, visible: null });
    expect(() => chooseDevice('gpu:0', two, '1')).toThrow(/GPU 0 is hidden by CUDA_VISIBLE_DEVICES=1; it leaves 1/);
    expect(() => chooseDevice('gpu', two, '-1')).toThrow(/hides every GPU/);
  });

  it('is an error that says why when there is none', () => {
    expect(() => chooseDevice('gpu:0', { state: 'no-driver' }, undefined)).toThrow(/no NVIDIA driver is installed/);
    expect(() => chooseDevice('gpu', { state: 'broken', why: 'the driver hangs', next: 'Restart.' }, undefined)).toThrow(/the driver hangs/);
  });

  it('needs the tensorflow engine', async () => {
    await expect(chooseEngine('wasm', { device: 'gpu:0' })).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/needs the tensorflow engine/) as string });
  });
});

describe('a runtime that computes on the CPU', () => {
  const runtime = (variant: 'cpu' | 'cuda'): ReadyRuntime => ({
    state: 'ready', dir: '/runtime', libraryDir: null, bindingPath: '/runtime/none.node',
    manifest: { format: 1, kind: 'wheel', variant, tensorflow: '2.21.0', libraryDir: null, binding: { path: 'none.node', how: 'compiled' }, files: [], from: ['tensorflow-2.21.0-cp312.whl', 'nvidia_cuda_runtime_cu12-12.5.82-py3-none.whl'], python: null, sawGpu: false, created: '2026-01-01T00:00:00.000Z' },
  });

  it('shows the one GPU to libtensorflow, and hides all for device: cpu', async () => {
    nvidiaSmi(`printf '${h200}\\n${t4}\\n'`);
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    expect((await prepareDevice(runtime('cuda'), 'gpu:1')).gpu?.name).toBe('Tesla T4');
    expect(process.env.CUDA_VISIBLE_DEVICES).toBe('GPU-1d2c3b4a-0000-1111-2222-333344445555');
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    expect((await prepareDevice(runtime('cuda'), 'cpu')).gpu).toBeNull();
    expect(process.env.CUDA_VISIBLE_DEVICES).toBe('-1');
  });

  it('is refused when a GPU was asked for', async () => {
    nvidiaSmi(`printf '${h200}\\n'`);
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    await expect(prepareDevice(runtime('cpu'), 'gpu:0')).rejects.toMatchObject({ code: 'unavailable', next: expect.stringContaining('trm setup --gpu') as string });
    await expect(prepareDevice(runtime('cuda'), 'gpu:5')).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/There is no GPU 5/) as string });
  });

  it('is said to be for the CPU where there is a GPU', async () => {
    nvidiaSmi(`printf '${h200}\\n'`);
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    expect(await explainCpu(runtime('cpu'), await prepareDevice(runtime('cpu'), 'auto'))).toMatch(/NVIDIA H200.*trm setup --gpu/);
    expect(await explainCpu(runtime('cpu'), await prepareDevice(runtime('cpu'), 'cpu'))).toBeNull();
  });

  it('is explained by the driver: none, in trouble, or too old', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    nvidiaSmi('echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18');
    expect(await explainCpu(runtime('cuda'), await prepareDevice(runtime('cuda'), 'auto'))).toMatch(/computes on the CPU: the NVIDIA driver was updated while it was running.*Restart/);
    nvidiaSmi("printf '0, Tesla K80, 11441, 470.57.02, 11441, GPU-1\\n'");
    expect(await explainCpu(runtime('cuda'), await prepareDevice(runtime('cuda'), 'auto'))).toMatch(/driver 470\.57\.02 is too old for CUDA 12, which needs 525\.60\.13/);
    await expect(explainCpu(runtime('cuda'), await prepareDevice(runtime('cuda'), 'gpu:0'))).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/470\.57\.02/) as string });
    vi.stubEnv('PATH', folder);
    rmSync(path.join(folder, 'nvidia-smi'));
    expect(await explainCpu(runtime('cuda'), await prepareDevice(runtime('cuda'), 'auto'))).toMatch(/no NVIDIA driver is installed.*525\.60\.13/);
  });

  const because = (log: string, found: FoundGpus = two): string => whyNoGpu({ found, cuda: 12, visible: undefined, log })?.why ?? '';
  it('is explained by what libtensorflow printed: cuDNN or CUDA missing, or refused', () => {
    expect(whyNoGpu({ found: two, cuda: 12, visible: undefined, log: '' })).toBeNull();
    expect(whyNoGpu({ found: two, cuda: 12, visible: '-1', log: '' })?.why).toMatch(/CUDA_VISIBLE_DEVICES=-1 hides every GPU/);
    expect(because("I0000 dso_loader.cc:70] Could not load dynamic library 'libcudnn.so.9'; dlerror: libcudnn.so.9: cannot open shared object file\nW gpu_device.cc:2341] Cannot dlopen some GPU libraries.")).toBe('cuDNN is missing (libcudnn.so.9)');
    expect(because("dso_loader.cc:70] Could not load dynamic library 'libcublas.so.12'; dlerror")).toBe('libraries of CUDA are missing (libcublas.so.12)');
    expect(because('Cannot dlopen some GPU libraries. Please make sure the missing libraries mentioned above are installed properly')).toBe('libraries of CUDA are missing');
    expect(because('cuda_dnn.cc:522] Loaded runtime CuDNN library: 9.1.0 but source was compiled with: 9.3.0.  CuDNN library needs')).toBe('cuDNN is 9.1.0, but TensorFlow was made for 9.3.0');
    expect(because('cudart_stub.cc:31] Could not find cuda drivers on your machine, GPU will not be used.')).toMatch(/libcuda\.so\.1/);
    expect(because('cuda_platform.cc:51] failed call to cuInit: INTERNAL: CUDA error: Failed call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH: x')).toMatch(/refused: failed call to cuInit.*CUDA_ERROR_SYSTEM_DRIVER_MISMATCH/);
    expect(because('nothing of note')).toMatch(/does not say why/);
  });

  it('knows its CUDA from its wheels', () => {
    expect(cudaMajor(['tensorflow-2.21.0.whl', 'nvidia_cuda_runtime_cu12-12.5.82-py3.whl'])).toBe(12);
    expect(cudaMajor(['nvidia_cuda_runtime-13.0.48-py3.whl'])).toBe(13);
    expect(cudaMajor([])).toBe(12);
  });
});

describe('what a GPU does', () => {
  it('is read from nvidia-smi', async () => {
    nvidiaSmi("echo '97, 61234, 64, 512.33'");
    expect(await sampleGpu('GPU-1')).toEqual({ share: 0.97, memory: 61234 * MIB, temperature: 64, power: 512.33 });
    expect(asked()).toEqual(['--id=GPU-1 --query-gpu=utilization.gpu,memory.used,temperature.gpu,power.draw --format=csv,noheader,nounits']);
    expect(parseSample('[N/A], 512, 30, [Not Supported]\n')).toEqual({ share: null, memory: 512 * MIB, temperature: 30, power: null });
    expect(parseSample('No devices were found')).toBeNull();
  });

  it('is watched without waiting: what is known is given, and what is new comes later', async () => {
    nvidiaSmi(`sleep 0.2; n=$(wc -l < '${folder}/asked'); echo "$n, 1, 1, 1"`);
    const watch = new GpuWatch('0', why => expect.fail(why));
    expect(watch.latest()).toBeNull();
    await vi.waitFor(() => expect(watch.latest()).toMatchObject({ share: 0.01 }), { timeout: 20_000 });
    await vi.waitFor(() => expect(watch.latest()!.share).toBeGreaterThan(0.01), { timeout: 20_000 });
  });

  it('is given up after two failures in a row, said once, and never asked again', async () => {
    nvidiaSmi(`n=$(wc -l < '${folder}/asked'); if [ "$n" = 2 ]; then echo '5, 1, 1, 1'; else echo "couldn't communicate with the NVIDIA driver"; exit 9; fi`);
    const said: string[] = [];
    const watch = new GpuWatch('0', why => said.push(why));
    await vi.waitFor(() => {
      watch.latest();
      expect(said).toHaveLength(1);
    }, { timeout: 20_000 });
    expect(said[0]).toMatch(/not running/);
    expect(asked()).toHaveLength(4); // failed, answered, failed, failed
    expect(watch.latest()).toBeNull();
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(asked()).toHaveLength(4);
    expect(said).toHaveLength(1);
  });
});

const installed = await findRuntime();
describe.skipIf(installed.state !== 'ready')(`libtensorflow itself${installed.state === 'ready' ? '' : `: there is no runtime in ${installed.dir}`}`, () => {
  it('is asked when nvidia-smi has nothing to say against a GPU', async () => {
    if (installed.state !== 'ready') return;
    nvidiaSmi(`printf '${h200}\\n'`);
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
    expect(await gpuLog(installed, process.execPath)).toMatch(/tensorflow|oneDNN|absl/i);
    const { why, next } = await explainNoGpu(installed, process.execPath);
    expect(why).not.toBe('');
    expect(next).not.toBe('');
  });
});
