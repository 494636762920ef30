/**
 * Proof that a runtime computes: a child process loads library and binding and multiplies two matrices. A library that
 * crashes takes the child with it, not us.
 */
import { RuntimeError } from './errors';
import { LIBRARY_FILE, libraryEnvironment } from './load';
import type { Loadable } from './load';
import { lastWords, runProcess } from './run-process';

/** What the child saw. */
export interface ProbeResult {
  /** TensorFlow's version as the library states it. */
  readonly tensorflow: string;
  /** True when operations run on a GPU. */
  readonly gpu: boolean;
  /** Milliseconds to load everything. */
  readonly loadMs: number;
}

// Runs as text in a bare Node: it can import nothing of ours. The same order of loading as in load.ts.
const PROGRAM = `
const os = require('node:os'), fs = require('node:fs'), path = require('node:path');
const [libraryDir, bindingPath] = JSON.parse(process.argv[1]);
const began = Date.now();
if (libraryDir !== null) {
  try { process.dlopen({ exports: {} }, path.join(fs.realpathSync(libraryDir), '${LIBRARY_FILE}'), os.constants.dlopen.RTLD_LAZY | 0x1000); }
  catch (error) { if (!/did not self-register/i.test(error.message)) throw error; }
}
const holder = { exports: {} };
process.dlopen(holder, bindingPath);
const b = holder.exports, loadMs = Date.now() - began;
const x = b.createTensor([2, 3], b.TF_FLOAT, Float32Array.of(1, 2, 3, 4, 5, 6));
const attrs = [{ name: 'transpose_a', type: b.TF_ATTR_BOOL, value: false }, { name: 'transpose_b', type: b.TF_ATTR_BOOL, value: true }, { name: 'T', type: b.TF_ATTR_TYPE, value: b.TF_FLOAT }];
const [y] = b.executeOp('MatMul', attrs, [x, x], 1);
console.log('PROBE ' + JSON.stringify({ values: Array.from(b.tensorDataSync(y.id)), tensorflow: b.TF_Version, gpu: b.isUsingGpuDevice(), loadMs }));
`;

/** What libtensorflow prints while it looks for GPUs in a child of `node`: which libraries of CUDA it finds, and what the driver says. */
export async function gpuLog({ libraryDir, bindingPath }: Loadable, node: string): Promise<string> {
  const talkative = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'dso_loader=1,cuda_diagnostics=1' };
  const { stderr } = await runProcess(node, ['-e', PROGRAM, JSON.stringify([libraryDir, bindingPath])], {
    timeoutMs: 60_000,
    env: { ...process.env, ...libraryEnvironment(undefined), ...talkative, ELECTRON_RUN_AS_NODE: '1' },
  });
  return stderr;
}

/** Loads and multiplies in a child of `node`. Throws RuntimeError `does_not_run` with the child's last words. */
export async function probeRuntime({ libraryDir, bindingPath }: Loadable, node: string, signal?: AbortSignal): Promise<ProbeResult> {
  const finished = await runProcess(node, ['-e', PROGRAM, JSON.stringify([libraryDir, bindingPath])], {
    signal,
    timeoutMs: 180_000,
    env: { ...process.env, ...libraryEnvironment(undefined), ELECTRON_RUN_AS_NODE: '1' },
  });
  const line = /^PROBE (.*)$/m.exec(finished.stdout)?.[1];
  if (finished.code !== 0 || line === undefined) {
    const cause = /^(?:\w*Error|Fatal).*$/m.exec(finished.stderr)?.[0] ?? lastWords(finished, 2);
    throw new RuntimeError('does_not_run', `TensorFlow did not run in a test process: ${cause === '' ? `it ended with ${finished.code === null ? 'a signal' : `exit code ${finished.code}`}` : cause}`, /GLIBC|GLIBCXX/.test(cause) ? 'The system\'s C or C++ library is too old for it: install g++ so that the binding is compiled here, or use a newer system.' : 'Set it up again (`trm setup`); if that ends the same way, train on `--engine wasm` and report this.');
  }
  const { values, ...result } = JSON.parse(line) as ProbeResult & { values: number[] };
  if (values.join() !== '14,32,32,77')
    throw new RuntimeError('does_not_run', `TensorFlow computed [1 2 3; 4 5 6] times its transpose as ${values.join(', ')} instead of 14, 32, 32, 77.`, 'Set it up again (`trm setup`).');
  return result;
}
