/**
 * `runtime.json`, the card of a compute runtime: what it is made of, where it came from, and checksums to tell whether
 * it still is that. Paths are relative to the runtime folder, or absolute when they lead into somebody else's folder.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { RuntimeError } from './errors';

/** File name of the card. */
export const MANIFEST_FILE = 'runtime.json';

const fileSchema = z.object({ path: z.string(), bytes: z.number().int(), sha256: z.string().length(64) });

const manifestSchema = z.object({
  format: z.literal(1),
  /** wheel: libraries of our own from pip's wheels; python: those of an existing environment; tfjs-node: a working stock package. */
  kind: z.enum(['wheel', 'python', 'tfjs-node']),
  variant: z.enum(['cpu', 'cuda']),
  /** TensorFlow's version as the loaded library states it. */
  tensorflow: z.string(),
  /** Folder with libtensorflow_cc.so.2; null when the binding finds its own library. */
  libraryDir: z.string().nullable(),
  binding: z.object({ path: z.string(), how: z.enum(['prebuilt', 'compiled', 'adopted']) }),
  /** The libraries and the binding. */
  files: z.array(fileSchema),
  /** Where it came from: wheel file names, or the adopted folder. */
  from: z.array(z.string()),
  python: z.object({ executable: z.string(), version: z.string() }).nullable(),
  /** True when the library saw a GPU at the time of the check. */
  sawGpu: z.boolean(),
  created: z.string(),
});

/** The contents of runtime.json. */
export type RuntimeManifest = z.infer<typeof manifestSchema>;

/** A file with what it must contain. */
export type RuntimeFile = z.infer<typeof fileSchema>;

/** A path of the manifest as an absolute one. */
export function resolveIn(dir: string, path: string): string {
  return isAbsolute(path) ? path : join(dir, path);
}

/** Reads runtime.json; null when there is none. Throws RuntimeError when it cannot be understood. */
export async function readManifest(dir: string): Promise<RuntimeManifest | null> {
  const file = join(dir, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw new RuntimeError('corrupt', `${file} cannot be read: ${(error as Error).message}`, 'Check its permissions, or set the runtime up again.');
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : (error as Error).message;
    throw new RuntimeError('corrupt', `${file} is not a description of a runtime: ${detail}`, 'Remove the runtime and set it up again (`trm setup --remove`, `trm setup`).');
  }
}

/** Writes runtime.json whole. */
export async function writeManifest(dir: string, manifest: RuntimeManifest): Promise<void> {
  const file = join(dir, MANIFEST_FILE);
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** SHA-256 of a file, in hexadecimal. */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The record of a file of the runtime, as it is now. */
export async function describeFile(dir: string, path: string, signal?: AbortSignal): Promise<RuntimeFile> {
  const file = resolveIn(dir, path);
  return { path, bytes: (await stat(file)).size, sha256: await sha256Of(file, signal) };
}
