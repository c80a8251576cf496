import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asId, type StepId } from '../../domain/ids.ts';
import { aJobEntry } from '../../testing/internal/job-builders.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import { createMemoryJournal } from '../journal/memory-journal.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { EMPTY_STATE, type JobState, type StepAttempt } from '../model/job-state.ts';
import { takeTestsBefore, testsBefore } from './tests-before.ts';

let workspace = '';
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), 'tests-before-'));
  writeFileSync(path.join(workspace, 'package.json'), '{"scripts":{"test":"node --test"}}');
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const step = (id: string): JobStep =>
  ({ stepId: asId<StepId>(id), kind: 'code', title: id, goal: id, check: 'tests', dependsOn: [] }) as never;
const STEPS = [step('one'), step('two')];
const attempt = (status: StepAttempt['status']): StepAttempt => ({ attempt: 0, status }) as never;

const GREEN = 'exit code 0 after 5 ms\n--- stdout ---\n# tests 3\n# pass 3\n# fail 0\n';

/** A job whose runs of tests are counted; each says what is given, and is green after that. */
function aRun(...reports: readonly string[]): { readonly run: JobRun; readonly ran: () => number } {
  let ran = 0;
  const runner = {
    spec: { name: 'commands__run', description: '', inputSchema: {} },
    server: 'commands',
    serverTool: 'run',
    risk: 'destructive',
    own: 'commands',
  } as const;
  const tools: Pick<ToolRegistry, 'tools' | 'refusal' | 'call'> = {
    tools: [runner],
    refusal: () => undefined,
    call: async (toolName, _input, { toolCallId }) => {
      ran += 1;
      const text = reports[ran - 1] ?? GREEN;
      return Promise.resolve({ type: 'tool-result', toolCallId, toolName, content: [{ type: 'text', text }] } as never);
    },
  };
  const run = {
    entry: aJobEntry({ request: { task: 'Do it.', workspace, approve: 'all' } }),
    services: { journal: createMemoryJournal(), checks: { said: [], timeoutMs: 1000, home: undefined } },
    agents: new Map([['code', { kind: 'code', tools: undefined, modes: ['continue'] }]]),
    tools,
    policy: { keepAlive: false },
    latestCalls: new Map(),
    signal: new AbortController().signal,
    emit: () => undefined,
  } as never as JobRun;
  return { run, ran: () => ran };
}

test('the tests are run once, before the first step that changes files', async () => {
  const { run, ran } = aRun();
  await takeTestsBefore(run, { ...EMPTY_STATE, steps: STEPS }, STEPS.slice(0, 1));
  await takeTestsBefore(run, { ...EMPTY_STATE, steps: STEPS }, STEPS.slice(1));
  expect(ran()).toBe(1);
  expect((await testsBefore(run)).kind).toBe('ran');
});

test.each([
  ['no sandbox could be built', 'could not start: sandbox: mount /x\n(no output)'],
  ['the machine ended them', 'ended by SIGKILL after 90 ms'],
  ['nothing came back', 'tool-timeout: commands did not answer within 5 ms.'],
])('a run that was lost is run again, and not taken for one without a result: %s', async (_how, lost) => {
  const { run, ran } = aRun(lost, lost);
  await takeTestsBefore(run, { ...EMPTY_STATE, steps: STEPS }, STEPS.slice(0, 1));
  expect(ran()).toBe(3);
  expect(await testsBefore(run)).toMatchObject({ kind: 'ran', passed: true });
});

test('one that is lost each time is asked about', async () => {
  const lost = 'ended by SIGKILL after 90 ms';
  const { run, ran } = aRun(lost, lost, lost, lost);
  const after = await takeTestsBefore(run, { ...EMPTY_STATE, steps: STEPS }, STEPS.slice(0, 1));
  expect(ran()).toBe(3);
  expect(after.openQuestions).toEqual([expect.stringContaining('did not come to an end')]);
});

test.each(['accepted', 'rejected', 'failed', 'routed'] as const)(
  'tests that run after a step had begun to change files (%s) are not taken for those of before',
  async (status) => {
    const { run, ran } = aRun();
    const state: JobState = { ...EMPTY_STATE, steps: STEPS, attempts: { one: [attempt(status)] } };
    const after = await takeTestsBefore(run, state, STEPS.slice(1));
    expect(ran()).toBe(0);
    expect(await testsBefore(run)).toMatchObject({ kind: 'unknown', why: expect.stringContaining('begun') as string });
    expect(after.openQuestions).toHaveLength(1);
  },
);
