/**
 * "Set Up Compute Runtime": makes the folder that the tensorflow engine loads from, with TensorFlow's libraries out of
 * its pip wheel and the native binding; or adopts a TensorFlow that is already on the machine. Either way the result
 * has been seen to compute before it takes its place, and `runtime.json` says what it is.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { installBinding } from './binding';
import { RuntimeError } from './errors';
import { findRuntime, verifyRuntime } from './find';
import type { ReadyRuntime } from './find';
import { LIBRARY_FILE } from './load';
import { describeFile, writeManifest } from './manifest';
import type { RuntimeFile, RuntimeManifest } from './manifest';
import { findNode } from './node';
import type { NodeProgram } from './node';
import { BINDING_FILE, bindingAssets, runtimeFolder } from './places';
import type { BindingAssets } from './places';
import { probeRuntime } from './probe';
import { findPython, requirePip } from './python';
import { throwIfAborted } from './run-process';
import { commit, removeRuntimeFolder, withWorkplace } from './staging';
import type { Workplace } from './staging';
import { cudaRequirements, fetchWheel, unpackWheel } from './wheels';

/** TensorFlow's version: the binding and the compiled step are tested with it; the newest 2.x is tried when it is gone. */
export const TENSORFLOW_VERSION = '2.21';

/** How far a set-up is. */
export interface SetupProgress {
  readonly phase: 'check' | 'download' | 'unpack' | 'binding' | 'verify' | 'done';
  readonly text: string;
  /** Part of this phase that is done, 0..1, when known. */
  readonly fraction?: number;
}

/** Options that a set-up and an adoption share. */
export interface SetupOptions {
  /** Runtime folder; default TRM_RUNTIME_DIR, else in the user's data folder. */
  readonly dir?: string | undefined;
  /** Node for the test process; default: see findNode. */
  readonly nodePath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: SetupProgress) => void;
  /** Where the binding comes from; default: beside this program. */
  readonly assets?: BindingAssets;
}

/** Options of `setUpRuntime`. */
export interface WheelSetupOptions extends SetupOptions {
  readonly variant: 'cpu' | 'cuda';
  /** Python that fetches the wheels; default python3 or python on the PATH. */
  readonly python?: string | undefined;
}

/**
 * Makes a runtime from pip's wheels. A whole one of the same variant is left as it is. Throws RuntimeError; what was
 * done until then is kept for the next attempt.
 */
export async function setUpRuntime(options: WheelSetupOptions): Promise<ReadyRuntime> {
  const dir = runtimeFolder(options.dir);
  const { variant, signal } = options;
  const report = reporter(options);
  requireLinux();
  const node = await findNode(options.nodePath);
  const existing = await findRuntime(dir);
  if (existing.state === 'ready' && existing.manifest.kind === 'wheel' && existing.manifest.variant === variant && (await stillRuns(existing, node, report, signal))) {
    report('done', `The runtime in ${dir} is whole and runs.`, 1);
    return existing;
  }
  report('check', 'Looking for Python');
  const python = await findPython(options.python, signal);
  requirePip(python);
  return withWorkplace(dir, async workplace => {
    const { staging, downloads } = workplace;
    await requireSpace(dirname(dir), variant === 'cuda' ? 12 : 1.5);
    await mkdir(downloads, { recursive: true });
    await mkdir(staging, { recursive: true });
    const context = (phase: SetupProgress['phase']) => ({ python, signal, onProgress: (text: string, fraction?: number) => report(phase, text, fraction) });
    const name = variant === 'cuda' || process.arch !== 'x64' ? 'tensorflow' : 'tensorflow-cpu';
    const wheels = [await fetchWheel([`${name}==${TENSORFLOW_VERSION}.*`, `${name}>=2.16,<3`], downloads, context('download'))];
    if (variant === 'cuda') for (const requirement of await cudaRequirements(wheels[0]!, context('download'))) wheels.push(await fetchWheel([requirement], downloads, context('download')));
    const files: RuntimeFile[] = [];
    for (const wheel of wheels)
      for (const file of await unpackWheel(wheel, join(staging, 'lib'), context('unpack'))) files.push({ ...file, path: join('lib', file.path) });
    const libraryDir = join('lib', 'tensorflow');
    const binding = await installBinding({
      dir: staging,
      libraryDir: join(staging, libraryDir),
      headersDir: join(staging, libraryDir, 'include'),
      assets: options.assets ?? bindingAssets(),
      node: node.executable,
      signal,
      onProgress: context('binding').onProgress,
    });
    return finish(workplace, report, {
      format: 1, kind: 'wheel', variant, tensorflow: binding.probe.tensorflow, libraryDir,
      binding: { path: BINDING_FILE, how: binding.how },
      files: [...files, await describeFile(staging, BINDING_FILE, signal)],
      from: wheels.map(wheel => basename(wheel)),
      python: { executable: python.executable, version: python.version },
      sawGpu: binding.probe.gpu, created: new Date().toISOString(),
    });
  });
}

