import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HandsChoice } from '../domain/step.ts';
import { scriptedAcpAgent } from '../testing/internal/hands/acp-agent.ts';
import { fine, openTestBed, planned, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobReport } from './model/job-report.ts';
import type { JobRequest } from './model/job-request.ts';

let testBed: TestBed | undefined;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'job-acp-'));
});
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
  rmSync(folder, { recursive: true, force: true });
});

interface Started {
  readonly bed: TestBed;
  readonly run: (more?: Partial<JobRequest>) => Promise<JobReport>;
  readonly file: (name: string) => string | undefined;
}

/** A session that goes on remembers what it was told first. */
const ANSWER = `const { existsSync, readFileSync, writeFileSync } = await import('node:fs');
  const told = process.env.HOME + '/told';
  if (!existsSync(told)) writeFileSync(told, params.prompt[0].text);
  say(await model(readFileSync(told, 'utf8')));`;
/** Writes a file of the workspace by itself, past everybody. */
const itself = (name: string): string => `(await import('node:fs')).writeFileSync(process.cwd() + '/${name}', 'x\\n');`;
const through = (name: string): string =>
  `await ask('fs/write_text_file', { sessionId: 's-1', path: process.cwd() + '/${name}', content: 'x\\n' });`;

async function start(
  onPrompt: string,
  { kinds = ['code'], files = {}, hands = 'acp:my-agent' }: StartOptions = {},
): Promise<Started> {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(folder, 'agent.mjs'), scriptedAcpAgent(onPrompt));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${path.join(folder, 'agent.mjs')}" "$@"\n`;
  writeFileSync(path.join(bin, 'my-agent'), program, { mode: 0o755 });
  const bed = await openTestBed({
    pool: ['gpt-6-luna'],
    tools: true,
    files,
    words: (asked) =>
      fine(
        asked,
        kinds.map((kind, index) => planned(kind, kind, kinds.slice(0, index))),
      ),
    options: { env: { PATH: `${bin}${path.delimiter}/usr/bin${path.delimiter}/bin`, HOME: folder } },
  });
  testBed = bed;
  const { workspace, pointsman } = bed;
  return {
    bed,
    run: async (more = {}) => pointsman.runJob({ task: 'Make it.', workspace, hands, ...more }),
    file: (name) => {
      const place = path.join(workspace, name);
      return existsSync(place) ? readFileSync(place, 'utf8') : undefined;
    },
  };
}

interface StartOptions {
  readonly kinds?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly hands?: HandsChoice;
}

