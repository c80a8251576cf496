import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** A process in which nothing else is under way. */
function ends(script: string): { readonly status: number | null; readonly out: string } {
  const guard = JSON.stringify(new URL('./run-guard.ts', import.meta.url).href);
  const code = `import { closeRuns, createRunGuard, endRun } from ${guard};\nconst guard = createRunGuard();\n${script}`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return { status, out: stdout };
}

test('a process lives until the calls under way have ended, or the limit has passed', () => {
  const closed = "await closeRuns(guard, LIMIT);\nconsole.log('closed');";
  expect(ends(closed.replace('LIMIT', '50'))).toEqual({ status: 0, out: 'closed\n' });
  expect(ends(`setTimeout(() => endRun(guard), 20).unref();\n${closed.replace('LIMIT', '60000')}`)).toEqual({
    status: 0,
    out: 'closed\n',
  });
});
