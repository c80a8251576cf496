import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../../domain/time.ts';
import type { Sandbox, Sandboxed } from '../sandbox/sandbox.ts';
import { SETUP_FAILED, SETUP_WORD } from '../sandbox/setup-failed.ts';
import type { CommandReport } from './command-report.ts';

/** A folder that the sandbox shows may go, or the machine be short of processes, just while it is built. */
const TRY_AGAIN_AFTER_MS: readonly Ms[] = [50, 300];

/**
 * Runs a command in the sandbox. One that could not be built is tried again, from what is there by then; after that it is a
 * failure to start, never a command without it.
 */
export async function runInside(
  sandbox: Sandbox,
  command: Sandboxed,
  run: (started: Sandboxed) => Promise<CommandReport>,
): Promise<CommandReport> {
  let report = await run(sandbox.wrap(command));
  for (const pauseMs of TRY_AGAIN_AFTER_MS) {
    if (!isUnbuilt(sandbox, report)) return report;
    await sleep(pauseMs);
    report = await run(sandbox.wrap(command));
  }
  if (!isUnbuilt(sandbox, report)) return report;
  const said = report.stderr.trim();
  const failure = said.startsWith(SETUP_WORD) ? said : `${SETUP_WORD} ${said}`;
  return { ...report, exitCode: undefined, failure, stderr: '' };
}

/** Whether no program has run, because what should hold it does not stand: our script says so, or what it is built with. */
function isUnbuilt({ kind }: Sandbox, { exitCode, stdout, stderr }: CommandReport): boolean {
  if (kind === 'none' || stdout !== '') return false;
  if (exitCode === SETUP_FAILED) return stderr.startsWith(SETUP_WORD);
  const builder = BUILDERS[kind];
  return exitCode === 1 && builder !== undefined && stderr.startsWith(`${builder}: `);
}

/** Both end with 1 where they fail; a program that is not there ends otherwise (unshare(1)), or is looked for before. */
const BUILDERS: Readonly<Partial<Record<Sandbox['kind'], string>>> = { bubblewrap: 'bwrap', namespaces: 'unshare' };

/** Where a command in the sandbox keeps temporary files, as its environment says it. */
export function temporaryIn({ temporary }: Sandbox): Readonly<Record<string, string>> {
  return temporary === undefined ? {} : { TMPDIR: temporary };
}
