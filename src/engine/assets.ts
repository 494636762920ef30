/**
 * Where the files are that the engines load: the wasm binaries in `wasm/` beside the bundle when this code runs bundled, in
 * the installed packages when it runs from source (tests); the worker threads' program beside the bundle, or in `dist/`.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EngineError } from './engine';

/** The binary the wasm engine runs: SIMD, one thread. */
export const WASM_BINARY = 'tfjs-backend-wasm-simd.wasm';

/** The folder, with a trailing separator, that holds the wasm binaries. Throws EngineError naming the places looked at. */
export function wasmFolder(from: string = __dirname): string {
  const looked: string[] = [];
  const holdsBinary = (folder: string): boolean => {
    looked.push(folder);
    return existsSync(join(folder, WASM_BINARY));
  };
  const beside = join(from, 'wasm');
  if (holdsBinary(beside)) return join(beside, '/');
  for (let folder = from; ; folder = dirname(folder)) {
    const installed = join(folder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist');
    if (holdsBinary(installed)) return join(installed, '/');
    if (folder === dirname(folder)) break;
  }
  throw new EngineError('unavailable', `${WASM_BINARY} was not found in ${looked.join(', ')}.`, 'Reinstall the extension, or run `npm ci` in the clone.');
}

/** The program of worker threads; built from training/worker-main.ts. */
const WORKER_PROGRAM = 'wasm-worker.cjs';

/** The file that worker threads run. Throws EngineError naming the places looked at. */
export function workerProgram(from: string = __dirname): string {
  const looked = [join(from, WORKER_PROGRAM)];
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) looked.push(join(folder, 'dist', WORKER_PROGRAM));
  const found = looked.find(file => existsSync(file));
  if (found !== undefined) return found;
  throw new EngineError('unavailable', `${WORKER_PROGRAM} was not found in ${looked.map(file => dirname(file)).join(', ')}.`, 'Reinstall the extension, or run `npm run build` in the clone; `threads: 1` works without it.');
}
