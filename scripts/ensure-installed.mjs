// The first step of every script here: packages are installed when they are missing or are not those of
// package-lock.json. Imports nothing but Node, because in a fresh clone there is nothing else.
//
// What is compared is the lock file with npm's own record of what it installed (node_modules/.package-lock.json),
// by version: modification times lie after `git checkout` and right after `npm install`.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's root. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Where downloads and generated things that survive a clean build live (git-ignored). */
export const cache = path.join(root, '.cache');

/** The packages of a lock file by folder, or undefined when there is no such file. */
function locked(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages ?? {};
  } catch {
    return undefined;
  }
}

/** Whether node_modules holds every package of package-lock.json that this platform needs, in its version. */
export function isInstalled() {
  const wanted = locked('package-lock.json');
  const present = locked('node_modules/.package-lock.json');
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([folder, { version, optional, link }]) =>
    folder === '' || link || (present[folder] ? present[folder].version === version : optional));
}

/**
 * The command line that runs npm: the one that started this script, or the one on the PATH.
 * @returns {[string, string[]]} program and first arguments
 */
export function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.js$/.test(cli)) return [process.execPath, [cli]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

/** Runs `npm ci` if needed, its output on stderr; ends the process with a plain message when that fails. */
export function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    console.error(`Node 20 or newer is needed; this is ${process.version}.`);
    process.exit(1);
  }
  if (isInstalled()) return;
  console.error('Installing packages (npm ci) ...');
  const [npm, first] = npmCommand();
  const { status, error } = spawnSync(npm, [...first, 'ci'], { cwd: root, stdio: ['ignore', 2, 2], shell: npm.endsWith('.cmd') });
  if (status !== 0) {
    console.error(`npm ci failed${error ? `: ${error.message}` : ''}. Is the package registry reachable?`);
    process.exit(1);
  }
}
