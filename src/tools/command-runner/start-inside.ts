import { SETUP_FAILED, SETUP_WORD } from '../sandbox/namespaces.ts';
import type { Sandbox, Sandboxed } from '../sandbox/sandbox.ts';
import type { CommandReport } from './command-report.ts';

/** Runs a command in the sandbox. One that could not be built is a failure to start, never a command without it. */
export async function runInside(
  sandbox: Sandbox,
  command: Sandboxed,
  run: (started: Sandboxed) => Promise<CommandReport>,
): Promise<CommandReport> {
  const report = await run(sandbox.wrap(command));
  const isSetup = sandbox.kind !== 'none' && report.exitCode === SETUP_FAILED && report.stderr.startsWith(SETUP_WORD);
  return isSetup ? { ...report, exitCode: undefined, failure: report.stderr.trim(), stderr: '' } : report;
}

/** Where a command in the sandbox keeps temporary files, as its environment says it. */
export function temporaryIn({ temporary }: Sandbox): Readonly<Record<string, string>> {
  return temporary === undefined ? {} : { TMPDIR: temporary };
}
