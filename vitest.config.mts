// The layers that run in Node. `npx vitest run test/unit/x.test.ts` runs one file, `--project parity` one layer.
// End-to-end tests need a packaged extension and an editor: `npm run test:e2e` prepares both.
import { defineConfig } from 'vitest/config';

// Native libraries and process-wide backends: one process per file.
const node = {
  pool: 'forks' as const,
  poolOptions: { forks: { maxForks: 2 } },
  // One tfjs-core in the process: its ES modules, as in the bundles, also for the packages that require it.
  server: { deps: { inline: [/@tensorflow\//] } },
};

export default defineConfig({
  test: {
    ...node,
    projects: [
      ...(['unit', 'parity', 'trainer'] as const).map(name => ({
        test: { ...node, name, include: [`test/${name}/**/*.test.ts`], testTimeout: name === 'trainer' ? 180_000 : 60_000, hookTimeout: 60_000 },
      })),
      // One workbench at a time: each is a browser, a server and sometimes a training.
      { test: { name: 'e2e', include: ['test/e2e/**/*.e2e.ts'], pool: 'forks' as const, poolOptions: { forks: { singleFork: true } }, testTimeout: 240_000, hookTimeout: 120_000 } },
    ],
  },
});
