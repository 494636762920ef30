/**
 * Making a folder all at once: work happens in `<dir>.staging` beside it, downloads are kept in `<dir>.downloads`, and
 * the finished folder takes the place of the old one by renaming. One set-up at a time holds `<dir>.lock`.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RuntimeError } from './errors';
import { MANIFEST_FILE } from './manifest';

/** The folders of one set-up. */
export interface Workplace {
  readonly dir: string;
  readonly staging: string;
  readonly downloads: string;
}

function workplaceOf(dir: string): Workplace {
  return { dir, staging: `${dir}.staging`, downloads: `${dir}.downloads` };
}

/** True when the folder may be replaced: absent, empty, or a runtime. */
async function isOurs(dir: string): Promise<boolean> {
  const entries = await readdir(dir).catch((error: unknown): string[] | null => ((error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : null));
  return entries !== null && (entries.length === 0 || entries.includes(MANIFEST_FILE));
}

/** Runs `work` while holding the folder's lock. Throws RuntimeError `busy`, or `disk` when the place cannot be written to. */
export async function withWorkplace<Result>(dir: string, work: (workplace: Workplace) => Promise<Result>): Promise<Result> {
  if (!(await isOurs(dir)))
    throw new RuntimeError('disk', `${dir} exists and is not a runtime folder.`, `Name a folder that does not exist yet with TRM_RUNTIME_DIR or \`--dir\`; it is replaced as a whole.`);
  const lock = `${dir}.lock`;
  try {
    await mkdir(dirname(dir), { recursive: true });
    await takeLock(lock, dir);
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    throw new RuntimeError('disk', `${dirname(dir)} cannot be written to: ${(error as Error).message}`, 'Choose another folder with TRM_RUNTIME_DIR, or correct its permissions.');
  }
  try {
    return await work(workplaceOf(dir));
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string, dir: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = await open(lock, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const pid = Number(await readFile(lock, 'utf8').catch(() => ''));
      if (pid > 0 && isAlive(pid)) throw new RuntimeError('busy', `Process ${pid} is setting up ${dir} already.`, 'Wait for it to end, or end it.');
      await rm(lock, { force: true }); // left behind by a process that is gone
    }
  }
  throw new RuntimeError('busy', `Another process is setting up ${dir}.`, 'Wait for it to end.');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Puts the finished staging folder in the place of the old folder and throws the downloads away. */
export async function commit({ dir, staging, downloads }: Workplace): Promise<void> {
  const old = `${dir}.old`;
  await rm(old, { recursive: true, force: true });
  if (existsSync(dir)) await rename(dir, old);
  await rename(staging, dir);
  await rm(old, { recursive: true, force: true });
  await rm(downloads, { recursive: true, force: true });
}

/**
 * Removes the runtime folder and everything a set-up left beside it. Returns false when there was nothing. Throws
 * RuntimeError when the folder is not a runtime, or a set-up is at work.
 */
export async function removeRuntimeFolder(dir: string): Promise<boolean> {
  return withWorkplace(dir, async ({ staging, downloads }) => {
    const there = [dir, staging, downloads].filter(path => existsSync(path));
    // The card goes last but one: a removal that is cut short leaves a folder that is still known as ours.
    for (const path of there) {
      const entries = await readdir(path);
      for (const entry of entries) if (entry !== MANIFEST_FILE) await rm(join(path, entry), { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
    }
    return there.length > 0;
  });
}
