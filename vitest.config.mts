// The layers that run in Node. `npx vitest run test/unit/x.test.ts` runs one file, `--project parity` one layer.
// End-to-end tests need a packaged extension and an editor: `npm run test:e2e` prepares both.
import path from 'node:path';
import { defineConfig } from 'vitest/config';

// Native libraries and process-wide backends: one process per file.
const pool = { pool: 'forks' as const, poolOptions: { forks: { maxForks: 2 } } };
const node = {
  ...pool,
  // One tfjs-core in the process: its ES modules bundled once, as in the programs, also for the packages that require it.
  deps: {
    optimizer: {
      ssr: {
        enabled: true,
        include: [
          '@tensorflow/tfjs-core',
          '@tensorflow/tfjs-core/dist/register_all_gradients',
          '@tensorflow/tfjs-backend-cpu',
          '@tensorflow/tfjs-backend-wasm',
          '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js',
          '@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js',
        ],
        esbuildOptions: {
          platform: 'node' as const,
          plugins: [{
            name: 'tfjs-umbrella',
            setup: build => build.onResolve({ filter: /^@tensorflow\/tfjs$/ }, () => ({ path: path.resolve('src/engine/tfjs-umbrella.ts') })),
          }],
          define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
        },
      },
    },
  },
};

/** Packages by their ES modules: without it there would be a second tfjs-core, its CommonJS bundle. */
const resolve = { mainFields: ['module', 'main'] };

export default defineConfig({
  test: {
    ...pool,
    projects: [
      ...(['unit', 'parity', 'trainer'] as const).map(name => ({
        resolve,
        ssr: { resolve },
        test: { ...node, name, include: [`test/${name}/**/*.test.ts`], testTimeout: name === 'trainer' ? 180_000 : 60_000, hookTimeout: 60_000 },
      })),
      // One workbench at a time: each is a browser, a server and sometimes a training.
      { test: { name: 'e2e', include: ['test/e2e/**/*.e2e.ts'], pool: 'forks' as const, poolOptions: { forks: { singleFork: true } }, testTimeout: 240_000, hookTimeout: 120_000 } },
    ],
  },
});
