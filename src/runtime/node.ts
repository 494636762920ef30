/**
 * The Node that runs trainers. In desktop VS Code this process is Electron, where native modules and worker threads
 * behave differently, so a real Node is preferred: one named by the user, else one on the PATH, else this very program
 * told to be Node.
 */
import { delimiter, join } from 'node:path';
import { RuntimeError } from './errors';
import { runProcess } from './run-process';

/** Oldest Node that runs a trainer. */
export const OLDEST_NODE = 20;

/** A program that runs JavaScript as Node does. */
export interface NodeProgram {
  readonly executable: string;
  /** E.g. "20.20.2". */
  readonly version: string;
  /** Environment variables it needs to be Node. */
  readonly env: Readonly<Record<string, string>>;
  /** Where it was found. */
  readonly from: 'setting' | 'path' | 'self';
}

/**
 * Finds the Node for trainers. Throws RuntimeError `missing_tool` when the one named does not run or is too old: a
 * choice is never replaced silently.
 */
export async function findNode(explicit?: string): Promise<NodeProgram> {
  if (explicit !== undefined && explicit !== '') {
    const version = await versionOf(explicit);
    if (version === null || major(version) < OLDEST_NODE)
      throw new RuntimeError('missing_tool', `${explicit} ${version === null ? 'is not a Node program' : `is Node ${version}`}; Node ${OLDEST_NODE} or newer is needed.`, 'Correct the setting trm.nodePath, or empty it to use what is found.');
    return { executable: explicit, version, env: {}, from: 'setting' };
  }
  if (process.versions['electron'] === undefined) return { executable: process.execPath, version: process.versions.node, env: {}, from: 'self' };
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const executable = join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    const version = await versionOf(executable);
    if (version !== null && major(version) >= OLDEST_NODE) return { executable, version, env: {}, from: 'path' };
  }
  return { executable: process.execPath, version: process.versions.node, env: { ELECTRON_RUN_AS_NODE: '1' }, from: 'self' };
}

async function versionOf(executable: string): Promise<string | null> {
  const { code, stdout } = await runProcess(executable, ['--version'], { timeoutMs: 10_000 });
  return code === 0 ? (/^v(\d+\.\d+\.\d+)/.exec(stdout.trim())?.[1] ?? null) : null;
}

function major(version: string): number {
  return Number(version.split('.')[0]);
}
