import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { asId, type JobId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import { accountOf } from '../money/ledger.ts';
import { openSqliteLedger } from '../money/sqlite/sqlite-ledger.ts';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { installClient, temporaryFolder } from '../testing/internal/clients.ts';
import { copySaid, harnessEnvironment, TRIED_HANDS, type RealHand } from '../testing/internal/hands/real-hands.ts';
import { fine, json, openTestBed, planned, type TestBed, type Words } from '../testing/internal/test-bed.ts';

// Three real harnesses, each of which starts in seconds, on a busy machine in many of them.
vi.setConfig({ testTimeout: 480_000 });

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Chain {
  readonly bed: TestBed;
  readonly files: Readonly<Partial<Record<RealHand, string>>>;
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A repository whose jobs work in copies, and these harnesses on the search path. `undefined`: one is not there. */
async function openChain(
  names: readonly RealHand[],
  pool: readonly string[],
  words: Words,
): Promise<Chain | undefined> {
  const place = temporaryFolder('chain');
  cleanups.push(place.remove);
  const files: Partial<Record<RealHand, string>> = {};
  for (const name of names) {
    const installed = await installClient(TRIED_HANDS[name].client);
    if (installed.kind === 'missing') return undefined;
    files[name] = installed.file;
  }
  const env = harnessEnvironment(place.dir, files);
  const bed = await openTestBed({
    pool,
    tools: true,
    copies: true,
    files: { 'README.md': 'A folder.\n' },
    words,
    options: { env },
  });
  cleanups.push(() => bed.close());
  const git = (...args: readonly string[]): Buffer => execFileSync('git', args, { cwd: bed.workspace, stdio: 'pipe' });
  git('init', '-q');
  git('add', '-A');
  git('-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '-q', '-m', 'Begin');
  return { bed, files, env, bin: path.join(place.dir, 'bin') };
}

/** Processes that carry out a step, and what they have started. */
function harnessesOf(step: string): readonly number[] {
  return readdirSync('/proc')
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/environ`, 'utf8')
          .split('\0')
          .some((one) => one.startsWith('POINTSMAN_HANDS=') && one.includes(`/hands/${step}/`));
      } catch {
        return false;
      }
    })
    .map(Number);
}

const CHAIN = { code: 'acp:qwen', review: 'claude-code', test: 'codex' } as const;
const MODELS = { code: 'claude-opus-5-5', review: 'gpt-6-luna', test: 'claude-opus-5-5' } as const;

test('a change is planned, made, reviewed and tested by three harnesses, each by another vendor’s model', async ({
  skip,
}) => {
  let reviews = 0;
  let copy = '';
  const chain = await openChain(Object.values(CHAIN), ['gpt-6-luna', 'claude-opus-5-5'], (asked) => {
    if (asked.kind === 'plan')
      return fine(asked, [
        planned('made', 'code'),
        planned('read', 'review', ['made']),
        planned('run', 'test', ['read']),
      ]);
    if (asked.kind === 'code') {
      copy = copySaid(asked);
      const build = { name: 'run_shell_command', input: { command: 'echo built > built.txt', is_background: false } };
      // It was stopped when it asked, and asks again when it goes on.
      return [
        { toolCalls: [TRIED_HANDS['acp:qwen'].write(path.join(copy, 'made.txt'), 'made\n')] },
        { toolCalls: [build] },
        { toolCalls: [build] },
        json({ summary: 'It is made.', changedFiles: ['made.txt', 'built.txt'] }),
      ];
    }
    if (asked.kind === 'review') {
      reviews += 1;
      // The first one never ends: its harness is ended in the middle.
      return {
        ...json({ summary: 'It is right.', verdict: 'approve', findings: [] }),
        delayMs: reviews === 1 ? 400_000 : 0,
      };
    }
    return fine(asked);
  });
  if (chain === undefined) return void skip('skipped: not all of them are there');
  const { pointsman, workspace, store, server } = chain.bed;
  const request = { task: 'Make it.', workspace, hands: CHAIN, stepModels: MODELS, budgetUsd: 20 } as const;

  // What its shell would do is a person's to allow; nothing is seen in the user's folder meanwhile.
  const asked = await pointsman.runJob(request);
  expect(asked.status, JSON.stringify(asked.failure)).toBe('paused');
  expect(asked.pause?.question).toContain('echo built');
  expect(readFileSync(path.join(copy, 'made.txt'), 'utf8')).toBe('made\n');
  expect(existsSync(path.join(copy, 'built.txt'))).toBe(false);
  expect(existsSync(path.join(workspace, 'made.txt'))).toBe(false);

  const job = await pointsman.resumeJob(asked.jobId, { answer: { kind: 'permission', allow: true } });
  await expect.poll(() => reviews, { timeout: 200_000 }).toBe(1);
  // As a system does that is out of memory.
  const harness = harnessesOf('read');
  expect(harness.length).toBeGreaterThan(0);
  for (const id of harness) process.kill(id, 'SIGKILL');
  const report = await job.result;
  expect(report.status, JSON.stringify(report.failure)).toBe('done');
  expect(report.steps.slice(1, 4).map(({ kind, status, model }) => [kind, status, model])).toEqual([
    ['code', 'accepted', MODELS.code],
    ['review', 'accepted', MODELS.review],
    ['test', 'accepted', MODELS.test],
  ]);
  expect(reviews).toBe(2);
  const said = server.calls.map((call) => JSON.stringify(call.request.messages));
  expect(said.some((text) => text.includes('You were interrupted.'))).toBe(true);

  expect(['made.txt', 'built.txt'].map((name) => readFileSync(path.join(workspace, name), 'utf8'))).toEqual([
    'made\n',
    'built\n',
  ]);
  const ledger = await openSqliteLedger({ file: path.join(store, 'money.db'), onFault: () => undefined });
  const { total } = await ledger.standings(accountOf('job', report.jobId), Date.now());
  await ledger.close();
  expect(total.heldNanoUsd).toBe(0);
  expect(total.spentNanoUsd - total.unknownNanoUsd).toBe(report.bill.spentNanoUsd);
  expect(report.bill.spentNanoUsd).toBeLessThan(nanoFromUsd(20));
  // What was under way when it was ended may have been billed, and nobody knows.
  expect(report.bill.unknownBillCallCount).toBeGreaterThan(0);
  await pointsman.undoJob(report.jobId);
  expect(execFileSync('git', ['status', '--porcelain'], { cwd: workspace, encoding: 'utf8' })).toBe('');
});

/** A process of its own, for it to be killed. */
const CHILD = `
const { createPointsman } = await import(process.env.SRC + '/app/create-pointsman.ts');
const { loadConfig } = await import(process.env.SRC + '/config/load-config.ts');
const { WORKSPACE, STORE, MODEL } = process.env;
const config = { ...loadConfig({ cwd: WORKSPACE, env: process.env }), pool: [MODEL], policyId: 'balanced' };
const pointsman = await createPointsman({ config, env: process.env, store: { dir: STORE }, scripted: true });
const job = await pointsman.startJob({ task: 'Make it.', workspace: WORKSPACE, approve: 'all', hands: { code: 'claude-code' } });
process.stdout.write(job.jobId);
await job.result;
`;

test('killed with its harness under way, a job ends that one and goes on in its session', async ({ skip }) => {
  let reports = 0;
  const chain = await openChain(['claude-code'], ['gpt-6-luna'], (asked) => {
    if (asked.kind !== 'code') return fine(asked, [planned('made', 'code')]);
    const write = TRIED_HANDS['claude-code'].write(path.join(copySaid(asked), 'made.txt'), 'made\n');
    if (asked.turn === 0) return { toolCalls: [write] };
    reports += 1;
    return { ...json({ summary: 'It is made.', changedFiles: ['made.txt'] }), delayMs: reports === 1 ? 400_000 : 0 };
  });
  if (chain === undefined) return void skip('skipped: claude-code is not there');
  const { bed } = chain;
  const env = {
    ...chain.env,
    SRC: path.resolve(import.meta.dirname, '..'),
    WORKSPACE: bed.workspace,
    STORE: bed.store,
    MODEL: 'gpt-6-luna',
    POINTSMAN_OPENAI_API_KEY: 'scripted-key-2',
    POINTSMAN_OPENAI_BASE_URL: `${bed.server.url}/v1`,
  };
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD], { env, cwd: bed.workspace });
  let said = '';
  child.stdout.on('data', (part: Buffer) => (said += part.toString()));
  await expect.poll(() => reports, { timeout: 200_000 }).toBe(1);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(harnessesOf('made').length).toBeGreaterThan(0);

  const jobId = asId<JobId>(said);
  const done = await (await bed.pointsman.resumeJob(jobId)).result;
  expect(done.status, JSON.stringify(done.failure)).toBe('done');
  expect(harnessesOf('made')).toEqual([]);
  expect(readFileSync(path.join(bed.workspace, 'made.txt'), 'utf8')).toBe('made\n');
  expect(done.steps.filter(({ kind }) => kind === 'code').map(({ status }) => status)).toEqual(['accepted']);
  const goesOn = bed.server.calls.filter(({ request }) => JSON.stringify(request).includes('You were interrupted.'));
  expect(goesOn.length).toBeGreaterThan(0);
  expect(done.bill.unknownBillCallCount).toBe(1);
});

/** Claude Code as somebody has wrapped it on this machine. */
async function wrapped(words: string): Promise<{ readonly report: JobReport; readonly bed: TestBed } | undefined> {
  const chain = await openChain(['claude-code'], ['gpt-6-luna'], (asked) =>
    asked.kind === 'code' ? json({ summary: 'It is made.', changedFiles: [] }) : fine(asked, [planned('made', 'code')]),
  );
  if (chain === undefined) return undefined;
  const program = path.join(chain.bin, 'claude');
  writeFileSync(program, `#!/bin/sh\n${words.replace('CLAUDE', `"${chain.files['claude-code'] ?? ''}"`)}\n`);
  chmodSync(program, 0o755);
  const { pointsman, workspace } = chain.bed;
  const report = await pointsman.runJob({
    task: 'Make it.',
    workspace,
    approve: 'all',
    hands: { code: 'claude-code' },
  });
  return { report, bed: chain.bed };
}

const firstCode = ({ steps }: JobReport): string | undefined =>
  steps.find((step) => step.kind === 'code')?.checks[0]?.summary;

test('a harness that asks somebody else than it was given is caught', async ({ skip }) => {
  const [model] = [loadCatalog().get('claude-opus-5-5')].flatMap((one) => one ?? []);
  const other = await createScriptedServer({
    script: () => json({ summary: 'It is made.', changedFiles: [] }),
    models: model === undefined ? [] : [model],
  });
  cleanups.push(() => other.close());
  const env = { ANTHROPIC_BASE_URL: other.url, ANTHROPIC_API_KEY: 'sk-own', ANTHROPIC_AUTH_TOKEN: '' };
  const settings = JSON.stringify({ env });
  const ran = await wrapped(`exec CLAUDE "$@" --model claude-opus-5-5 --settings '${settings}'`);
  if (ran === undefined) return void skip('skipped: claude-code is not there');
  expect(other.calls.length).toBeGreaterThan(0);
  expect(ran.report.status).toBe('failed');
  expect(firstCode(ran.report)).toContain('No call of claude-code came through the gateway');
});

test('a harness that names another model than the decided one gets none', async ({ skip }) => {
  const ran = await wrapped('exec CLAUDE "$@" --model claude-opus-5-5');
  if (ran === undefined) return void skip('skipped: claude-code is not there');
  const asked = ran.bed.server.calls.map(({ request }) => request.model);
  expect(new Set(asked)).toEqual(new Set(['gpt-6-luna']));
  expect(ran.report.status).toBe('failed');
  expect(firstCode(ran.report)).toContain('claude-opus-5-5');
});
