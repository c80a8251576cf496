import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openKilledJobs, type KilledJobs } from '../../testing/internal/killed-jobs.ts';
import { command as jobsCommand } from '../commands/jobs-command.ts';
import type { CliCommand, CommandIo } from '../input/command.ts';
import { command as cancel } from './cancel-command.ts';

let jobs: KilledJobs;
let jobId = '';
beforeAll(async () => {
  jobs = await openKilledJobs();
  jobId = (await jobs.run({ killAt: 'call-start plan 0' })).jobId ?? '';
});
afterAll(() => jobs.close());

async function run(command: CliCommand, args: readonly string[], ask?: CommandIo['ask']): Promise<string> {
  let said = '';
  const hear = (text: string): void => void (said += text);
  const { workspace: cwd, store } = jobs;
  const env = { HOME: path.dirname(store), POINTSMAN_STORE: store };
  await command.run(args, {
    stdout: hear,
    stderr: hear,
    env,
    cwd,
    isTerminal: false,
    signal: new AbortController().signal,
    ask,
  });
  return said;
}

test('without an id nothing is cancelled unasked, and the latest job is named', async () => {
  const nobody = { code: 'request-invalid', hint: expect.stringContaining(`pointsman cancel ${jobId}`) as string };
  await expect(run(cancel, [])).rejects.toMatchObject(nobody);
  for (const answer of ['', 'n', 'no', 'yesterday'])
    await expect(run(cancel, [], async () => answer)).rejects.toMatchObject(nobody);
  expect(await run(jobsCommand, [])).not.toContain('cancelled');
});

test('at a terminal it asks about the latest job, with its task, and a yes cancels it', async () => {
  const questions: string[] = [];
  const said = await run(cancel, [], async (question) => (questions.push(question), 'y'));
  expect(questions.join('')).toMatch(new RegExp(`${jobId} \\(\\w+\\): Mend the failing tests\\.\nCancel it\\?`, 'u'));
  expect(said).toContain(`${jobId} is cancelled.`);
});
