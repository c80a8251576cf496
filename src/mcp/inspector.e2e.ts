import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installClient, runClient, temporaryFolder } from '../testing/internal/clients.ts';

const MAIN = path.resolve(import.meta.dirname, '../cli/main.ts');
const folder = temporaryFolder('inspector');
let inspector = '';

beforeAll(async () => {
  const installed = await installClient('inspector');
  if (installed.kind === 'missing') throw new Error(installed.why);
  inspector = installed.file;
});
afterAll(folder.remove);

async function inspect(...args: readonly string[]): Promise<unknown> {
  const run = await runClient(process.execPath, [inspector, '--cli', process.execPath, MAIN, 'mcp', ...args], {
    env: {},
    cwd: folder.dir,
    home: folder.dir,
    timeoutMs: 60_000,
  });
  if (run.exitCode !== 0) throw new Error(`The inspector failed: ${run.stderr.slice(0, 2000)}`);
  return JSON.parse(run.stdout);
}

test("the inspector's command line lists our tools, resources and prompts", async () => {
  const { tools } = (await inspect('--method', 'tools/list')) as { tools: { name: string }[] };
  expect(tools.map((tool) => tool.name)).toContain('run_job');
  expect(await inspect('--method', 'resources/list')).toMatchObject({
    resources: expect.arrayContaining([expect.objectContaining({ uri: 'pointsman://catalog' })]),
  });
  expect(await inspect('--method', 'prompts/list')).toMatchObject({
    prompts: expect.arrayContaining([expect.objectContaining({ name: 'fix-test' })]),
  });
});

test('and calls one over stdio, without a key or a configuration', async () => {
  expect(await inspect('--method', 'tools/call', '--tool-name', 'usage_report')).toMatchObject({
    structuredContent: { jobs: 0, calls: 0, spentUsd: 0 },
  });
});
