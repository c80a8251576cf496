import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import type { TestRun } from './test-run.ts';

/** A busy machine slows a suite; more than this is not the machine. */
const SLOWER_BY = 10;

/**
 * How long a run may take: as long as the setting says, and not far longer than the run before the job took, so that a change
 * that hangs the suite does not keep a job for as long as the slowest of suites. Pure.
 */
export function checkLimitMs(settingMs: Ms, before: TestRun | undefined): Ms {
  if (before?.kind !== 'ran' || before.durationMs === undefined) return settingMs;
  return Math.min(settingMs, Math.max(MINUTE_MS, SLOWER_BY * before.durationMs));
}
