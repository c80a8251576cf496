import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { messageText } from '../../domain/transcript.ts';
import type { ScriptedRequest } from '../../providers/scripted/script.ts';
import { fine, openTestBed, planned, type TestBed } from '../../testing/internal/test-bed.ts';
import type { JobReport } from '../model/job-report.ts';

// Each job starts servers: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

let bed: TestBed | undefined;
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});

const SERVER = fileURLToPath(new URL('../../testing/internal/fixture-tool-server.ts', import.meta.url));

interface Played {
  readonly report: JobReport;
  /** Of each call of the step, what the tool is told to be given that has another form from one time on. */
  readonly forms: readonly string[];
  /** Of each call of the step, which of the server's tools it offered. */
  readonly offers: readonly (readonly string[])[];
  /** What its tools gave, in order. */
  readonly results: readonly string[];
  readonly notes: readonly string[];
}

/** A job whose one step calls these tools of a server, one after another. */
async function play(calls: readonly string[], requiredTools: readonly string[]): Promise<Played> {
  const asked: ScriptedRequest[] = [];
  bed = await openTestBed({
    pool: ['claude-haiku-4-5'],
    words: (step) => {
      if (step.kind !== 'code') return fine(step, [{ ...planned('one', 'code'), requiredTools }]);
      asked.push(step.request);
      const name = calls[step.turn];
      return name === undefined ? fine(step) : { toolCalls: [{ name: `fixture__${name}`, input: {} }] };
    },
  });
  const { workspace } = bed;
  const config = { mcpServers: { fixture: { command: process.execPath, args: [SERVER, workspace] } } };
  writeFileSync(path.join(workspace, '.mcp.json'), JSON.stringify(config));
  const notes: string[] = [];
  const report = await bed.pointsman.runJob(
    { task: `Do it. ${'A long task. '.repeat(2500)}`, workspace, approve: 'all' },
    { onEvent: (event) => event.type === 'note' && notes.push(event.text) },
  );
  const last = asked.at(-1);
  const results = (last?.messages ?? [])
    .flatMap(({ content }) => [...content])
    .flatMap((part) => (part.type === 'tool-result' ? [messageText({ role: 'user', content: [part] })] : []));
  const offers = asked.map(({ tools }) =>
    tools.map(({ name }) => name).filter((name) => name.startsWith('fixture__grown')),
  );
  const forms = asked.map(({ tools }) =>
    JSON.stringify(tools.find(({ name }) => name === 'fixture__add')?.inputSchema ?? 'none'),
  );
  return { report, offers, forms, results, notes };
}

test('a tool that a server adds is used in the next call of the step', async () => {
  const { report, offers, results, notes } = await play(['grow', 'grown'], ['fixture__grow']);
  expect([report.status, report.failure]).toEqual(['done', undefined]);
  expect(offers).toEqual([[], ['fixture__grown'], ['fixture__grown']]);
  expect(results).toEqual(['growing', 'grown']);
  expect(report.steps.find(({ kind }) => kind === 'code')?.callCount).toBe(3);
  // Tools stand first: what was warm of the prompt is lost, and told.
  expect(notes.join('\n')).toMatch(/may now use fixture__grown, .*bills about \$0\.0*[1-9]\d* more/u);
  const calls = (await exported()).filter(({ stepId, callId }) => stepId === 'one' && callId !== undefined);
  expect(calls[1]?.['predictedCacheReadTokens']).toBe(0);
  expect(calls[2]?.['predictedCacheReadTokens']).toBeGreaterThan(0);
});

test('a tool that a server takes back is told of when it is called, and the step goes on with its prompt as it was', async () => {
  const { report, offers, results } = await play(
    ['grow', 'grown', 'shrink', 'grown', 'add'],
    ['fixture__grow', 'fixture__shrink', 'fixture__add'],
  );
  expect(report.status).toBe('done');
  expect(results[3]).toContain('There is no tool "fixture__grown", or its server no longer offers it.');
  expect(offers.at(-1)).toEqual(['fixture__grown']);
  expect(report.steps.filter(({ kind }) => kind === 'code').map(({ status }) => status)).toEqual(['accepted']);
});

test('a tool whose form a server changes is shown in its new one from the next call on', async () => {
  const { report, forms, results, notes } = await play(['reshape', 'add'], ['fixture__reshape', 'fixture__add']);
  expect(report.status).toBe('done');
  expect(forms.map((form) => form.includes('"sum"'))).toEqual([false, true, true]);
  expect(results[1]).toBe('summed undefined');
  expect(notes.join('\n')).toMatch(/a tool server has changed fixture__add\. Its prompt is sent anew/u);
});

test('a server that adds a tool at every call has the prompt sent anew three times, and no more', async () => {
  const { report, offers } = await play(
    Array.from({ length: 6 }, () => 'spread'),
    ['fixture__spread'],
  );
  expect(report.status).toBe('done');
  expect(offers.map(({ length }) => length)).toEqual([0, 1, 2, 3, 3, 3, 3]);
});

test('a step that may not use the server is offered nothing of it', async () => {
  const { report, offers, results } = await play(['grow', 'grown'], []);
  expect(report.status).toBe('done');
  expect(offers.flat()).toEqual([]);
  expect(results.join('\n')).toMatch(/This step may not use "fixture__grow"/u);
});

async function exported(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const [job] = (await bed?.pointsman.jobs()) ?? [];
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const line of bed!.pointsman.exportJob(job!.jobId)) rows.push(JSON.parse(line) as (typeof rows)[number]);
  return rows.flatMap((row) => (typeof row['record'] === 'object' ? [row['record'] as typeof row] : [row]));
}
