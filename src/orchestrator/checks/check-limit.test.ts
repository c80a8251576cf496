import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS, type Ms } from '../../domain/time.ts';
import { limitMs } from '../../tools/command-runner/check-tool.ts';
import { checkLimitMs } from './check-limit.ts';
import { judgeTests, type Judgement } from './judge-tests.ts';
import type { TestRun } from './test-run.ts';

const ran = (durationMs: Ms | undefined, passed: boolean): TestRun => ({
  kind: 'ran',
  passed,
  reading: { failing: passed ? [] : ['old'], failedCount: passed ? 0 : 1, passedCount: 7 },
  report: '',
  durationMs,
});
const endedAt = (ms: Ms): TestRun => ({ kind: 'unknown', why: 'It did not end.', report: '', endedAfterMs: ms });

const duration = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 5_000_000 }));
interface Suite {
  readonly settingMs: Ms;
  readonly beforeMs: Ms;
  readonly afterMs: Ms;
  readonly wasGreen: boolean;
  /** Programs that want a core. */
  readonly perCore: number;
}
const suite: fc.Arbitrary<Suite> = fc.record({
  settingMs: fc.oneof(
    fc.integer({ min: SECOND_MS, max: 2 * MINUTE_MS }),
    fc.integer({ min: SECOND_MS, max: 6_000_000 }),
  ),
  beforeMs: duration,
  afterMs: duration,
  wasGreen: fc.boolean(),
  perCore: fc.double({ min: 0, max: 40, noNaN: true }),
});

interface Played {
  readonly limitMs: Ms;
  readonly before: TestRun;
  readonly wasEnded: boolean;
  readonly said: Judgement;
}

/** A suite before and after a change, which does nothing but make it as slow as it is; on a machine that is as busy as that. */
function play({ settingMs, beforeMs, afterMs, wasGreen, perCore }: Suite): Played {
  const before = beforeMs > settingMs ? endedAt(settingMs) : ran(beforeMs, wasGreen);
  const limit = checkLimitMs(settingMs, before);
  const given = limitMs({ timeoutMs: limit, busyTimeoutMs: settingMs }, settingMs, perCore);
  expect(given).toBeGreaterThanOrEqual(limit);
  expect(given).toBeLessThanOrEqual(settingMs);
  const wasEnded = afterMs > given;
  return {
    limitMs: given,
    before,
    wasEnded,
    said: judgeTests(before, wasEnded ? endedAt(limit) : ran(afterMs, wasGreen)),
  };
}

test('no suite is held against a change for its time, but one that takes ten times what it took', () => {
  fc.assert(
    fc.property(suite, (drawn) => {
      const { before, wasEnded, said } = play(drawn);
      if (before.kind === 'ran' && drawn.afterMs < 10 * drawn.beforeMs) expect(said.verdict).not.toBe('failed');
      // What nobody knows the time of is never held against anybody.
      if (before.kind !== 'ran') expect(said.verdict).toBe(wasEnded || !drawn.wasGreen ? 'unknown' : 'passed');
      // Within the setting nothing is ended that is not ten times slower, nor within a minute.
      if (drawn.afterMs <= Math.min(drawn.settingMs, Math.max(MINUTE_MS, 10 * drawn.beforeMs)))
        expect(wasEnded).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test('a change that hangs a suite is found, in no more than ten times what it took, or a minute on an idle machine', () => {
  fc.assert(
    fc.property(suite, (drawn) => {
      const { limitMs: given, before, said } = play({ ...drawn, afterMs: Infinity, perCore: 0 });
      expect(given).toBeLessThanOrEqual(drawn.settingMs);
      if (before.kind !== 'ran') return;
      expect(given).toBeLessThanOrEqual(Math.max(MINUTE_MS, 10 * drawn.beforeMs));
      expect(said.verdict).toBe(given >= 10 * drawn.beforeMs ? 'failed' : 'unknown');
    }),
    { numRuns: 2000 },
  );
});
