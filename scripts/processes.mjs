// Starting programs, waiting for them, and ending everything they started. A missing tool or a step that this machine
// cannot do is `Unavailable`: a test layer that meets one is skipped with the reason, any other error is a failure.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

/** Something this machine does not have and cannot be given; the message is one line that names it. */
export class Unavailable extends Error {}

/** Absolute path of a program on the PATH, or undefined. */
export function which(name) {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const file of names.map(n => path.join(dir, n))) {
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch { /* not here */ }
    }
  }
  return undefined;
}

/**
 * Runs a program to its end; what it prints goes to this process's stderr, or is returned (`capture`).
 * @param {{ capture?: boolean, quiet?: boolean, cwd?: string, env?: NodeJS.ProcessEnv }} [options] quiet: print only on failure
 * @returns {Promise<string>} stdout, when captured or quiet
 * @throws Error with the last lines printed, when the program fails or cannot be started
 */
export function runToEnd(program, args, { capture = false, quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const kept = capture || quiet;
    const child = spawn(program, args, { ...options, stdio: ['ignore', kept ? 'pipe' : 2, kept ? 'pipe' : 2] });
    let out = '', all = '';
    child.stdout?.on('data', d => { out += d; all += d; });
    child.stderr?.on('data', d => { all += d; });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const tail = all.trim().split('\n').slice(-15).map(line => line.slice(0, 300)).join('\n');
      reject(new Error(`${path.basename(program)} ${args.slice(0, 4).join(' ')} ended with ${signal ?? `exit code ${code}`}${tail ? `:\n${tail}` : ''}`));
    });
  });
}

/** Ends a process started with `detached: true` and all its descendants: first kindly, after 3 s for certain. */
export async function endGroup(child) {
  const ended = new Promise(resolve => child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, new Promise(resolve => setTimeout(resolve, 3000).unref())]);
  try {
    process.kill(-child.pid, 'SIGKILL'); // the server leaves its extension hosts behind
  } catch { /* nobody left */ }
}

/** A TCP port on 127.0.0.1 that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/**
 * Installs Debian packages when that is possible without asking anyone (root on Debian or Ubuntu).
 * @throws Unavailable otherwise, saying what is missing and why it cannot be installed
 */
export async function aptInstall(what, ...packages) {
  const apt = which('apt-get');
  if (!apt || process.getuid?.() !== 0) {
    throw new Unavailable(`${what} is missing: install ${packages.join(' and ')} (only root on Debian can have it installed by this script)`);
  }
  console.error(`Installing ${packages.join(', ')} (apt-get) ...`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await runToEnd(apt, ['update'], { quiet: true, env });
    await runToEnd(apt, ['install', '-y', '--no-install-recommends', ...packages], { quiet: true, env });
  } catch (error) {
    throw new Unavailable(`${what} is missing and apt-get could not install it: ${error.message.split('\n').at(-1)}`);
  }
}

/** Runs `main` when this file is the script Node was started with; an error becomes one plain message (with $DEBUG: all of it) and exit code 1. */
export async function asScript(isMain, main) {
  if (!isMain) return;
  try {
    process.exitCode = (await main()) ?? process.exitCode ?? 0;
  } catch (error) {
    console.error(process.env.DEBUG ? error : error.message);
    process.exitCode = 1;
  }
}
