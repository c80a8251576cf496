import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import { PointsmanError } from '../domain/errors.ts';
import { aFakePointsman, FAKE_DECISION, FAKE_JOB, type FakePointsman } from '../testing/fake-pointsman.ts';
import { aKeptLog } from '../testing/internal/kept-log.ts';
import { createMcpServer } from './server.ts';
import type { McpServices } from './services.ts';

let open: Client[] = [];
afterEach(async () => {
  await Promise.all(open.map((client) => client.close()));
  open = [];
});

async function connect(patch: Partial<McpServices> = {}): Promise<{ client: Client; pointsman: FakePointsman }> {
  const pointsman = aFakePointsman();
  const services: McpServices = {
    pointsman: async () => pointsman,
    workspace: '.',
    version: '0.0.0',
    log: aKeptLog().log,
    replaySessions: async (request) => ({ asked: [...(request.paths ?? [])] }),
    ...patch,
  };
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1' });
  await createMcpServer(services, () => 0).connect(ours);
  await client.connect(theirs);
  open.push(client);
  return { client, pointsman };
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, arguments: args })) as CallToolResult;
}

function textOf(result: CallToolResult): string {
  const [first] = result.content;
  return first?.type === 'text' ? first.text : '';
}

describe('what a client sees', () => {
  test('the tools, resources and prompts are listed, each tool with an output schema', async () => {
    const { client } = await connect();
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual([
      'explain_decision',
      'job_status',
      'record_outcome',
      'replay_sessions',
      'route_step',
      'run_job',
      'usage_report',
    ]);
    expect(tools.every((tool) => tool.outputSchema !== undefined)).toBe(true);
    expect((await client.listPrompts()).prompts.length).toBeGreaterThanOrEqual(4);
    expect((await client.listResources()).resources.map((resource) => resource.uri)).toContain('pointsman://catalog');
  });

  test('the essentials of the instructions fit into the first 512 characters', async () => {
    const { client } = await connect();
    const head = (client.getInstructions() ?? '').slice(0, 512);
    for (const tool of ['run_job', 'route_step', 'job_status']) expect(head).toContain(tool);
  });

  test('content and structured content carry the same data', async () => {
    const { client } = await connect();
    const result = await call(client, 'route_step', { text: 'review the diff', kind: 'review' });
    expect(JSON.parse(textOf(result))).toEqual(result.structuredContent);
    expect(result.structuredContent).toMatchObject({ model: 'test-model', decision: 'switch' });
  });
});

describe('run_job', () => {
  test('returns the finished job when it ends in time, and tells progress', async () => {
    const { client, pointsman } = await connect();
    const reported: string[] = [];
    const running = client.callTool({ name: 'run_job', arguments: { task: 'mend' } }, undefined, {
      onprogress: (progress) => {
        reported.push(progress.message ?? '');
        pointsman.finish();
      },
    });
    expect((await running).structuredContent).toMatchObject({ status: 'done', summary: 'mended' });
    expect(reported).toEqual(['1/1 plan: Plan']);
  });

  test('returns a job id early, and job_status knows the rest', async () => {
    const { client, pointsman } = await connect();
    const early = await call(client, 'run_job', { task: 'mend', waitSeconds: 0 });
    expect(early.structuredContent).toMatchObject({ jobId: FAKE_JOB, status: 'running' });
    pointsman.finish();
    const later = await call(client, 'job_status', { jobId: FAKE_JOB, waitSeconds: 5 });
    expect(later.structuredContent).toMatchObject({ status: 'done', bill: { spentUsd: 0.0015 } });
  });

  test('a client that cancels its call cancels the job', async () => {
    const { client, pointsman } = await connect();
    const stop = new AbortController();
    const running = client.callTool({ name: 'run_job', arguments: { task: 'mend' } }, undefined, {
      signal: stop.signal,
      onprogress: () => stop.abort(),
    });
    await expect(running).rejects.toThrow();
    await expect.poll(() => pointsman.cancelled).toEqual([FAKE_JOB]);
  });

  test('goes on with a paused job and hands the answer over', async () => {
    const { client, pointsman } = await connect();
    await call(client, 'run_job', { jobId: FAKE_JOB, addBudgetUsd: 2, waitSeconds: 0 });
    await call(client, 'run_job', { jobId: FAKE_JOB, allow: false, waitSeconds: 0 });
    expect(pointsman.answers).toEqual([
      { kind: 'budget', addUsd: 2 },
      { kind: 'permission', allow: false },
    ]);
  });
});

describe('bad input', () => {
  test.each([
    ['run_job', {}, 'request-invalid'],
    ['run_job', { task: '   ' }, 'request-invalid'],
    ['run_job', { task: 'x', workspace: '/missing' }, 'not-found'],
    ['run_job', { jobId: 'job_unknown' }, 'not-found'],
    ['job_status', { jobId: '' }, 'not-found'],
    ['route_step', { text: ' ' }, 'request-invalid'],
    ['explain_decision', { decisionId: 'nope' }, 'not-found'],
  ])('%s %o is a result with isError and the code %s', async (name, args, code) => {
    const { client } = await connect();
    const result = await call(client, name, args);
    expect(result.isError).toBe(true);
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code } });
  });

  test.each([
    ['run_job', { task: 'x', dial: 11 }],
    ['run_job', { task: 'x', budgetUsd: -1 }],
    ['run_job', { task: 'x', stepModels: { dance: 'm' } }],
    ['route_step', { text: 'x', kind: 'unknown' }],
    ['record_outcome', { decisionId: FAKE_DECISION, verdict: 'great' }],
    ['job_status', {}],
  ])('%s %o is refused by its schema', async (name, args) => {
    const { client } = await connect();
    expect((await call(client, name, args)).isError).toBe(true);
  });

  test('a bug inside tells the client where the log has it, and no details', async () => {
    const { log, events } = aKeptLog();
    const { client } = await connect({
      log,
      replaySessions: async () => {
        throw new TypeError('secret path leaked');
      },
    });
    const result = await call(client, 'replay_sessions', {});
    expect(result.isError).toBe(true);
    expect(events).toMatchObject([{ level: 'error', fields: { error: { message: 'secret path leaked' } } }]);
    expect(textOf(result)).toContain(String(events[0]?.fields['requestId']));
    expect(textOf(result)).not.toContain('secret');
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'internal' } });
  });

  test('a known failure keeps its code and its hint', async () => {
    const { client } = await connect({
      replaySessions: async () => {
        throw new PointsmanError('trace-unreadable', 'No logs here.', { hint: 'Name a folder.' });
      },
    });
    const result = await call(client, 'replay_sessions', { paths: ['x'] });
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'trace-unreadable', hint: 'Name a folder.' } });
  });

  test('a broken configuration does not keep the tools from being listed; a call tells what is wrong', async () => {
    const { client } = await connect({
      pointsman: async () => {
        throw new PointsmanError('config-invalid', 'Line 3: unknown key.', { hint: 'Take it out.' });
      },
    });
    expect((await client.listTools()).tools.length).toBe(7);
    const result = await call(client, 'route_step', { text: 'x' });
    expect(JSON.parse(textOf(result))).toMatchObject({ error: { code: 'config-invalid', hint: 'Take it out.' } });
  });

  test('an unknown resource is an error of the protocol', async () => {
    const { client } = await connect();
    await expect(client.readResource({ uri: 'pointsman://policies/none' })).rejects.toMatchObject({ code: -32_002 });
    await expect(client.readResource({ uri: 'pointsman://jobs/none' })).rejects.toMatchObject({ code: -32_002 });
  });
});
