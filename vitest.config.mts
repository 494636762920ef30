import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,parity,trainer}/**/*.test.ts'],
    testTimeout: 60_000,
    pool: 'forks', // native libraries and process-wide backends: one process per file
    poolOptions: { forks: { maxForks: 2 } },
  },
});