/** Options of `adoptRuntime`. */
export interface AdoptOptions extends SetupOptions {
  /**
   * A Python program or virtual environment that has TensorFlow, or the folder of a working
   * `@tensorflow/tfjs-node` or `tfjs-node-gpu` package.
   */
  readonly from: string;
}

/** Makes a runtime out of a TensorFlow that is already here; its libraries stay where they are. Throws RuntimeError. */
export async function adoptRuntime(options: AdoptOptions): Promise<ReadyRuntime> {
  requireLinux();
  const isFolder = await stat(options.from).then(s => s.isDirectory(), () => false);
  if (isFolder && existsSync(join(options.from, 'package.json'))) return adoptStockPackage(options);
  return adoptPython(isFolder ? join(options.from, 'bin', 'python') : options.from, options);
}

async function adoptPython(executable: string, options: AdoptOptions): Promise<ReadyRuntime> {
  const report = reporter(options);
  const { signal } = options;
  const node = await findNode(options.nodePath);
  report('check', `Looking for TensorFlow in ${executable}`);
  const python = await findPython(executable, signal);
  const source = python.tensorflowDir;
  if (source === null) throw new RuntimeError('unsupported', `${python.executable} (Python ${python.version}) has no TensorFlow.`, 'Name a Python that has one, or make a runtime of its own with `trm setup`.');
  if (!existsSync(join(source, LIBRARY_FILE))) throw new RuntimeError('unsupported', `The TensorFlow in ${source} has no ${LIBRARY_FILE}.`, 'TensorFlow 2.16 or newer is needed; or make a runtime of its own with `trm setup`.');
  return withWorkplace(runtimeFolder(options.dir), async workplace => {
    const { staging } = workplace;
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    const binding = await installBinding({
      dir: staging, libraryDir: source, headersDir: join(source, 'include'), assets: options.assets ?? bindingAssets(),
      node: node.executable, signal, onProgress: (text, fraction) => report('binding', text, fraction),
    });
    report('verify', 'Noting checksums');
    const files = [join(source, LIBRARY_FILE), join(source, 'libtensorflow_framework.so.2'), BINDING_FILE];
    return finish(workplace, report, {
      format: 1, kind: 'python', variant: existsSync(join(dirname(source), 'nvidia')) ? 'cuda' : 'cpu', tensorflow: binding.probe.tensorflow, libraryDir: source,
      binding: { path: BINDING_FILE, how: binding.how },
      files: await Promise.all(files.map(file => describeFile(staging, file, signal))),
      from: [source], python: { executable: python.executable, version: python.version },
      sawGpu: binding.probe.gpu, created: new Date().toISOString(),
    });
  });
}

