// `npm run -s trm -- ARGS`: the command line of the clone. Packages and build are brought up to date first (their
// output on stderr), then dist/trm.cjs takes over: its output, its exit code, its death by signal are this script's.
//
// The program runs in a process group of its own and gets its signals from here, each once: from a terminal, Ctrl-C
// reaches the whole foreground group, and npm sends it to its children a second time.
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt } from '../esbuild.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

/** A second Ctrl-C within this many milliseconds is the same one. */
const sameKeyPress = 400;

ensureInstalled();
try {
  await ensureBuilt(['trainer', 'wasm-worker', 'trm']);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const child = spawn(process.execPath, [path.join(root, 'dist', 'trm.cjs'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  detached: process.platform !== 'win32',
  cwd: process.env.INIT_CWD ?? process.cwd(), // paths on the command line are relative to where npm was called
});
const last = new Map();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGWINCH']) {
  process.on(signal, () => {
    const now = Date.now();
    if (signal === 'SIGWINCH' || now - (last.get(signal) ?? -Infinity) > sameKeyPress) child.kill(signal);
    last.set(signal, now);
  });
}
child.on('error', error => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + os.constants.signals[signal]));
