// `npm run bench [-- ARGS]`: builds and runs dist/bench.cjs, which prints its measurements as JSON on stdout.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { build } from '../esbuild.mjs';
import { ensureInstalled, root } from './ensure-installed.mjs';

ensureInstalled();
await build();
spawn(process.execPath, [path.join(root, 'dist', 'bench.cjs'), ...process.argv.slice(2)], { stdio: 'inherit', cwd: root })
  .on('exit', code => process.exit(code ?? 1));
