/**
 * Setting up, adopting, checking and removing a compute runtime, as far as it goes without a network; finding Node and
 * starting trainers with it. Real programs and files throughout: what a test lacks (Python, a runtime) it says when it
 * is skipped.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { installBinding } from '../../src/runtime/binding';
import { deviceFacts } from '../../src/runtime/device';
import { RuntimeError } from '../../src/runtime/errors';
import { findRuntime, verifyRuntime } from '../../src/runtime/find';
import { describeFile, writeManifest } from '../../src/runtime/manifest';
import type { RuntimeManifest } from '../../src/runtime/manifest';
import { findNode } from '../../src/runtime/node';
import { bindingAssets, runtimeFolder } from '../../src/runtime/places';
import { findPython } from '../../src/runtime/python';
import { adoptRuntime, removeRuntime, setUpRuntime } from '../../src/runtime/setup';
import { spawnTrainer } from '../../src/runtime/spawn-trainer';
import { parseCudaRequirements, unpackWheel } from '../../src/runtime/wheels';

const hasPython = spawnSync('python3', ['-c', 'import pip']).status === 0;
const noPython = hasPython ? '' : ' (skipped: no python3 with pip)';
const installed = await findRuntime();
const noRuntime = installed.state === 'ready' ? '' : ` (skipped: the compute runtime at ${installed.dir} is ${installed.state})`;

let folder: string;
let dir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trm-runtime-test-'));
  dir = join(folder, 'runtime');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const failure = async (promise: Promise<unknown>): Promise<RuntimeError> => {
  const error = await promise.then(() => null, (e: unknown) => e);
  expect(error).toBeInstanceOf(RuntimeError);
  expect((error as RuntimeError).next).not.toBe('');
  return error as RuntimeError;
};

/** A program in `folder` that runs the given shell text. */
function program(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A runtime folder that looks whole, with one library of the given contents. */
async function makeRuntime(contents = 'library'): Promise<RuntimeManifest> {
  mkdirSync(join(dir, 'lib'), { recursive: true });
  writeFileSync(join(dir, 'lib', 'libtensorflow_cc.so.2'), contents);
  const manifest: RuntimeManifest = {
    format: 1, kind: 'wheel', variant: 'cpu', tensorflow: '2.21.0', libraryDir: 'lib', binding: { path: 'tfjs_binding.node', how: 'compiled' },
    files: [await describeFile(dir, 'lib/libtensorflow_cc.so.2')], from: ['x.whl'], python: null, sawGpu: false, created: '2025-01-01T00:00:00.000Z',
  };
  await writeManifest(dir, manifest);
  return manifest;
}

describe('the runtime folder', () => {
  it('is the argument, else TRM_RUNTIME_DIR, else in the data folder', () => {
    vi.stubEnv('TRM_RUNTIME_DIR', '/elsewhere/runtime');
    expect(runtimeFolder('/mine')).toBe('/mine');
    expect(runtimeFolder()).toBe('/elsewhere/runtime');
    vi.stubEnv('TRM_RUNTIME_DIR', '');
    vi.stubEnv('XDG_DATA_HOME', '/data');
    expect(runtimeFolder()).toBe('/data/trm-explorer/runtime');
    vi.stubEnv('XDG_DATA_HOME', '');
    expect(runtimeFolder()).toBe(join(homedir(), '.local/share/trm-explorer/runtime'));
  });

  it('is absent, ready or broken, and broken says why', async () => {
    expect(await findRuntime(dir)).toEqual({ state: 'absent', dir });
    await makeRuntime();
    expect(await findRuntime(dir)).toMatchObject({ state: 'ready', libraryDir: join(dir, 'lib'), bindingPath: join(dir, 'tfjs_binding.node') });
    writeFileSync(join(dir, 'lib', 'libtensorflow_cc.so.2'), 'short');
    expect(await findRuntime(dir)).toMatchObject({ state: 'broken', why: expect.stringMatching(/libtensorflow_cc\.so\.2 has 5 bytes.*says 7/) as string });
    rmSync(join(dir, 'lib'), { recursive: true });
    expect(await findRuntime(dir)).toMatchObject({ state: 'broken', why: expect.stringMatching(/libtensorflow_cc\.so\.2 is missing/) as string });
    writeFileSync(join(dir, 'runtime.json'), '{"format": 1, "kind": "wheel"');
    expect(await findRuntime(dir)).toMatchObject({ state: 'broken', why: expect.stringMatching(/runtime\.json is not a description/) as string });
    writeFileSync(join(dir, 'runtime.json'), '{"format": 1, "kind": "boat"}');
    expect(await findRuntime(dir)).toMatchObject({ state: 'broken', why: expect.stringMatching(/kind/) as string });
  });

  it('is told to be damaged by its checksums', async () => {
    await makeRuntime('library');
    writeFileSync(join(dir, 'lib', 'libtensorflow_cc.so.2'), 'librarY');
    const found = await findRuntime(dir);
    expect(found.state).toBe('ready');
    if (found.state !== 'ready') return;
    const error = await failure(verifyRuntime(found, process.execPath));
    expect(error.code).toBe('corrupt');
    expect(error.message).toMatch(/libtensorflow_cc\.so\.2 is damaged/);
  });

  it('is removed with everything beside it, but never when it is something else', async () => {
    await makeRuntime();
    mkdirSync(`${dir}.downloads`);
    mkdirSync(`${dir}.staging`);
    expect(await removeRuntime(dir)).toBe(true);
    expect([dir, `${dir}.downloads`, `${dir}.staging`, `${dir}.lock`].filter(existsSync)).toEqual([]);
    expect(await removeRuntime(dir)).toBe(false);
    mkdirSync(dir);
    writeFileSync(join(dir, 'thesis.txt'), 'precious');
    expect((await failure(removeRuntime(dir))).message).toMatch(/is not a runtime folder/);
    expect(readFileSync(join(dir, 'thesis.txt'), 'utf8')).toBe('precious');
  });

  it('is worked on by one set-up at a time', async () => {
    await makeRuntime();
    writeFileSync(`${dir}.lock`, String(process.ppid));
    expect(await failure(removeRuntime(dir))).toMatchObject({ code: 'busy', message: expect.stringContaining(String(process.ppid)) as string });
    writeFileSync(`${dir}.lock`, '4194303'); // left behind by a process that is gone
    expect(await removeRuntime(dir)).toBe(true);
  });
});

describe('setting up', () => {
  it('names Python when it is missing', async () => {
    vi.stubEnv('PATH', folder);
    const error = await failure(setUpRuntime({ variant: 'cpu', dir }));
    expect(error.code).toBe('missing_tool');
    expect(error.message).toMatch(/Python 3 is missing.*python3: not found.*python: not found/);
    expect(existsSync(dir)).toBe(false);
  });

  it('names pip when it is missing', async () => {
    const python = program('python3', `echo '{"executable": "/usr/bin/python3", "version": "3.12.0", "hasPip": false, "tensorflowDir": null}'`);
    const error = await failure(setUpRuntime({ variant: 'cpu', dir, python }));
    expect(error).toMatchObject({ code: 'missing_tool', message: expect.stringMatching(/3\.12\.0\) has no pip/) as string });
  });

  it('does not touch a folder that is something else', async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'thesis.txt'), 'precious');
    const python = program('python3', `echo '{"executable": "/usr/bin/python3", "version": "3.12.0", "hasPip": true, "tensorflowDir": null}'`);
    expect((await failure(setUpRuntime({ variant: 'cpu', dir, python }))).message).toMatch(/is not a runtime folder/);
  });

  it.skipIf(!hasPython)(`says that the network is missing, and leaves no half runtime${noPython}`, async () => {
    vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
    vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple');
    vi.stubEnv('PIP_RETRIES', '1');
    const error = await failure(setUpRuntime({ variant: 'cpu', dir }));
    expect(error.code).toBe('network');
    expect(existsSync(dir)).toBe(false);
    expect(existsSync(`${dir}.lock`)).toBe(false);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const python = program('python3', 'sleep 60');
    setTimeout(() => controller.abort(), 200);
    const began = Date.now();
    expect((await failure(setUpRuntime({ variant: 'cpu', dir, python, signal: controller.signal }))).code).toBe('aborted');
    expect(Date.now() - began).toBeLessThan(20_000);
  });
});

