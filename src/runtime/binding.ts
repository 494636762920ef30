/**
 * The native binding between Node and libtensorflow: two C++ files over stable C interfaces on both sides. The one that
 * came compiled is taken if it runs here; else it is compiled here, which takes about ten seconds; else the message
 * names everything that is missing.
 */
import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from './errors';
import { LIBRARY_FILE } from './load';
import { BINDING_FILE } from './places';
import type { BindingAssets } from './places';
import { probeRuntime } from './probe';
import type { ProbeResult } from './probe';
import { lastWords, runProcess, throwIfAborted } from './run-process';
import type { PhaseProgress } from './wheels';

/**
 * The oldest system libraries the compiled binding of a package runs with (measured when the package is made); the
 * library itself needs glibc 2.27. An older C++ library means compiling here.
 */
export const PREBUILT_FLOOR = 'glibc 2.14 and libstdc++ of GCC 11 (GLIBCXX_3.4.29); libtensorflow itself glibc 2.27';

/** What the binding is made from and for. */
export interface BindingJob {
  /** Folder the binding is put into. */
  readonly dir: string;
  /** Folder with libtensorflow_cc.so.2. */
  readonly libraryDir: string;
  /** Folder with TensorFlow's C headers (`tensorflow/c/c_api.h` under it). */
  readonly headersDir: string;
  readonly assets: BindingAssets;
  readonly node: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: PhaseProgress;
}

/** A binding in place that has been seen to run. */
export interface InstalledBinding {
  readonly how: 'prebuilt' | 'compiled';
  readonly probe: ProbeResult;
}

/** Puts a working `tfjs_binding.node` into `dir`. Throws RuntimeError. */
export async function installBinding(job: BindingJob): Promise<InstalledBinding> {
  const target = join(job.dir, BINDING_FILE);
  const loadable = { libraryDir: job.libraryDir, bindingPath: target };
  let prebuiltFailure = job.assets.prebuilt === null ? `none came with this program for ${process.platform}-${process.arch}` : '';
  if (job.assets.prebuilt !== null) {
    job.onProgress('Trying the compiled binding that came with this program');
    await copyFile(job.assets.prebuilt, target);
    try {
      return { how: 'prebuilt', probe: await probeRuntime(loadable, job.node, job.signal) };
    } catch (error) {
      throwIfAborted(job.signal);
      prebuiltFailure = (error as Error).message;
      await rm(target, { force: true });
    }
  }
  await compile(job, target, prebuiltFailure);
  job.onProgress('Trying the binding');
  return { how: 'compiled', probe: await probeRuntime(loadable, job.node, job.signal) };
}

/** The C++ compiler: CXX, else g++, else c++ or clang++; null when none answers. */
async function findCompiler(signal: AbortSignal | undefined): Promise<string | null> {
  const own = process.env['CXX'];
  for (const candidate of [...(own !== undefined && own !== '' ? [own] : []), 'g++', 'c++', 'clang++'])
    if ((await runProcess(candidate, ['--version'], { signal, timeoutMs: 20_000 })).code === 0) return candidate;
  return null;
}

async function compile(job: BindingJob, target: string, prebuiltFailure: string): Promise<void> {
  const { assets, headersDir, libraryDir, signal } = job;
  const compiler = await findCompiler(signal);
  const missing = [
    ...(compiler === null ? ['a C++ compiler (g++)'] : []),
    ...(assets.source === null ? ['the binding\'s source (binding-src beside this program)'] : []),
    ...(assets.nodeHeaders === null ? ['Node\'s headers (node_api.h)'] : []),
    ...(existsSync(join(headersDir, 'tensorflow', 'c', 'c_api.h')) ? [] : [`TensorFlow's headers (tensorflow/c/c_api.h in ${headersDir})`]),
  ];
  if (compiler === null || assets.source === null || assets.nodeHeaders === null || missing.length > 0)
    throw new RuntimeError('missing_tool', `The native binding has to be compiled here (compiled one: ${prebuiltFailure}), but this is missing: ${missing.join('; ')}.`,
      compiler === null ? 'Install g++ (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install gcc-c++`) and start again: what is downloaded is kept.' : 'Reinstall the extension (or run `npm ci` in the clone), and start again.');
  job.onProgress('Compiling the native binding (about 10 s)');
  const result = `${target}.part`;
  const finished = await runProcess(compiler, [
    '-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION',
    `-I${assets.nodeHeaders}`, `-I${headersDir}`, join(assets.source, 'tfjs_backend.cc'), join(assets.source, 'tfjs_binding.cc'), '-o', result,
    join(libraryDir, LIBRARY_FILE), join(libraryDir, 'libtensorflow_framework.so.2'),
  ], { signal });
  if (finished.code !== 0) {
    await rm(result, { force: true });
    const first = /^.*(?:error|Error).*$/m.exec(finished.stderr)?.[0] ?? lastWords(finished, 2);
    throw new RuntimeError('missing_tool', `${compiler} could not compile the native binding: ${first}`, 'If a header is missing, install the C++ development files (Debian, Ubuntu: `apt install build-essential`) and start again.');
  }
  await rename(result, target);
}
