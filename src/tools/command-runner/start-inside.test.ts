import { expect, test } from 'vitest';
import type { Sandbox, SandboxKind } from '../sandbox/sandbox.ts';
import type { CommandReport } from './command-report.ts';
import { runInside } from './start-inside.ts';

const COMMAND = { file: '/bin/true', args: [], cwd: '/' };
const ended = (exitCode: number, stderr = '', stdout = ''): CommandReport => ({
  exitCode,
  signal: undefined,
  ended: undefined,
  failure: undefined,
  durationMs: 1,
  stdout,
  stderr,
});
const FINE = ended(0, '', 'out');

/** Plays reports one after the other, and counts how often something was started. */
async function play(kind: SandboxKind, reports: readonly CommandReport[]): Promise<readonly [CommandReport, number]> {
  let started = 0;
  const sandbox: Sandbox = { kind, wrap: (command) => command, temporary: undefined, close: () => undefined };
  const report = await runInside(sandbox, COMMAND, async () => {
    started += 1;
    return Promise.resolve(reports[started - 1] ?? FINE);
  });
  return [report, started];
}

const NO_ROOM = 'unshare: fork failed: Resource temporarily unavailable\n';
test.each<readonly [string, SandboxKind, CommandReport]>([
  ['a folder went while it was built', 'namespaces', ended(125, 'sandbox: mount /x\n')],
  ['no process could be started', 'namespaces', ended(1, NO_ROOM)],
  ['too many of them stand', 'bubblewrap', ended(1, 'bwrap: Creating new namespace failed: ENOSPC\n')],
])('a sandbox that cannot be built now is built again: %s', async (_what, kind, broken) => {
  expect(await play(kind, [broken])).toEqual([FINE, 2]);
  const [report, started] = await play(kind, [broken, broken, broken]);
  expect(started).toBe(3);
  expect(report).toMatchObject({ exitCode: undefined, failure: expect.stringMatching(/^sandbox: /u) as string });
});

test.each<readonly [string, SandboxKind, CommandReport]>([
  ['a command that fails', 'namespaces', ended(1, 'error\n')],
  ['one that is red and speaks of it', 'namespaces', ended(1, NO_ROOM, '1 failed')],
  ['a program that is not there', 'namespaces', ended(127, 'unshare: failed to execute x: No such file\n')],
  ['where there is no sandbox', 'none', ended(1, NO_ROOM)],
])('what did run is not run again: %s', async (_what, kind, report) => {
  expect(await play(kind, [report])).toEqual([report, 1]);
});