describe('the native binding', () => {
  const job = () => ({ dir: folder, libraryDir: folder, headersDir: folder, node: process.execPath, onProgress: () => undefined });

  it('names everything that is missing for compiling it', async () => {
    vi.stubEnv('PATH', folder);
    vi.stubEnv('CXX', '');
    const { source, nodeHeaders } = bindingAssets();
    expect(source).not.toBeNull();
    expect(nodeHeaders).not.toBeNull();
    const error = await failure(installBinding({ ...job(), assets: { prebuilt: null, source, nodeHeaders: null } }));
    expect(error.code).toBe('missing_tool');
    expect(error.message).toMatch(/none came with this program.*C\+\+ compiler \(g\+\+\).*node_api\.h.*tensorflow\/c\/c_api\.h/);
    expect(error.message).not.toMatch(/source/);
    expect(error.next).toMatch(/g\+\+/);
  });

  it('is not taken from a compiled one that does not run', async () => {
    vi.stubEnv('PATH', folder);
    const prebuilt = join(folder, 'broken.node');
    writeFileSync(prebuilt, 'no library');
    const error = await failure(installBinding({ ...job(), assets: { prebuilt, source: null, nodeHeaders: null } }));
    expect(error.message).toMatch(/compiled one: TensorFlow did not run in a test process/);
    expect(existsSync(join(folder, 'tfjs_binding.node'))).toBe(false);
  });
});

