import { PointsmanError } from '../../domain/errors.ts';
import { SECOND_MS, type Ms } from '../../domain/time.ts';
import { messageText } from '../../domain/transcript.ts';
import { CHECK_TOOL } from '../../tools/default-servers.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { whileKeepingWarm } from '../calls/keep-warm.ts';
import { hasPermission } from '../calls/run-tool-call.ts';
import type { JobRun } from '../model/job-run.ts';
import { commandText, type CheckCommand, type CheckRole, type Started } from './commands/check-command.ts';
import { findChecks } from './commands/find-checks.ts';
import { openFolder } from './commands/open-folder.ts';
import { mergeRuns } from './merge-runs.ts';
import { toTestRun, type TestRun } from './test-run.ts';
import { withoutNothing } from './tested-nothing.ts';

/** The commands of one role that this job may have run; empty where the workspace has none, or the job no runner. */
export function checkCommands(run: JobRun, role: CheckRole): readonly CheckCommand[] {
  if (runnerOf(run) === undefined) return [];
  const { said, home } = run.services.checks;
  return findChecks(run.entry.request.workspace, { said, home }).filter((command) => command.role === role);
}

/** Whether the workspace says how its tests are run, and this job may have them run. */
export function canRunTests(run: JobRun): boolean {
  return checkCommands(run, 'tests').length > 0;
}

export interface CheckRunOptions {
  /** Names the run: one that a crash cut off is run again, another key is another run. */
  readonly key: string;
  readonly role: CheckRole;
  /** Of each command. */
  readonly limitMs: Ms;
}

/**
 * Runs the checks of one role through the command runner and puts together what they say. Asks the user where that is needed.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function runChecks(run: JobRun, options: CheckRunOptions): Promise<TestRun> {
  const tool = runnerOf(run);
  if (tool === undefined) return { kind: 'none', because: 'no-runner', why: 'This job has no command runner.' };
  const commands = checkCommands(run, options.role);
  if (commands.length === 0) return { kind: 'none', because: 'no-tests', why: NOT_SAID };
  const runs: { readonly name: string; readonly run: TestRun }[] = [];
  for (const [index, command] of commands.entries()) {
    const key = index === 0 ? options.key : `${options.key}/${index}`;
    runs.push({ name: command.cwd, run: await runOne(run, tool, { ...options, key, command }) });
  }
  return mergeRuns(runs);
}

const NOT_SAID = 'The workspace says nowhere how its tests are run.';

interface OneRun extends CheckRunOptions {
  readonly command: CheckCommand;
}

/** One command, or the first of those instead of it that is installed. */
async function runOne(run: JobRun, tool: RegisteredTool, { command, key, limitMs }: OneRun): Promise<TestRun> {
  let missing: TestRun | undefined;
  for (const [index, started] of [command, ...command.instead].entries()) {
    const ran = await untilKept(index === 0 ? key : `${key}/instead-${index}`, (own) =>
      runStarted(run, tool, {
        started: { program: started.program, args: started.args },
        command,
        key: own,
        limitMs,
      }),
    );
    if (ran.kind !== 'none' || ran.because !== 'no-runner') return ran;
    missing ??= ran;
  }
  return missing ?? { kind: 'none', because: 'no-tests', why: NOT_SAID };
}

/** A machine that had no room for a run may have some a moment later. */
const MAX_LOST = 2;

/** What was lost is run again, each time under a key of its own. */
async function untilKept(key: string, runUnder: (key: string) => Promise<TestRun>): Promise<TestRun> {
  let ran = await runUnder(key);
  for (let lost = 1; ran.kind === 'unknown' && ran.isLost === true && lost <= MAX_LOST; lost += 1) {
    ran = await runUnder(`${key}/lost-${lost}`);
  }
  return ran;
}

async function runStarted(
  run: JobRun,
  tool: RegisteredTool,
  {
    started,
    command,
    key,
    limitMs,
  }: {
    readonly started: Started;
    readonly command: CheckCommand;
    readonly key: string;
    readonly limitMs: Ms;
  },
): Promise<TestRun> {
  const cwd = command.cwd === '' ? {} : { cwd: command.cwd };
  // What is asked for is the command; how long it may take is not what a person allows.
  const asked = { ...started, args: [...started.args], ...cwd };
  if (!(await hasPermission(run, tool, { input: asked, key }))) {
    return { kind: 'none', because: 'not-allowed', why: 'The user does not allow running the tests.' };
  }
  const report = await whileKeepingWarm(run, 'shared', async () => {
    run.signal.throwIfAborted();
    const result = await run.tools.call(
      tool.spec.name.replace(/run$/u, CHECK_TOOL),
      { ...asked, timeoutMs: limitMs, busyTimeoutMs: run.services.checks.timeoutMs, pathFirst: [...command.pathFirst] },
      {
        toolCallId: key,
        idempotencyKey: `${run.entry.jobId}/${key}`,
        signal: run.signal,
        judged: { ...tool, serverTool: CHECK_TOOL },
        mayRepeat: true,
      },
    );
    run.signal.throwIfAborted();
    return messageText({ role: 'user', content: [result] });
  });
  const ran = toTestRun(report, commandText(started));
  if (ran !== undefined) {
    const { workspace } = run.entry.request;
    const folder = openFolder(workspace, command.cwd, run.services.checks.home);
    return withoutNothing(withLimit(ran, limitMs), { command, started, report, folder });
  }
  throw new PointsmanError('tool-unavailable', `The tests could not be run: ${report.slice(0, 500)}`, {
    retryable: true,
    hint: 'See pointsman doctor for the state of the tool servers, then resume the job.',
  });
}

/** Says which setting ended it. */
function withLimit(ran: TestRun, limitMs: Ms): TestRun {
  if (ran.kind !== 'unknown' || !/time limit/u.test(ran.why)) return ran;
  const why = `The tests did not end within ${limitMs / SECOND_MS} s (tools.testTimeoutSeconds).`;
  return { ...ran, why, endedAfterMs: limitMs };
}

function runnerOf(run: JobRun): RegisteredTool | undefined {
  return run.tools.tools.find((tool) => tool.own === 'commands' && tool.serverTool === 'run');
}
