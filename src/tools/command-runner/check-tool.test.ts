import { expect, test } from 'vitest';
import { limitMs } from './check-tool.ts';

test.each<readonly [string, Parameters<typeof limitMs>, number]>([
  ['an idle machine', [{ timeoutMs: 60_000, busyTimeoutMs: 900_000 }, 1_200_000, 0.2], 60_000],
  ['four programs for each core', [{ timeoutMs: 60_000, busyTimeoutMs: 900_000 }, 1_200_000, 4], 240_000],
  ['more than is given for that', [{ timeoutMs: 60_000, busyTimeoutMs: 90_000 }, 1_200_000, 40], 90_000],
  ['nothing is given for that', [{ timeoutMs: 60_000 }, 1_200_000, 4], 60_000],
  ['more than the runner lets a command have', [{ timeoutMs: 60_000, busyTimeoutMs: 900_000 }, 70_000, 4], 70_000],
  ['no limit was asked for', [{}, 70_000, 4], 70_000],
])('a check is not ended early by a machine that has other things to do: %s', (_what, given, expected) => {
  expect(limitMs(...given)).toBe(expected);
});
