import { defineConfig } from 'vitest/config';
import { createSummaryReporter } from './src/bootstrap/vitest-summary.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    reporters: ['default', createSummaryReporter()],
    // The tests start real servers and processes; two files at a time is what a small machine carries.
    maxWorkers: 2,
    // Nothing here is timed: these only end what hangs, also on a machine that does much else.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}', 'commands/**/*.ts', 'jobs/**/*.ts'],
      reporter: ['text', 'json'],
    },
  },
});
