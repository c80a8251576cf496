import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { DEMO_POOL, openKilledJobs, type KilledJobs } from '../testing/internal/killed-jobs.ts';
import { FOLLOWS_TASKS, sendBareRequest } from '../testing/internal/mcp/bare-request.ts';

const CLI = path.resolve(import.meta.dirname, '../cli/main.ts');
const ASKING = { ...FOLLOWS_TASKS, elicitation: { form: {} } };

let jobs: KilledJobs;
const running: ChildProcess[] = [];
beforeAll(async () => {
  jobs = await openKilledJobs();
  const config = path.join(path.dirname(jobs.store), '.config/pointsman/config.yaml');
  mkdirSync(path.dirname(config), { recursive: true });
  writeFileSync(config, `pool: [${DEMO_POOL.join(', ')}]\n`);
});
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  await jobs.close();
});

interface Served {
  readonly url: string;
  readonly token: string;
  readonly child: ChildProcess;
}

/** The server as a user starts it, over the same store each time. */
async function serve(): Promise<Served> {
  const { workspace: cwd, store, server } = jobs;
  const child = spawn(process.execPath, [CLI, 'mcp', '--http', '0'], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: path.dirname(store),
      POINTSMAN_STORE: store,
      POINTSMAN_MCP_TOKEN: 'a-long-token-for-tests',
      ANTHROPIC_API_KEY: 'sk-ant-api03-upstream',
      OPENAI_API_KEY: 'sk-upstream',
      POINTSMAN_ANTHROPIC_BASE_URL: server.url,
      POINTSMAN_OPENAI_BASE_URL: `${server.url}/v1`,
    },
  });
  running.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (said += part.toString()));
  const url = await vi.waitUntil(() => /http:\/\/\S+\/mcp/u.exec(said)?.[0], { timeout: 60_000, interval: 50 });
  return { url, token: 'a-long-token-for-tests', child };
}

type Fields = Readonly<Record<string, unknown>>;

async function send(served: Served, method: string, params: Fields): Promise<Fields> {
  const answer = await sendBareRequest({ ...served, capabilities: ASKING }, method, params);
  return (answer['result'] as Fields | undefined) ?? expect.fail(JSON.stringify(answer));
}

/** What a person would say: yes to what it asks, and go on. */
function answerTo(asked: unknown): Fields {
  return { action: 'accept', content: /go on/u.test(JSON.stringify(asked)) ? { goOn: true } : { answer: 'job' } };
}

test('a task whose server was killed is known to the next one, which goes on with it when the person says so', async () => {
  const first = await serve();
  const begun = await send(first, 'tools/call', { name: 'run_job', arguments: { task: 'Mend the failing tests.' } });
  expect(begun).toMatchObject({ resultType: 'task', status: 'working' });
  const taskId = String(begun['taskId']);
  // In the middle of its work: a model has been asked.
  await vi.waitUntil(() => jobs.server.calls.length > 0, { timeout: 60_000, interval: 20 });
  first.child.kill('SIGKILL');
  await new Promise((resolve) => first.child.once('close', resolve));

  const second = await serve();
  const found = await send(second, 'tasks/get', { taskId });
  expect(found).toMatchObject({ taskId, status: 'input_required' });
  expect(JSON.stringify(found['inputRequests'])).toContain('Shall it go on?');

  const ended = await vi.waitUntil(
    async () => {
      const task = await send(second, 'tasks/get', { taskId });
      const [key, asked] = Object.entries((task['inputRequests'] ?? {}) as Record<string, Fields>)[0] ?? [];
      if (task['status'] !== 'input_required' || key === undefined) return task['status'] !== 'working' && task;
      await send(second, 'tasks/update', { taskId, inputResponses: { [key]: answerTo(asked) } });
      return false;
    },
    { timeout: 120_000, interval: 200 },
  );
  expect(ended).toMatchObject({
    status: 'completed',
    result: { structuredContent: { jobId: taskId, status: 'done' } },
  });
});
