// The compiled binding that lets TensorFlow.js run on TensorFlow's C library, for the .vsix: one g++ call over the
// source that @tensorflow/tfjs-node-gpu ships. Only TensorFlow's headers are needed, not its 1 GB of libraries: the
// linker is shown an empty library of the right name, so the result asks for `libtensorflow_cc.so.2` and finds its
// functions in whichever one is loaded first (src/runtime does that).
//
// The oldest glibc and libstdc++ that the result runs with are measured, not assumed. (With libstdc++ linked in, glibc's
// floor rises from 2.14 to 2.36: it is not.)
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cache, root } from './ensure-installed.mjs';
import { runToEnd, Unavailable, which } from './processes.mjs';

/** The pip package whose headers are used; its C interface is stable, so the binding serves other 2.x versions too. */
const wheel = 'tensorflow-cpu==2.21.0';

/** The headers of a compute runtime that `trm setup` made, where it puts one unless told otherwise; undefined if there is none. */
function headersOfRuntime() {
  const data = process.env.XDG_DATA_HOME || path.join(os.homedir(), '.local', 'share');
  const runtime = process.env.TRM_RUNTIME_DIR || path.join(data, 'trm-explorer', 'runtime');
  try {
    const { libraryDir } = JSON.parse(readFileSync(path.join(runtime, 'runtime.json'), 'utf8'));
    const include = path.resolve(runtime, libraryDir, 'include');
    return existsSync(path.join(include, 'tensorflow', 'c', 'eager', 'c_api.h')) ? include : undefined;
  } catch {
    return undefined;
  }
}

/** TensorFlow's headers: a runtime's, else out of the pip wheel, unpacked into .cache/ once; the wheel itself is not kept. */
async function headers() {
  const present = headersOfRuntime();
  if (present) return present;
  const kept = path.join(cache, 'tensorflow-headers');
  if (existsSync(kept)) return kept;
  const python = which('python3');
  if (!python) throw new Unavailable('python3 with pip is missing (it fetches TensorFlow\'s headers)');
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(path.join(cache, 'wheel-'));
  try {
    console.error(`Downloading ${wheel} (270 MB) for its headers ...`);
    await runToEnd(python, ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:',
      '--python-version', '3.11', '--platform', 'manylinux_2_27_x86_64', '--dest', work, wheel], { quiet: true })
      .catch(error => { throw new Unavailable(`TensorFlow's headers cannot be downloaded: ${error.message.split('\n').at(-1)}`); });
    const file = path.join(work, readdirSync(work).find(name => name.endsWith('.whl')));
    await runToEnd(python, ['-c', [
      'import sys, zipfile',
      'z = zipfile.ZipFile(sys.argv[1])',
      'p = "tensorflow/include/"',
      'z.extractall(sys.argv[2], [n for n in z.namelist() if n.startswith(tuple(p + d for d in ("tensorflow/c/", "tensorflow/core/platform/ctstring", "tsl/platform/ctstring", "xla/tsl/c/"))) and n.endswith(".h")])',
    ].join('\n'), file, work], { quiet: true });
    renameSync(path.join(work, 'tensorflow', 'include'), kept);
    return kept;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Compiles the binding to dist/native/linux-x64/tfjs_binding.node, or takes the one compiled before.
 * @returns {Promise<{ file: string, floors: string }>} the file and the oldest libraries it runs with, in words
 * @throws Unavailable when this machine cannot
 */
export async function compileBinding() {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') throw new Unavailable('it is compiled on linux-x64 only');
  const compiler = which('g++');
  if (!compiler) throw new Unavailable('g++ is missing');
  const source = path.join(root, 'dist', 'binding-src');
  const kept = path.join(cache, 'native', `${wheel}.node`);
  if (!existsSync(kept)) {
    const include = await headers();
    console.error('Compiling the native binding ...');
    const work = mkdtempSync(path.join(os.tmpdir(), 'trm-binding-'));
    try {
      const library = path.join(work, 'libtensorflow_cc.so.2');
      const result = path.join(work, 'tfjs_binding.node');
      writeFileSync(path.join(work, 'empty.c'), '');
      await runToEnd(compiler, ['-shared', '-fPIC', path.join(work, 'empty.c'), '-Wl,-soname,libtensorflow_cc.so.2', '-o', library], { quiet: true });
      await runToEnd(compiler, ['-O2', '-std=c++17', '-fPIC', '-shared', '-s',
        '-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION',
        `-I${path.join(source, 'include')}`, `-I${include}`, path.join(source, 'tfjs_backend.cc'), path.join(source, 'tfjs_binding.cc'),
        '-Wl,--no-as-needed', library, '-o', result], { quiet: true });
      mkdirSync(path.dirname(kept), { recursive: true });
      await runToEnd('cp', [result, `${kept}.tmp`]);
      renameSync(`${kept}.tmp`, kept);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const file = path.join(root, 'dist', 'native', 'linux-x64', 'tfjs_binding.node');
  mkdirSync(path.dirname(file), { recursive: true });
  await runToEnd('cp', [kept, file]);
  return { file, floors: await floors(file) };
}

/** The newest versions of the system's libraries that a library asks for, e.g. "glibc 2.14, libstdc++ GLIBCXX_3.4.29". */
async function floors(file) {
  const symbols = await runToEnd('objdump', ['-T', file], { capture: true });
  const newest = prefix => [...symbols.matchAll(new RegExp(`\\b${prefix}_([\\d.]+)`, 'g'))]
    .map(m => m[1]).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return `glibc ${newest('GLIBC')}, libstdc++ GLIBCXX_${newest('GLIBCXX')}`;
}
