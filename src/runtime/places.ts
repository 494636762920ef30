/**
 * Where things are: the folder a compute runtime lives in, and the files this program brings for making one (beside the
 * bundle when bundled, in node_modules when it runs from source).
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Environment variable that names the runtime folder. */
export const RUNTIME_DIR_VARIABLE = 'TRM_RUNTIME_DIR';

/** Environment variable that names the device for configs that leave it open (`device: auto`). */
export const DEVICE_VARIABLE = 'TRM_DEVICE';

/** What is this user's and of no workspace: `trm-explorer` in the user's data folder. */
export function dataFolder(): string {
  const data = process.env['XDG_DATA_HOME'];
  return join(data !== undefined && data !== '' ? data : join(homedir(), '.local', 'share'), 'trm-explorer');
}

/** The runtime folder: the argument, else TRM_RUNTIME_DIR, else `runtime` in the data folder. */
export function runtimeFolder(explicit?: string): string {
  const chosen = explicit ?? process.env[RUNTIME_DIR_VARIABLE];
  return chosen !== undefined && chosen !== '' ? resolve(chosen) : join(dataFolder(), 'runtime');
}

/** What the native binding is installed from. */
export interface BindingAssets {
  /** The binding compiled for this platform, when the package brings one. */
  readonly prebuilt: string | null;
  /** Folder with tfjs_backend.cc and tfjs_binding.cc. */
  readonly source: string | null;
  /** Folder with node_api.h. */
  readonly nodeHeaders: string | null;
}

/** The name of the compiled binding, wherever it is. */
export const BINDING_FILE = 'tfjs_binding.node';

/** Finds the binding's files from the folder this code runs in. */
export function bindingAssets(from: string = __dirname): BindingAssets {
  const platform = `${process.platform}-${process.arch}`;
  return {
    prebuilt: search(from, [`native/${platform}/${BINDING_FILE}`, `dist/native/${platform}/${BINDING_FILE}`]),
    source: folderOf(search(from, ['binding-src/tfjs_binding.cc', 'node_modules/@tensorflow/tfjs-node-gpu/binding/tfjs_binding.cc'])),
    nodeHeaders: folderOf(search(from, ['binding-src/include/node_api.h', 'node_modules/node-api-headers/include/node_api.h'])),
  };
}

/** The first of the relative paths that exists in `from` or a folder above it. */
function search(from: string, candidates: readonly string[]): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    for (const candidate of candidates) if (existsSync(join(folder, candidate))) return join(folder, candidate);
    if (folder === dirname(folder)) return null;
  }
}

function folderOf(file: string | null): string | null {
  return file === null ? null : dirname(file);
}
