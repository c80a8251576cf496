import { commandText, type CheckCommand, type Folder, type Started } from './commands/check-command.ts';
import { namesNothing } from './commands/named-there.ts';
import { idleLine } from './nothing-to-do.ts';
import { someRan } from './test-reading.ts';
import type { TestRun } from './test-run.ts';

interface Tried {
  readonly command: CheckCommand;
  /** What was started: the command, or one instead of it. */
  readonly started: Started;
  readonly report: string;
  readonly folder: Folder;
}

/**
 * A run, but where it tested nothing what is to be asked: of one that ended well with nothing done, and of a command of the user's own
 * that names what is not there or has no tests.
 */
export function withoutNothing(ran: TestRun, tried: Tried): TestRun {
  const { command, report } = tried;
  const typed = commandText(tried.started);
  if (ran.kind === 'ran' && ran.passed) {
    const idle = command.role === 'tests' ? idleLine(report) : undefined;
    return idle === undefined ? ran : { kind: 'unknown', why: `"${typed}" tested nothing: ${idle}`, report };
  }
  if (command.saidIn === undefined || saysOtherwise(ran)) return ran;
  const isNone = ran.kind === 'none' && ran.because === 'no-tests';
  const why = namesNothing(tried.folder, tried.started, report) ?? (isNone ? `"${typed}" runs no tests.` : undefined);
  if (why === undefined) return ran;
  return { kind: 'none', because: 'not-there', why: `${why} This check is said in ${command.saidIn}.` };
}

/** Some tests ran, or it was ended from outside. */
function saysOtherwise(ran: TestRun): boolean {
  if (ran.kind === 'ran') return someRan(ran.reading);
  return ran.kind === 'unknown' && (ran.isLost === true || ran.endedAfterMs !== undefined);
}