describe('a job by a harness of the Agent Client Protocol', () => {
  test('changes files, is billed, and can be undone', async () => {
    const { bed, run, file } = await start(`${through('a.txt')} ${ANSWER}`, { files: { 'b.txt': 'b\n' } });
    const report = await run();
    expect(report.status, JSON.stringify(report.failure)).toBe('done');
    expect(file('a.txt')).toBe('x\n');
    const code = report.steps.find((step) => step.kind === 'code');
    expect(code).toMatchObject({ status: 'accepted', callCount: 1 });
    expect(code?.billNanoUsd).toBeGreaterThan(0);
    await bed.pointsman.undoJob(report.jobId);
    expect([file('a.txt'), file('b.txt')]).toEqual([undefined, 'b\n']);
  });

  test.each([
    [
      'a file that programs act on',
      `{ kind: 'edit', title: 'E', locations: [{ path: process.cwd() + '/.npmrc' }] }`,
      '.npmrc',
    ],
    ['what nobody knows', `{ kind: 'other', title: 'dance' }`, 'dance'],
  ])('asks a person for %s', async (_what, call, shown) => {
    const { run } = await start(`await permission(${call}); ${ANSWER}`);
    const paused = await run();
    expect(paused).toMatchObject({ status: 'paused', pause: { kind: 'permission' } });
    expect(paused.pause?.question).toContain(shown);
  });

  test('goes on in its session when a person has answered, who is asked once', async () => {
    const call = `{ kind: 'execute', title: 'npm test', rawInput: { command: 'npm test' } }`;
    const { bed, run } = await start(
      `${ANSWER.replace('say(', 'const said = (')} log(await permission(${call})); say(said);`,
    );
    const paused = await run();
    expect(paused.pause?.question).toContain('npm test');
    const answer = { kind: 'permission', allow: true } as const;
    const { result } = await bed.pointsman.resumeJob(paused.jobId, { answer });
    expect(await result).toMatchObject({ status: 'done' });
    const log = readFileSync(path.join(folder, 'log'), 'utf8');
    expect(log).toContain('session/load');
    expect(log.match(/"optionId":"once"/gu)).toHaveLength(1);
  });

  test('asks nobody where its user said yes to everything', async () => {
    const { run } = await start(`log(await permission({ kind: 'execute', title: 'npm test' })); ${ANSWER}`);
    expect(await run({ approve: 'all' })).toMatchObject({ status: 'done' });
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toContain('"optionId":"once"');
  });

  test('has what is ours refused, whoever allows it, and what lies outside', async () => {
    const call = (place: string): string =>
      `log(await permission({ kind: 'read', title: 'R', locations: [{ path: ${place} }] }));`;
    const { run } = await start(
      `${call(`process.cwd() + '/.pointsman/jobs.db'`)} ${call(`'/etc/passwd'`)}
       log(await ask('fs/write_text_file', { sessionId: 's-1', path: process.cwd() + '/.pointsman/config.yaml', content: 'x' })); ${ANSWER}`,
    );
    expect(await run({ approve: 'all' })).toMatchObject({ status: 'done' });
    const log = readFileSync(path.join(folder, 'log'), 'utf8');
    expect(log.match(/"optionId":"no"/gu)).toHaveLength(2);
    expect(log).toMatch(/"error".*belongs to pointsman itself/u);
  });

  test('writes none of our marks where a secret stands', async () => {
    const write = `log(await ask('fs/write_text_file', { sessionId: 's-1', path: process.cwd() + '/.envx', content: 'KEY=[redacted:field]' }));`;
    const { run, file } = await start(`${write} ${ANSWER}`, { files: { '.envx': 'KEY=1\n' } });
    await run();
    expect(file('.envx')).toBe('KEY=1\n');
  });

  test('that changes files in a step that may not is caught, and they are as they were', async () => {
    const { run, file } = await start(`${itself('a.txt')} ${ANSWER}`, {
      kinds: ['review'],
      files: { 'a.txt': 'mine\n' },
      hands: { review: 'acp:my-agent' },
    });
    const report = await run();
    const review = report.steps.find((step) => step.kind === 'review');
    expect(review?.status).toBe('rejected');
    expect(review?.checks[0]?.summary).toContain('which may change none: a.txt');
    expect(file('a.txt')).toBe('mine\n');
  });
});

test('hands are what the run says, else the policy, else the configuration', async () => {
  const policy = readFileSync(path.join(import.meta.dirname, '../../policies/balanced.policy.yaml'), 'utf8');
  const { bed, run } = await start(`${itself('a.txt')} ${ANSWER}`, {
    files: { 'p.yaml': `${policy.replace(/^id: .*$/mu, 'id: mine')}\nhands: { code: "acp:my-agent" }\n` },
  });
  const filed = { policy: path.join(bed.workspace, 'p.yaml'), hands: undefined };
  const byPolicy = await run(filed);
  expect(byPolicy.status, JSON.stringify(byPolicy.failure)).toBe('done');
  expect(existsSync(path.join(bed.workspace, 'a.txt'))).toBe(true);
  rmSync(path.join(bed.workspace, 'a.txt'));
  await run({ ...filed, hands: 'own' });
  expect(existsSync(path.join(bed.workspace, 'a.txt'))).toBe(false);
});
