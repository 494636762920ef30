// `npm run bench [-- ARGS]`: builds everything as it is shipped and runs dist/bench.cjs (bench/main.ts).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
await build({ production: true });
spawn(process.execPath, [path.join(root, 'dist', 'bench.cjs'), ...process.argv.slice(2)], { stdio: 'inherit', cwd: root })
  .on('exit', code => process.exit(code ?? 1));
