/**
 * Looks for a compute runtime without touching a library: is there a card, and are the files it names there with the
 * sizes it states? `verifyRuntime` looks harder.
 */
import { stat } from 'node:fs/promises';
import { RuntimeError } from './errors';
import { MANIFEST_FILE, readManifest, resolveIn, sha256Of } from './manifest';
import type { RuntimeManifest } from './manifest';
import { runtimeFolder } from './places';
import { probeRuntime } from './probe';
import type { ProbeResult } from './probe';

/** A runtime that can be loaded, as far as a look at its files tells. */
export interface ReadyRuntime {
  readonly state: 'ready';
  readonly dir: string;
  readonly manifest: RuntimeManifest;
  /** Absolute; null when the binding finds its own library. */
  readonly libraryDir: string | null;
  readonly bindingPath: string;
}

/** What is in the runtime folder. */
export type FoundRuntime =
  | ReadyRuntime
  | { readonly state: 'absent'; readonly dir: string }
  | { readonly state: 'broken'; readonly dir: string; readonly why: string; readonly next: string };

/** Looks into the runtime folder (argument, TRM_RUNTIME_DIR, or the user's data folder). Does not throw. */
export async function findRuntime(explicit?: string): Promise<FoundRuntime> {
  const dir = runtimeFolder(explicit);
  const broken = (why: string, next = 'Set it up again with `trm setup`.'): FoundRuntime => ({ state: 'broken', dir, why, next });
  let manifest: RuntimeManifest | null;
  try {
    manifest = await readManifest(dir);
  } catch (error) {
    return broken((error as Error).message, error instanceof RuntimeError ? error.next : undefined);
  }
  if (manifest === null) return { state: 'absent', dir };
  for (const file of manifest.files) {
    const path = resolveIn(dir, file.path);
    const size = await stat(path).then(s => s.size, () => -1);
    if (size === -1) return broken(`${path} is missing.`);
    if (size !== file.bytes) return broken(`${path} has ${size} bytes; ${MANIFEST_FILE} says ${file.bytes}.`);
  }
  return {
    state: 'ready',
    dir,
    manifest,
    libraryDir: manifest.libraryDir === null ? null : resolveIn(dir, manifest.libraryDir),
    bindingPath: resolveIn(dir, manifest.binding.path),
  };
}

/**
 * Compares every library with its checksum and runs a product in a child process. Throws RuntimeError: `corrupt` names
 * the file whose checksum differs.
 */
export async function verifyRuntime(runtime: ReadyRuntime, node: string, signal?: AbortSignal): Promise<ProbeResult> {
  for (const file of runtime.manifest.files) {
    const path = resolveIn(runtime.dir, file.path);
    const actual = await sha256Of(path, signal);
    if (actual !== file.sha256)
      throw new RuntimeError('corrupt', `${path} is damaged: its SHA-256 is ${actual}, ${MANIFEST_FILE} says ${file.sha256}.`, 'Set the runtime up again: `trm setup --remove`, then `trm setup`.');
  }
  return probeRuntime(runtime, node, signal);
}
