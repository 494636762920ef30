/**
 * Turns whatever a tensor library throws into an EngineError: out of memory is recognised by the words each library
 * uses for it, everything else keeps its first line.
 */
import { EngineError } from './engine';
import type { Engine } from './engine';

/** Words of libtensorflow (host and device allocators), of WebAssembly, and of V8 for memory that ran out. */
const OUT_OF_MEMORY =
  /OOM when allocating|RESOURCE_EXHAUSTED|ResourceExhausted|ran out of memory|failed to allocate|CUDA_ERROR_OUT_OF_MEMORY|out of memory|Cannot enlarge memory|memory access out of bounds|Array buffer allocation failed|Invalid typed array length|bad_alloc/i;

/** tfjs-node puts a number and a line break before what TensorFlow says. */
const statusLine = /Invalid TF_Status: \d+\s+Message: /;

/** The EngineError for something caught while engine `name` was `doing` something. EngineErrors pass unchanged. */
export function asEngineError(error: unknown, name: Engine['name'], doing: string): EngineError {
  if (error instanceof EngineError) return error;
  const text = (error instanceof Error ? error.message : typeof error === 'string' ? error : JSON.stringify(error)).replace(statusLine, '');
  const message = text.split('\n')[0] ?? text;
  if (OUT_OF_MEMORY.test(text)) return outOfMemory(name, doing, message);
  return new EngineError('failed', `${doing} failed on engine ${name}: ${message}`, 'If another engine can run it, the fault is in this one: try `--engine cpu` on a small model to find out, and report it.');
}

/** The EngineError for memory that ran out. */
export function outOfMemory(name: Engine['name'], doing: string, detail: string): EngineError {
  const limit = name === 'wasm' ? ' The wasm engine can use at most 4 GiB per thread; the tensorflow engine has no such limit.' : '';
  return new EngineError('out_of_memory', `Out of memory on engine ${name} (${doing}): ${detail}`, `Use a smaller micro_batch_size (the results stay the same), global_batch_size, hidden_size or L_cycles.${limit}`);
}
