import { vi } from 'vitest';

/**
 * How long a test waits for what has to come. It guards against waiting forever and claims nothing about speed: Vitest's own second
 * is too short where twenty processes share a core. `expect.poll` has the same from `vitest.config.ts`.
 */
const PATIENCE_MS = 60_000;

const { waitFor, waitUntil } = vi;

function patient<Options extends object>(options: number | Options = PATIENCE_MS): number | Options {
  return typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options };
}

vi.waitFor = async (check, options) => waitFor(check, patient(options));
vi.waitUntil = async (check, options) => waitUntil(check, patient(options));