async function adoptStockPackage(options: AdoptOptions): Promise<ReadyRuntime> {
  const report = reporter(options);
  const { signal } = options;
  const node = await findNode(options.nodePath);
  const folder = await realpath(options.from);
  report('check', `Looking at ${folder}`);
  const { name } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name?: string };
  if (name !== '@tensorflow/tfjs-node' && name !== '@tensorflow/tfjs-node-gpu')
    throw new RuntimeError('unsupported', `${folder} is the package "${name ?? '?'}".`, 'Name the folder of an installed @tensorflow/tfjs-node or @tensorflow/tfjs-node-gpu, or a Python with TensorFlow.');
  const abis = (await readdir(join(folder, 'lib')).catch(() => [])).filter(entry => existsSync(join(folder, 'lib', entry, BINDING_FILE))).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (abis[0] === undefined) throw new RuntimeError('unsupported', `${folder} has no compiled binding (lib/napi-v*/${BINDING_FILE}): its own installation did not finish.`, 'Make a runtime with `trm setup` instead.');
  const bindingPath = join(folder, 'lib', abis[0], BINDING_FILE);
  const libraries = (await readdir(join(folder, 'deps', 'lib')).catch(() => [])).filter(file => /^libtensorflow\w*\.so(\.2)?$/.test(file)).map(file => join(folder, 'deps', 'lib', file));
  return withWorkplace(runtimeFolder(options.dir), async workplace => {
    await rm(workplace.staging, { recursive: true, force: true });
    await mkdir(workplace.staging, { recursive: true });
    report('verify', 'Running a test');
    const probe = await probeRuntime({ libraryDir: null, bindingPath }, node.executable, signal);
    return finish(workplace, report, {
      format: 1, kind: 'tfjs-node', variant: name.endsWith('-gpu') ? 'cuda' : 'cpu', tensorflow: probe.tensorflow, libraryDir: null,
      binding: { path: bindingPath, how: 'adopted' },
      files: await Promise.all([bindingPath, ...libraries].map(file => describeFile(workplace.staging, file, signal))),
      from: [folder], python: null, sawGpu: probe.gpu, created: new Date().toISOString(),
    });
  });
}

/** Removes the runtime folder with what set-ups left beside it; an adopted TensorFlow itself stays. False: nothing there. */
export async function removeRuntime(dir?: string): Promise<boolean> {
  return removeRuntimeFolder(runtimeFolder(dir));
}

type Report = (phase: SetupProgress['phase'], text: string, fraction?: number) => void;

function reporter({ onProgress }: SetupOptions): Report {
  return (phase, text, fraction) => onProgress?.({ phase, text, ...(fraction === undefined ? {} : { fraction }) });
}

function requireLinux(): void {
  if (process.platform !== 'linux') throw new RuntimeError('unsupported', `The compute runtime is made for Linux; this is ${process.platform}.`, 'Train on `--engine wasm`, or open the folder on a Linux machine (Remote - SSH, WSL).');
}

async function requireSpace(folder: string, gigabytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes) throw new RuntimeError('disk', `${folder} has ${free.toFixed(1)} GB free; about ${gigabytes} GB are needed.`, 'Free some, or choose another folder with TRM_RUNTIME_DIR.');
}

async function stillRuns(existing: ReadyRuntime, node: NodeProgram, report: Report, signal: AbortSignal | undefined): Promise<boolean> {
  report('verify', `Checking the runtime in ${existing.dir}`);
  try {
    await verifyRuntime(existing, node.executable, signal);
    return true;
  } catch (error) {
    throwIfAborted(signal);
    report('verify', `It is set up anew: ${(error as Error).message}`);
    return false;
  }
}

async function finish(workplace: Workplace, report: Report, manifest: RuntimeManifest): Promise<ReadyRuntime> {
  await writeManifest(workplace.staging, manifest);
  await commit(workplace);
  const found = await findRuntime(workplace.dir);
  if (found.state !== 'ready') throw new RuntimeError('corrupt', `The finished runtime in ${workplace.dir} is ${found.state}.`, 'Start the set-up again.');
  report('done', `TensorFlow ${manifest.tensorflow} is ready in ${workplace.dir}.`, 1);
  return found;
}
