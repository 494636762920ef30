/**
 * Where the engines' binary files are: in `wasm/` beside the bundle when this code runs bundled, in the installed
 * packages when it runs from source (tests, benchmarks).
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