describe.skipIf(!hasPython)(`wheels${noPython}`, () => {
  const makeWheel = (sum: string): string => {
    const wheel = join(folder, 'tensorflow_cpu-2.21.0-py3-none-any.whl');
    const script = `
import base64, hashlib, sys, zipfile
data = b"library" * 1000
right = "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("tensorflow/libtensorflow_cc.so.2", data)
    z.writestr("tensorflow/include/tensorflow/c/c_api.h", "// header")
    z.writestr("tensorflow/python/big.py", "pass")
    z.writestr("tensorflow_cpu-2.21.0.dist-info/RECORD", "tensorflow/libtensorflow_cc.so.2," + (right if sys.argv[2] == "right" else sys.argv[2]) + ",7000\\n")
`;
    expect(spawnSync('python3', ['-c', script, wheel, sum]).status).toBe(0);
    return wheel;
  };

  it('are unpacked as far as they are needed, once', async () => {
    const context = { python: await findPython(), onProgress: () => undefined };
    const wheel = makeWheel('right');
    const files = await unpackWheel(wheel, dir, context);
    expect(files).toMatchObject([{ path: 'tensorflow/libtensorflow_cc.so.2', bytes: 7000 }]);
    expect(existsSync(join(dir, 'tensorflow/include/tensorflow/c/c_api.h'))).toBe(true);
    expect(existsSync(join(dir, 'tensorflow/python'))).toBe(false);
    const at = readFileSync(join(dir, 'tensorflow/libtensorflow_cc.so.2'));
    writeFileSync(join(dir, 'tensorflow/libtensorflow_cc.so.2'), Buffer.alloc(7000)); // cut by a crash: same size, other bytes
    expect(await unpackWheel(wheel, dir, context)).toEqual(files);
    expect(readFileSync(join(dir, 'tensorflow/libtensorflow_cc.so.2')).equals(at)).toBe(true);
  });

  it('are thrown away when they are not what they state', async () => {
    const context = { python: await findPython(), onProgress: () => undefined };
    const wheel = makeWheel('sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
    const error = await failure(unpackWheel(wheel, dir, context));
    expect(error).toMatchObject({ code: 'corrupt', message: expect.stringMatching(/libtensorflow_cc\.so\.2/) as string });
    expect(existsSync(wheel)).toBe(false);
    expect(existsSync(join(dir, 'tensorflow/libtensorflow_cc.so.2'))).toBe(false);
  });

  it('are thrown away when they were cut short', async () => {
    const wheel = makeWheel('right');
    writeFileSync(wheel, readFileSync(wheel).subarray(0, 200));
    expect((await failure(unpackWheel(wheel, dir, { python: await findPython(), onProgress: () => undefined }))).code).toBe('corrupt');
  });
});

describe('adopting', () => {
  it('refuses a Python without TensorFlow', async () => {
    const python = program('python', `echo '{"executable": "/opt/python", "version": "3.12.0", "hasPip": true, "tensorflowDir": null}'`);
    expect((await failure(adoptRuntime({ from: python, dir }))).message).toMatch(/\/opt\/python.*has no TensorFlow/);
  });

  it('refuses a package that is another, or was never installed', async () => {
    const stock = join(folder, 'package');
    mkdirSync(stock);
    writeFileSync(join(stock, 'package.json'), '{"name": "left-pad"}');
    expect((await failure(adoptRuntime({ from: stock, dir }))).message).toMatch(/left-pad/);
    writeFileSync(join(stock, 'package.json'), '{"name": "@tensorflow/tfjs-node"}');
    expect((await failure(adoptRuntime({ from: stock, dir }))).message).toMatch(/no compiled binding/);
  });

  it.skipIf(!hasPython || installed.state !== 'ready' || installed.libraryDir === null)(`takes the TensorFlow of a Python environment, and leaves it when removed${noPython}${noRuntime}`, async () => {
    if (installed.state !== 'ready' || installed.libraryDir === null) return;
    const site = join(folder, 'site');
    mkdirSync(site);
    symlinkSync(installed.libraryDir, join(site, 'tensorflow'), 'dir');
    const phases = new Set<string>();
    const runtime = await adoptRuntime({ from: program('python', `PYTHONPATH=${site} exec python3 "$@"`), dir, onProgress: ({ phase }) => phases.add(phase) });
    expect(runtime.manifest).toMatchObject({ kind: 'python', variant: installed.manifest.variant, tensorflow: installed.manifest.tensorflow });
    expect([...phases]).toEqual(expect.arrayContaining(['check', 'binding', 'verify', 'done']));
    expect(await verifyRuntime(runtime, process.execPath)).toMatchObject({ tensorflow: installed.manifest.tensorflow });
    await removeRuntime(dir);
    expect(existsSync(dir)).toBe(false);
    expect((await findRuntime(installed.dir)).state).toBe('ready');
  });
});

describe('facts', () => {
  it('of the CUDA packages a wheel names', () => {
    const metadata = 'Requires-Dist: numpy>=1.26.0\nRequires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"\nRequires-Dist: nvidia-nccl-cu12 (==2.21.5) ; extra == \'and-cuda\'\nRequires-Dist: tensorflow-io>=0.23; extra == "gcs-filesystem"\n';
    expect(parseCudaRequirements(metadata)).toEqual(['nvidia-cublas-cu12<13.0,>=12.5.3.2', 'nvidia-nccl-cu12==2.21.5']);
  });

  it('of this machine', async () => {
    const facts = await deviceFacts();
    expect(facts.threads).toBeGreaterThanOrEqual(facts.physicalCores);
    expect(facts.physicalCores).toBeGreaterThan(0);
    expect(facts.memory).toBeGreaterThan(2 ** 28);
  });
});

describe('Node for trainers', () => {
  it('is the one named, or an error', async () => {
    expect(await findNode(process.execPath)).toMatchObject({ executable: process.execPath, version: process.versions.node, from: 'setting' });
    expect((await failure(findNode(program('old', 'echo v18.1.0')))).message).toMatch(/is Node 18\.1\.0; Node 20/);
    expect((await failure(findNode(join(folder, 'nothing')))).message).toMatch(/is not a Node program/);
  });

  it('is this one outside of Electron', async () => {
    expect(await findNode()).toMatchObject({ executable: process.execPath, env: {} });
  });

  it('starts a trainer in a group of its own, with its output in a file', async () => {
    const trainerPath = join(folder, 'trainer.cjs');
    const logFile = join(folder, 'logs', 'trainer.log');
    writeFileSync(trainerPath, `console.log(process.argv.slice(2).join(' '), process.env.EXTRA, process.cwd()); console.error(require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(' ')[4]); process.exit(3);`);
    const started = await spawnTrainer({ trainerPath, node: await findNode(), args: ['train', 'x'], cwd: folder, env: { EXTRA: 'yes' }, logFile });
    expect(await started.ended).toBe(3);
    expect(readFileSync(logFile, 'utf8')).toBe(`train x yes ${folder}\n${started.pid}\n`);
  });

  it('that cannot be started is an error, not a crash', async () => {
    const node = { executable: join(folder, 'gone'), version: '20.0.0', env: {}, from: 'setting' as const };
    expect((await failure(spawnTrainer({ trainerPath: 'x', node, args: [], cwd: folder, logFile: join(folder, 'log') }))).code).toBe('missing_tool');
  });
});
