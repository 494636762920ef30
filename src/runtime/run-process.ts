/**
 * Runs a program to its end: its output is collected and reported by lines, it is ended when the signal says so, and
 * the caller decides what an exit code means.
 */
import { spawn } from 'node:child_process';
import { RuntimeError } from './errors';

/** How a program ended. */
export interface Finished {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** True when there is no such program. */
  readonly notFound: boolean;
}

/** Options of `runProcess`. */
export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Called with each line the program prints, as it does. */
  readonly onLine?: (line: string) => void;
}

const KEPT = 200_000; // characters of output kept for messages

/** Throws RuntimeError `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RuntimeError('aborted', 'The set-up was stopped.', 'Start it again: it goes on where it stopped.');
}

/** Runs `command`. Throws RuntimeError `aborted` when the signal ends it; does not throw for exit codes. */
export async function runProcess(command: string, args: readonly string[], options: ProcessOptions = {}): Promise<Finished> {
  throwIfAborted(options.signal);
  const result = await new Promise<Finished>(resolve => {
    // A group of its own, so that ending it ends what it started.
    const child = spawn(command, args, { env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' });
    let stdout = '';
    let stderr = '';
    let partial = '';
    let notFound = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-KEPT);
      const lines = (partial + text).split(/\r?\n|\r/);
      partial = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-KEPT);
    });
    const end = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        child.kill('SIGKILL'); // it has ended meanwhile, or leads no group
      }
    };
    const timer = options.timeoutMs === undefined ? undefined : setTimeout(end, options.timeoutMs);
    options.signal?.addEventListener('abort', end, { once: true });
    const settle = (code: number | null): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      resolve({ code, stdout, stderr, notFound });
    };
    child.on('error', error => {
      notFound = (error as NodeJS.ErrnoException).code === 'ENOENT';
      stderr += error.message;
      settle(null);
    });
    child.on('close', settle);
  });
  throwIfAborted(options.signal);
  return result;
}

/** The last lines of a program's output that say something, for a message. */
export function lastWords({ stdout, stderr }: Finished, lines = 4): string {
  return `${stdout}\n${stderr}`.split('\n').map(line => line.trim()).filter(line => line !== '').slice(-lines).join(' / ');
}
