// `npm run bench [-- ARGS]`: builds everything as it is shipped and runs dist/bench.cjs (bench/main.ts).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { packageExtension } from './package.mjs';
import { Unavailable } from './processes.mjs';
import { setUpChromium } from './setup-chromium.mjs';
import { setUpVscode } from './setup-vscode.mjs';

ensureInstalled();
await build({ production: true });
const args = process.argv.slice(2);
const env = { ...process.env, ...await browser(), ...await editor() };
spawn(process.execPath, [path.join(root, 'dist', 'bench.cjs'), ...args], { stdio: 'inherit', cwd: root, env })
  .on('exit', code => process.exit(code ?? 1));

/** Whether tasks of these groups are asked for. */
function isAsked(...groups) {
  return !args.includes('--list') && (!args.includes('--only') || args.some(arg => groups.some(group => arg.startsWith(group))));
}

/** Where the browser is that the charts and the editor are measured in, when they are asked for and there is one. */
async function browser() {
  return isAsked('charts', 'editor') ? ifAvailable(async () => ({ CHROMIUM: await setUpChromium() })) : {};
}

/** Where the editor is, and the package that is installed into it. */
async function editor() {
  return isAsked('editor') ? ifAvailable(async () => ({ VSCODE_SERVER: await setUpVscode(), TRM_VSIX: await packageExtension() })) : {};
}

/** The variables of something that this machine may not have: then none. */
async function ifAvailable(setUp) {
  try {
    return await setUp();
  } catch (error) {
    if (error instanceof Unavailable) return {};
    throw error;
  }
}
