import { PointsmanError } from '../../domain/errors.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { messageText } from '../../domain/transcript.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { whileKeepingWarm } from '../calls/keep-warm.ts';
import { hasPermission } from '../calls/run-tool-call.ts';
import type { JobRun } from '../model/job-run.ts';
import { findTestCommand } from './test-command.ts';
import { toTestRun, type TestRun } from './test-run.ts';

/** Whether the workspace says how its tests are run, and this job may have them run. */
export async function canRunTests(run: JobRun): Promise<boolean> {
  return runnerOf(run) !== undefined && (await findTestCommand(run.entry.request.workspace)) !== undefined;
}

/**
 * Runs the project's own tests through the command runner, once per key; a run that a crash cut off is run again. Asks the
 * user where that is needed.
 * @throws PointsmanError `tool-unavailable` when the command runner fails, `aborted`
 */
export async function runTests(run: JobRun, key: string): Promise<TestRun> {
  const tool = runnerOf(run);
  const command = await findTestCommand(run.entry.request.workspace);
  if (tool === undefined) return { kind: 'none', because: 'no-runner', why: 'This job has no command runner.' };
  if (command === undefined) {
    return { kind: 'none', because: 'no-tests', why: 'The workspace says nowhere how its tests are run.' };
  }
  const input = { ...command, timeoutMs: run.services.testTimeoutMs };
  if (!(await hasPermission(run, tool, { input, key }))) {
    return { kind: 'none', because: 'not-allowed', why: 'The user does not allow running the tests.' };
  }
  const report = await whileKeepingWarm(run, 'shared', async () => {
    run.signal.throwIfAborted();
    const result = await run.tools.call(tool.spec.name, input, {
      toolCallId: key,
      idempotencyKey: `${run.entry.jobId}/${key}`,
      signal: run.signal,
      judged: tool,
      mayRepeat: true,
    });
    run.signal.throwIfAborted();
    return messageText({ role: 'user', content: [result] });
  });
  const ran = toTestRun(report, command.program);
  if (ran !== undefined) return withLimit(ran, run);
  throw new PointsmanError('tool-unavailable', `The tests could not be run: ${report.slice(0, 500)}`, {
    retryable: true,
    hint: 'See pointsman doctor for the state of the tool servers, then resume the job.',
  });
}

/** Says which setting ended it. */
function withLimit(ran: TestRun, run: JobRun): TestRun {
  if (ran.kind !== 'unknown' || !/time limit/u.test(ran.why)) return ran;
  const seconds = run.services.testTimeoutMs / SECOND_MS;
  return { ...ran, why: `The tests did not end within ${seconds} s (tools.testTimeoutSeconds).` };
}

function runnerOf(run: JobRun): RegisteredTool | undefined {
  return run.tools.tools.find((tool) => tool.own === 'commands' && tool.serverTool === 'run');
}
