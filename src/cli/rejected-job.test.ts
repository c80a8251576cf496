import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import { dataOf } from '../testing/internal/json-data.ts';
import { fine, json, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import { command as resume } from './commands/resume-command.ts';
import { command as run } from './commands/run-command.ts';
import type { CliCommand } from './input/command.ts';
import { EXIT } from './input/exit-code.ts';

let bed: TestBed | undefined;
/** What every attempt writes. */
let written = '';
afterEach(async () => bed?.close());

/** `pointsman run` in a folder whose one code step is answered by a write of this file, on every attempt. */
async function runWriting(
  files: Readonly<Record<string, string>>,
  content: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string }> {
  written = content;
  const file = (): string => path.join(bed?.workspace ?? '', 'value.txt');
  bed = await openTestBed({
    pool: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-luna'],
    files,
    words: (asked) => {
      if (asked.text.includes('ReflectResult')) return json({ action: 'finish', why: 'It is good enough.' });
      if (asked.kind !== 'code' || asked.turn > 0) return fine(asked, [planned('one', 'code')]);
      return { toolCalls: [{ name: 'filesystem__write_file', input: { path: file(), content: written } }] };
    },
  });
  return typed(run, 'Do it.', '--yes', ...args);
}

async function typed(
  command: CliCommand,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string }> {
  if (bed === undefined) throw new Error('There is no workspace.');
  const { url } = bed.server;
  let stdout = '';
  const code = await command.run(args, {
    stdout: (text) => void (stdout += text),
    stderr: () => undefined,
    env: {
      PATH: process.env['PATH'],
      POINTSMAN_ANTHROPIC_API_KEY: 'no-real-key-0001',
      POINTSMAN_ANTHROPIC_BASE_URL: url,
      POINTSMAN_OPENAI_API_KEY: 'no-real-key-0002',
      POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
      POINTSMAN_STORE: bed.store,
    },
    cwd: bed.workspace,
    isTerminal: false,
    trustFolders: true,
    signal: new AbortController().signal,
  });
  return { code, stdout };
}

const npm = (script: string): string => JSON.stringify({ name: 'w', scripts: { test: script } });
const FILES = {
  'pointsman.config.yaml': 'pool: [claude-opus-5-5, claude-sonnet-5, claude-haiku-4-5, gpt-6-luna]\n',
  'value.txt': 'right',
};
const CHECK = "process.exit(require('node:fs').readFileSync('value.txt', 'utf8') === 'wrong' ? 1 : 0)";

test('a job whose only change was rejected says so, and its exit code too', async () => {
  const files = { ...FILES, 'package.json': npm('node check.cjs'), 'check.cjs': CHECK };
  const { code, stdout } = await runWriting(files, 'wrong');
  expect(code).toBe(EXIT.refused);
  expect(stdout).toMatch(/^job failed/mu);
  expect(stdout).toMatch(/^Failed \[no-eligible-model\] Step one \(one\) was rejected \d times: .*\(tests\)/mu);
  expect(stdout).not.toMatch(/^Done/mu);
  // Going on as it is asks nobody anew, so that is not what it tells people to do.
  const [, jobId = ''] =
    /^Going on as it is would say the same\. .*pointsman resume --again (\S+)$/mu.exec(stdout) ?? [];
  expect(stdout.match(/pointsman resume(?! --again)/gu)).toBeNull();

  const before = bed?.server.calls.length ?? 0;
  const plain = await typed(resume, jobId);
  expect([plain.code, bed?.server.calls.length]).toEqual([EXIT.refused, before]);
  written = 'other';
  const again = await typed(resume, '--again', jobId);
  expect(again.code, again.stdout).toBe(EXIT.ok);
  expect(again.stdout).toMatch(/^Done/mu);
  expect(again.stdout).toMatch(/^Note {4}Taken up again/mu);
  const twice = typed(resume, '--again', jobId);
  await expect(twice).rejects.toMatchObject({
    code: 'request-invalid',
    message: expect.stringMatching(/is done/u) as string,
  });
});

test('a plan that the only model writes wrongly is what the job says it failed by, with a way on', async () => {
  const pool = ['claude-haiku-4-5'];
  const files = { 'pointsman.config.yaml': `pool: [${pool.join()}]\n` };
  bed = await openTestBed({
    pool,
    files,
    words: (asked) => (asked.kind === 'plan' ? { text: 'I will just do it.' } : fine(asked)),
  });
  const { code, stdout } = await typed(run, 'Do it.', '--yes');
  expect(code).toBe(EXIT.refused);
  expect(stdout).toMatch(/^Failed \[no-eligible-model\] Step plan \(.*\) was rejected once: claude-haiku-4-5/mu);
  const [, jobId = ''] = /pointsman resume --again (\S+)$/mu.exec(stdout) ?? [];
  bed.say((asked) => fine(asked));
  const again = await typed(resume, '--again', jobId);
  expect([again.code, /^Done/mu.test(again.stdout)], again.stdout).toEqual([EXIT.ok, true]);
});

test('tests that nothing can run are told, and the job is done', async () => {
  const files = { ...FILES, 'package.json': npm('no-such-runner-here run') };
  const { code, stdout } = await runWriting(files, 'other');
  expect(code).toBe(EXIT.ok);
  expect(stdout).toMatch(/^Note {4}.*cannot be run here: .*no-such-runner-here: not found/mu);
});

test('the same for machines', async () => {
  const files = { ...FILES, 'package.json': npm('node check.cjs'), 'check.cjs': CHECK };
  const { code, stdout } = await runWriting(files, 'wrong', '--json');
  expect(code).toBe(EXIT.refused);
  expect((dataOf(stdout) as JobReport).status).toBe('failed');
});
