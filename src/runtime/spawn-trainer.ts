/**
 * Starts a trainer that outlives whoever started it: it leads a process group of its own, its output goes to a file,
 * and nothing here waits for it.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { RuntimeError } from './errors';
import type { NodeProgram } from './node';

/** What to start. */
export interface TrainerLaunch {
  /** The trainer's program file. */
  readonly trainerPath: string;
  readonly node: NodeProgram;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Output and errors are appended here; its folder is made. */
  readonly logFile: string;
}

/** A trainer that was started. */
export interface StartedTrainer {
  readonly pid: number;
  /** Fulfilled with the exit code (null: ended by a signal) when it ends while this process still lives. */
  readonly ended: Promise<number | null>;
  /** Fulfilled at the same time with the signal that ended it; null: none did. */
  readonly signal: Promise<NodeJS.Signals | null>;
}

/** Starts it. Throws RuntimeError `missing_tool` when the program cannot be started at all, `disk` when the log cannot be opened. */
export async function spawnTrainer(launch: TrainerLaunch): Promise<StartedTrainer> {
  let log: number;
  try {
    mkdirSync(dirname(launch.logFile), { recursive: true });
    log = openSync(launch.logFile, 'a');
  } catch (error) {
    throw new RuntimeError('disk', `The trainer's log ${launch.logFile} cannot be opened: ${(error as Error).message}`, 'Check that the folder is writable and the disk not full.');
  }
  try {
    const child = spawn(launch.node.executable, [launch.trainerPath, ...launch.args], {
      cwd: launch.cwd,
      env: { ...process.env, ...launch.node.env, ...launch.env },
      stdio: ['ignore', log, log],
      detached: true,
      windowsHide: true,
    });
    const ended = new Promise<number | null>(resolve => child.once('exit', resolve));
    const signal = new Promise<NodeJS.Signals | null>(resolve => child.once('exit', (_, by) => resolve(by)));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', error => reject(new RuntimeError('missing_tool', `The trainer could not be started with ${launch.node.executable}: ${error.message}`, 'Check the setting trm.nodePath and that the folder to run in exists.')));
    });
    child.unref();
    return { pid: child.pid!, ended, signal };
  } finally {
    closeSync(log);
  }
}
