/**
 * What the tests of the run folder share: temporary folders, mounts, and scripts run in processes of their own.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll } from 'vitest';
import { RunFolderError } from '../../src/runs/errors';
import type { MetricEvent } from '../../src/runs/schema';

const made: string[] = [];
const mounted: string[] = [];
afterAll(() => {
  for (const dir of mounted.reverse()) execFileSync('umount', ['-l', dir]);
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'trm-runs-'));
  made.push(dir);
  return dir;
}

/** Mounts something for this file's tests; the reason when that is not possible here. */
export function tryMount(...args: string[]): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs Linux and root';
  try {
    execFileSync('mount', args, { stdio: 'pipe' });
  } catch (error) {
    return `mount failed: ${String(error)}`;
  }
  if (!args.some(arg => arg.startsWith('remount'))) mounted.push(args.at(-1)!);
  return null;
}

/** Steps of the train events. */
export function trainSteps(events: readonly MetricEvent[]): number[] {
  return events.filter(e => e.kind === 'train').map(e => e.step);
}

/** The RunFolderError that `act` throws. */
export async function problemOf(act: () => unknown): Promise<RunFolderError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof RunFolderError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Bundles a script that may import from src/runs (as '#runs/...') and the values (as '#values'); returns the file to give to node. */
export function bundle(script: string): string {
  const dir = temporaryFolder();
  const entry = path.join(dir, 'script.ts');
  writeFileSync(entry, script.replaceAll('#runs/', `${path.resolve(import.meta.dirname, '../../src/runs')}/`).replaceAll('#values', path.resolve(import.meta.dirname, 'runs-values')));
  const outfile = path.join(dir, 'script.cjs');
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', absWorkingDir: process.cwd(), nodePaths: [path.resolve('node_modules')], logLevel: 'error' });
  return outfile;
}

/** A process running a bundled script, and its standard output as lines. */
export class Script {
  readonly child: ChildProcess;
  private text = '';
  private waiting: (() => void)[] = [];
  constructor(file: string, ...args: string[]) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const wake = (): void => {
      for (const resume of this.waiting.splice(0)) resume();
    };
    this.child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
      wake();
    });
    this.child.on('exit', wake);
  }

  /** Waits for the next whole line. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.text.indexOf('\n');
      if (end >= 0) {
        const line = this.text.slice(0, end);
        this.text = this.text.slice(end + 1);
        return line;
      }
      if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error('the script ended without saying more');
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
  }

  /** Kills it as a power cut would and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = new Promise(resolve => this.child.once('exit', resolve));
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** A subfolder. */
export function subfolder(dir: string, name: string): string {
  const made = path.join(dir, name);
  mkdirSync(made, { recursive: true });
  return made;
}
