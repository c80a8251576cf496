import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const config: ReturnType<typeof defineConfig> = defineConfig({
  test: {
    // Tests load the runtime themselves, too: it reports to its maker where nobody forbids it.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    globalSetup: [
      './src/testing/internal/vendor-shapes/global-setup.ts',
      './src/testing/internal/postgres/global-setup.ts',
    ],
    setupFiles: [
      './src/testing/internal/runner/property-seed.ts',
      './src/testing/internal/runner/patience.ts',
      './src/testing/internal/vendor-shapes/strict-vendors.ts',
    ],
    // Guards against hanging; no test says how fast the machine is.
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './src/testing/internal/runner/tally-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'evals/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/*.live.test.ts'],
          pool: 'forks',
          // By itself Vitest leaves one core to its own process, which on two cores is half of the machine.
          maxWorkers: Math.max(2, availableParallelism() - 1),
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['src/**/*.e2e.ts', 'evals/**/*.e2e.ts', 'scripts/**/*.e2e.ts'],
          pool: 'forks',
          // Each waits for programs that it has started for half of its time.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});

export default config;
