import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { installClient, temporaryFolder, type RealClient } from '../testing/internal/clients.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';

// A real harness starts in seconds, on a busy machine in many of them.
vi.setConfig({ testTimeout: 240_000 });

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Harnesses that have a client to be tested with, each with a model of another vendor than its own. */
const HANDS = ['claude-code', 'codex', 'acp:gemini', 'acp:opencode', 'acp:qwen'] as const;
type Name = (typeof HANDS)[number];

interface Tried {
  readonly client: RealClient;
  readonly program: string;
  readonly pool: readonly string[];
  readonly write: (file: string, text: string) => { readonly name: string; readonly input: JsonObject };
}

const TRIED: Readonly<Record<Name, Tried>> = {
  'claude-code': {
    client: 'claude-code',
    program: 'claude',
    pool: ['gpt-6-luna', 'gpt-6-sol'],
    write: (file, text) => ({ name: 'Write', input: { file_path: file, content: text } }),
  },
  codex: {
    client: 'codex',
    program: 'codex',
    pool: ['claude-opus-5-5'],
    write: (file, text) => ({ name: 'exec_command', input: { cmd: `printf '${text}' > '${file}'` } }),
  },
  'acp:gemini': {
    client: 'gemini',
    program: 'gemini',
    pool: ['claude-opus-5-5'],
    write: (file, text) => ({ name: 'write_file', input: { file_path: file, content: text } }),
  },
  'acp:opencode': {
    client: 'opencode',
    program: 'opencode',
    pool: ['claude-opus-5-5'],
    write: (file, text) => ({ name: 'write', input: { filePath: file, content: text } }),
  },
  'acp:qwen': {
    client: 'qwen',
    program: 'qwen',
    pool: ['claude-opus-5-5'],
    write: (file, text) => ({ name: 'write_file', input: { file_path: file, content: text } }),
  },
};

type Says = (asked: AskedStep, workspace: string) => ScriptedAnswer;

interface Started {
  readonly bed: TestBed;
  readonly workspace: string;
  readonly say: (words: Says) => void;
}

/** Not every package marks its program as one. */
function startOf(file: string): string {
  return file.endsWith('.js') ? `"${process.execPath}" "${file}"` : `"${file}"`;
}

/** A house whose search path has the real harness, and a home that is new. */
async function start(
  name: Name,
  words: Says,
  files: Readonly<Record<string, string>> = {},
): Promise<Started | undefined> {
  const installed = await installClient(TRIED[name].client);
  if (installed.kind === 'missing') return undefined;
  const place = temporaryFolder('hands');
  cleanups.push(place.remove);
  const bin = path.join(place.dir, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, TRIED[name].program), `#!/bin/sh\nexec ${startOf(installed.file)} "$@"\n`, {
    mode: 0o755,
  });
  const home = path.join(place.dir, 'home');
  mkdirSync(home);
  let workspace = '';
  let says = words;
  const bed = await openTestBed({
    pool: TRIED[name].pool,
    tools: true,
    files: { 'README.md': 'A folder.\n', ...files },
    words: (asked) => (asked.kind === 'code' ? says(asked, workspace) : fine(asked, [planned('one', 'code')])),
    options: { env: { PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: home } },
  });
  cleanups.push(() => bed.close());
  ({ workspace } = bed);
  return { bed, workspace, say: (other) => void (says = other) };
}

describe.each(HANDS)('%s carries out a step', (name) => {
  test('by the decided model of any vendor, with its bill in the job', async ({ skip }) => {
    const started = await start(name, (asked, workspace) =>
      asked.turn === 0
        ? { toolCalls: [TRIED[name].write(path.join(workspace, 'made.txt'), 'made')] }
        : json({ summary: 'It is made.', changedFiles: ['made.txt'] }),
    );
    if (started === undefined) return void skip(`skipped: ${name} is not there`);
    const { bed, workspace } = started;
    const report = await bed.pointsman.runJob({ task: 'Make it.', workspace, approve: 'all', hands: { code: name } });
    expect(report.status, JSON.stringify(report.failure)).toBe('done');
    expect(readFileSync(path.join(workspace, 'made.txt'), 'utf8')).toBe('made');
    const code = report.steps.find((step) => step.kind === 'code');
    expect(code?.status).toBe('accepted');
    expect(TRIED[name].pool).toContain(code?.model);
    expect(code?.callCount).toBeGreaterThanOrEqual(2);
    expect(code?.billNanoUsd).toBeGreaterThan(0);
    expect(report.bill.spentNanoUsd).toBeGreaterThan(code?.billNanoUsd ?? 0);
  });

  test('is stopped in the middle, and goes on in its session', async ({ skip }) => {
    const answer = (delayMs: number) => (asked: AskedStep, workspace: string) =>
      asked.turn === 0
        ? { toolCalls: [TRIED[name].write(path.join(workspace, 'made.txt'), 'made')] }
        : { ...json({ summary: 'It is made.', changedFiles: ['made.txt'] }), delayMs };
    const started = await start(name, answer(120_000));
    if (started === undefined) return void skip(`skipped: ${name} is not there`);
    const { bed, workspace } = started;
    const task = { task: 'Make it.', workspace, approve: 'all', hands: { code: name } } as const;
    const stopping = new AbortController();
    const job = await bed.pointsman.startJob(task, { signal: stopping.signal });
    await expect.poll(() => existsSync(path.join(workspace, 'made.txt')), { timeout: 120_000 }).toBe(true);
    stopping.abort();
    expect((await job.result).status).toBe('paused');
    started.say(answer(0));
    const before = bed.server.calls.length;
    const done = await (await bed.pointsman.resumeJob(job.jobId)).result;
    expect(done.status, JSON.stringify(done.failure)).toBe('done');
    const resumed = bed.server.calls.slice(before).map((call) => JSON.stringify(call.request.messages));
    expect(resumed.some((text) => text.includes('You were interrupted.') && text.includes('made.txt'))).toBe(true);
  });
});

test('claude-code that writes outside is caught, and another attempt does the step', async ({ skip }) => {
  const outside = temporaryFolder('outside');
  cleanups.push(outside.remove);
  const started = await start('claude-code', (asked, workspace) => {
    if (asked.turn > 0) return json({ summary: 'It is made.', changedFiles: ['made.txt'] });
    return {
      toolCalls: [TRIED['claude-code'].write(path.join(asked.rejected ? workspace : outside.dir, 'made.txt'), 'made')],
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
