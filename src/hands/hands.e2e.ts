import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { installClient, temporaryFolder } from '../testing/internal/clients.ts';
import { harnessEnvironment, REAL_HANDS, TRIED_HANDS, type RealHand } from '../testing/internal/hands/real-hands.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';

// A real harness starts in seconds, on a busy machine in many of them.
vi.setConfig({ testTimeout: 240_000 });

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

type Says = (asked: AskedStep, workspace: string) => ScriptedAnswer;

interface Started {
  readonly bed: TestBed;
  readonly workspace: string;
  readonly say: (words: Says) => void;
}

/** The environment of a house with these harnesses; `undefined`: one is not there. */
async function environmentOf(
  dir: string,
  names: readonly RealHand[],
): Promise<Readonly<Record<string, string>> | undefined> {
  const files: Partial<Record<RealHand, string>> = {};
  for (const name of names) {
    const installed = await installClient(TRIED_HANDS[name].client);
    if (installed.kind === 'missing') return undefined;
    files[name] = installed.file;
  }
  return harnessEnvironment(dir, files);
}

/** A house in which one harness does the steps of a kind. */
async function start(
  name: RealHand,
  words: Says,
  files: Readonly<Record<string, string>> = {},
  kind: 'code' | 'review' = 'code',
): Promise<Started | undefined> {
  const place = temporaryFolder('hands');
  cleanups.push(place.remove);
  const env = await environmentOf(place.dir, [name]);
  if (env === undefined) return undefined;
  let workspace = '';
  let says = words;
  const bed = await openTestBed({
    pool: TRIED_HANDS[name].pool,
    tools: true,
    files: { 'README.md': 'A folder.\n', ...files },
    words: (asked) => (asked.kind === kind ? says(asked, workspace) : fine(asked, [planned('one', kind)])),
    options: { env },
  });
  cleanups.push(() => bed.close());
  ({ workspace } = bed);
  return { bed, workspace, say: (other) => void (says = other) };
}

describe.each(REAL_HANDS)('%s carries out a step', (name) => {
  test('by the decided model of any vendor, with its bill in the job', async ({ skip }) => {
    const started = await start(name, (asked, workspace) =>
      asked.turn === 0
        ? { toolCalls: [TRIED_HANDS[name].write(path.join(workspace, 'made.txt'), 'made')] }
        : json({ summary: 'It is made.', changedFiles: ['made.txt'] }),
    );
    if (started === undefined) return void skip(`skipped: ${name} is not there`);
    const { bed, workspace } = started;
    const report = await bed.pointsman.runJob({ task: 'Make it.', workspace, approve: 'all', hands: { code: name } });
    expect(report.status, JSON.stringify(report.failure)).toBe('done');
    expect(readFileSync(path.join(workspace, 'made.txt'), 'utf8')).toBe('made');
    const code = report.steps.find((step) => step.kind === 'code');
    expect(code?.status).toBe('accepted');
    expect(TRIED_HANDS[name].pool).toContain(code?.model);
    expect(code?.callCount).toBeGreaterThanOrEqual(2);
    expect(code?.billNanoUsd).toBeGreaterThan(0);
    expect(report.bill.spentNanoUsd).toBeGreaterThan(code?.billNanoUsd ?? 0);
  });

  test('is stopped in the middle, and goes on in its session', async ({ skip }) => {
    let isReported = false;
    const answer = (delayMs: number) => (asked: AskedStep, workspace: string) => {
      if (asked.turn === 0) return { toolCalls: [TRIED_HANDS[name].write(path.join(workspace, 'made.txt'), 'made')] };
      isReported = true;
      return { ...json({ summary: 'It is made.', changedFiles: ['made.txt'] }), delayMs };
    };
    const started = await start(name, answer(120_000));
    if (started === undefined) return void skip(`skipped: ${name} is not there`);
    const { bed, workspace } = started;
    const task = { task: 'Make it.', workspace, approve: 'all', hands: { code: name } } as const;
    const stopping = new AbortController();
    const job = await bed.pointsman.startJob(task, { signal: stopping.signal });
    // The file alone is too early: the harness may not have noted in its session that it was written.
    await expect.poll(() => isReported, { timeout: 120_000 }).toBe(true);
    expect(existsSync(path.join(workspace, 'made.txt'))).toBe(true);
    stopping.abort();
    expect((await job.result).status).toBe('paused');
    started.say(answer(0));
    const before = bed.server.calls.length;
    const done = await (await bed.pointsman.resumeJob(job.jobId)).result;
    expect(done.status, JSON.stringify(done.failure)).toBe('done');
    const resumed = bed.server.calls.slice(before).map((call) => JSON.stringify(call.request.messages));
    expect(resumed.some((text) => text.includes('made.txt'))).toBe(true);
    // gemini-cli 0.61 does not always take up a session whose turn was cut ("No previous sessions found"): the step then begins anew.
    const goesOn = resumed.some((text) => text.includes('You were interrupted.'));
    expect(goesOn || name === 'acp:gemini').toBe(true);
  });
});

