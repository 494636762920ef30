/**
 * Loads libtensorflow and the native binding into this process. The library is opened first, by its real path, so that
 * the binding finds it by its name whatever folder it is in, and NVIDIA's libraries are found beside it. It stays open
 * until the process ends.
 */
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { RuntimeError } from './errors';

/** File name of TensorFlow's C library in its pip wheels. */
export const LIBRARY_FILE = 'libtensorflow_cc.so.2';

const RTLD_NODELETE = 0x1000;

/** Threads for one operation, and for operations side by side; results may depend on them in the last bits. */
export interface ThreadUse { readonly intra: number; readonly inter: number }

/** Whether XLA takes the flag: one that does not know it ends the process, so only the version it was tried with is asked. */
const knowsVectorWidth = (version: string): boolean => version.startsWith('2.21.');

/**
 * What the environment must say before a library of that version of TensorFlow is opened. Values already set stay. By default XLA uses
 * half of what vectors processors have.
 */
export function libraryEnvironment(threads: ThreadUse | undefined, version?: string): Readonly<Record<string, string>> {
  return {
    ...(version !== undefined && knowsVectorWidth(version) ? { XLA_FLAGS: '--xla_cpu_prefer_vector_width=512' } : {}),
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    TF_DETERMINISTIC_OPS: '1',
    ...(threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads.intra), TF_NUM_INTEROP_THREADS: String(threads.inter) }),
  };
}

/** What to load: absolute paths. */
export interface Loadable {
  /** Folder with libtensorflow_cc.so.2; null when the binding finds its own. */
  readonly libraryDir: string | null;
  readonly bindingPath: string;
}

/** Opens library and binding; returns the binding's exports. Throws RuntimeError `does_not_run` with the loader's words. */
export function loadBinding({ libraryDir, bindingPath }: Loadable): unknown {
  const binding: { exports: unknown } = { exports: {} };
  try {
    if (libraryDir !== null) {
      const library = join(realpathSync(libraryDir), LIBRARY_FILE);
      try {
        process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_LAZY | RTLD_NODELETE);
      } catch (error) {
        // It is no Node module and says so; being open is all that is wanted of it.
        if (!/did not self-register|no 'napi_register_module|not a valid|No native build/i.test((error as Error).message)) throw error;
      }
    }
    process.dlopen(binding, bindingPath, constants.dlopen.RTLD_LAZY);
  } catch (error) {
    throw new RuntimeError('does_not_run', `TensorFlow's library did not load: ${(error as Error).message}`, 'Check it with `trm engines`; set the runtime up again with `trm setup`.');
  }
  return binding.exports;
}
