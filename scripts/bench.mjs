// `npm run bench [-- ARGS]`: builds everything as it is shipped and runs dist/bench.cjs (bench/main.ts).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { Unavailable } from './processes.mjs';
import { setUpChromium } from './setup-chromium.mjs';

ensureInstalled();
await build({ production: true });
const args = process.argv.slice(2);
spawn(process.execPath, [path.join(root, 'dist', 'bench.cjs'), ...args], { stdio: 'inherit', cwd: root, env: { ...process.env, ...await browser() } })
  .on('exit', code => process.exit(code ?? 1));

/** Where the browser is that the charts are measured in, when they are asked for and there is one. */
async function browser() {
  if (args.includes('--only') && !args.some(arg => arg.startsWith('charts'))) return {};
  try {
    return { CHROMIUM: await setUpChromium() };
  } catch (error) {
    if (error instanceof Unavailable) return {};
    throw error;
  }
}