test('claude-code that writes outside is caught, and another attempt does the step', async ({ skip }) => {
  const outside = temporaryFolder('outside');
  cleanups.push(outside.remove);
  const started = await start('claude-code', (asked, workspace) => {
    if (asked.turn > 0) return json({ summary: 'It is made.', changedFiles: ['made.txt'] });
    return {
      toolCalls: [
        TRIED_HANDS['claude-code'].write(path.join(asked.rejected ? workspace : outside.dir, 'made.txt'), 'made'),
      ],
    };
  });
  if (started === undefined) return void skip('skipped: claude-code is not there');
  const { bed, workspace } = started;
  const report = await bed.pointsman.runJob({
    task: 'Make it.',
    workspace,
    approve: 'all',
    hands: { code: 'claude-code' },
  });
  expect(report.status, JSON.stringify(report.failure)).toBe('done');
  const code = report.steps.filter((step) => step.kind === 'code');
  expect(code.map((step) => step.status)).toEqual(['rejected', 'accepted']);
  expect(code[0]?.checks[0]?.summary).toContain('outside the workspace');
  expect(existsSync(path.join(outside.dir, 'made.txt'))).toBe(false);
});

test('claude-code starts no hook and no server of the folder', async ({ skip }) => {
  const marks = temporaryFolder('marks');
  cleanups.push(marks.remove);
  const leave = (name: string): string => `touch ${path.join(marks.dir, name)}`;
  const settings = {
    enableAllProjectMcpServers: true,
    apiKeyHelper: leave('helper'),
    hooks: { SessionStart: [{ hooks: [{ type: 'command', command: leave('hook') }] }] },
  };
  const started = await start('claude-code', () => json({ summary: 'It is made.', changedFiles: [] }), {
    '.claude/settings.json': JSON.stringify(settings),
    // Pointsman starts it too, as whoever wrote this test trusts the folder.
    '.mcp.json': JSON.stringify({
      mcpServers: { own: { command: 'sh', args: ['-c', `test -z "$POINTSMAN_HANDS" || ${leave('server')}`] } },
    }),
  });
  if (started === undefined) return void skip('skipped: claude-code is not there');
  const { bed, workspace } = started;
  await bed.pointsman.runJob({ task: 'Make it.', workspace, hands: { code: 'claude-code' } });
  expect(bed.server.calls.length).toBeGreaterThan(1);
  expect(readdirSync(marks.dir)).toEqual([]);
});

test('acp:opencode that changes files in a review is caught, and they are as they were', async ({ skip }) => {
  const started = await start(
    'acp:opencode',
    (asked, workspace) =>
      asked.turn === 0
        ? { toolCalls: [{ name: 'bash', input: { command: `echo x > ${workspace}/README.md`, description: 'x' } }] }
        : json({ summary: 'It is right.', verdict: 'approve', findings: [] }),
    {},
    'review',
  );
  if (started === undefined) return void skip('skipped: opencode is not there');
  const { bed, workspace } = started;
  const report = await bed.pointsman.runJob({
    task: 'Look at it.',
    workspace,
    approve: 'all',
    hands: { review: 'acp:opencode' },
  });
  const review = report.steps.find((step) => step.kind === 'review');
  expect(review?.checks[0]?.summary).toContain('which may change none: README.md');
  expect(readFileSync(path.join(workspace, 'README.md'), 'utf8')).toBe('A folder.\n');
});
