import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PointsmanError } from '../../domain/errors.ts';
import { messageText } from '../../domain/transcript.ts';
import { readCommandStatus } from '../../tools/command-runner/command-report.ts';
import { COMMAND_SERVER } from '../../tools/default-servers.ts';
import type { RegisteredTool } from '../../tools/tool-registry.ts';
import { hasPermission } from '../calls/run-tool-call.ts';
import type { JobRun } from '../model/job-run.ts';

/** How a workspace runs its own tests. A type and not an interface, so that it is JSON for a tool. */
type TestCommand = { readonly program: string; readonly args: readonly string[] };

/** The tests were run, or there are none that could be run. */
export type TestRun =
  | { readonly kind: 'ran'; readonly passed: boolean; readonly report: string }
  | { readonly kind: 'none'; readonly why: string };

const BY_FILE: readonly (readonly [file: string, command: TestCommand])[] = [
  ['pytest.ini', { program: 'pytest', args: ['-q'] }],
  ['pyproject.toml', { program: 'pytest', args: ['-q'] }],
  ['Cargo.toml', { program: 'cargo', args: ['test', '--quiet'] }],
  ['go.mod', { program: 'go', args: ['test', './...'] }],
];

/** What npm writes into a new package: not a test. */
const NO_TEST = /no test specified/u;

/** The command that runs the workspace's tests, told from its manifest files; `undefined`: none is known. */
async function findTestCommand(workspace: string): Promise<TestCommand | undefined> {
  const manifest = await readFile(path.join(workspace, 'package.json'), 'utf8').catch(() => undefined);
  const script = manifest === undefined ? undefined : testScript(manifest);
  if (script !== undefined && !NO_TEST.test(script)) return { program: 'npm', args: ['test', '--silent'] };
  for (const [file, command] of BY_FILE) {
    const found = await readFile(path.join(workspace, file)).then(
      () => true,
      () => false,
    );
    if (found) return command;
  }
  return undefined;
}

/** Whether a check by tests is possible at all in this job. */
export async function hasTests(run: JobRun): Promise<boolean> {
  return runnerOf(run) !== undefined && (await findTestCommand(run.entry.request.workspace)) !== undefined;
}

/**
 * Runs the project's own tests through the command runner, once per key.
 * @throws PointsmanError `tool-denied` when the user does not allow it, `aborted`
 */
export async function runTests(run: JobRun, key: string): Promise<TestRun> {
  const tool = runnerOf(run);
  const command = await findTestCommand(run.entry.request.workspace);
  if (tool === undefined) return { kind: 'none', why: 'This job has no command runner.' };
  if (command === undefined) return { kind: 'none', why: 'The workspace says nowhere how its tests are run.' };
  if (!(await hasPermission(run, tool, { input: command, key }))) {
    return { kind: 'none', why: 'The user does not allow running the tests.' };
  }
  run.signal.throwIfAborted();
  const result = await run.tools.call(tool.spec.name, command, {
    toolCallId: key,
    idempotencyKey: `${run.entry.jobId}/${key}`,
    signal: run.signal,
  });
  run.signal.throwIfAborted();
  const report = messageText({ role: 'user', content: [result] });
  const status = readCommandStatus(report);
  if (status === undefined) {
    throw new PointsmanError('tool-unavailable', `The tests could not be run: ${report.slice(0, 500)}`, {
      retryable: true,
      hint: 'See pointsman doctor for the state of the tool servers, then resume the job.',
    });
  }
  return { kind: 'ran', passed: status.exitCode === 0, report };
}

function runnerOf(run: JobRun): RegisteredTool | undefined {
  return run.tools.tools.find((tool) => tool.server === COMMAND_SERVER && tool.serverTool === 'run');
}

function testScript(manifest: string): string | undefined {
  try {
    const script: unknown = (JSON.parse(manifest) as { scripts?: { test?: unknown } } | null)?.scripts?.test;
    return typeof script === 'string' ? script : undefined;
  } catch {
    return undefined;
  }
}
