import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { command } from './mcp-command.ts';

const TOKEN = 'a-long-token-for-tests';
const ASKED = 40;
let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pm-mcp-strangers-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const MAIN = path.resolve(import.meta.dirname, '../main.ts');

test('a message that nobody could hold ends it with a word, and not by itself', () => {
  const id = 'x'.repeat(11_000_000);
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'job_status', arguments: { jobId: id } },
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'mcp'], {
    input: `${JSON.stringify(call)}\n`,
    encoding: 'utf8',
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home },
  });
  expect(stderr.replaceAll(/\s+/gu, ' ')).toMatch(
    /\[request-invalid\] The client can be read no further: .*10485760 bytes/u,
  );
  expect([status, stdout]).toEqual([2, '']);
}, 60_000);

/** How many of so many steps, each said to be as hard and grave as can be, go to the dearest model. */
async function dearAdvice(flags: readonly string[]): Promise<number> {
  const stop = new AbortController();
  const { promise: listens, resolve } = Promise.withResolvers<string>();
  const ended = command.run(['--http', '0', ...flags], {
    stdout: () => undefined,
    stderr: (text) => {
      const url = /http:\S+/u.exec(text)?.[0];
      if (url !== undefined) resolve(url);
    },
    env: { HOME: home, POINTSMAN_STORE: path.join(home, 'store'), POINTSMAN_MCP_TOKEN: TOKEN },
    cwd: home,
    isTerminal: false,
    signal: stop.signal,
  });
  const client = new Client({ name: 'stranger', version: '1' });
  const requestInit = { headers: { authorization: `Bearer ${TOKEN}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(await listens), { requestInit }));
  let dear = 0;
  for (let index = 0; index < ASKED; index += 1) {
    const { structuredContent } = await client.callTool({
      name: 'route_step',
      arguments: {
        text: `Prove that the lock-free queue loses no data in production, case ${index}.`,
        kind: 'code',
        difficulty: 5,
        stakes: 3,
        models: ['claude-opus-4-8', 'claude-sonnet-5', 'claude-haiku-4-5'],
      },
    });
    if ((structuredContent as { model?: string }).model === 'claude-opus-4-8') dear += 1;
  }
  await client.close();
  stop.abort();
  await ended;
  return dear;
}

test('where strangers can reach it over HTTP, words move a quarter of the steps and a burst to a dearer model, and no more', async () => {
  expect(await dearAdvice(['--allow-host', 'points.example'])).toBeLessThanOrEqual(ASKED / 4 + 9);
}, 60_000);

test('its own user is heard each time', async () => {
  expect(await dearAdvice([])).toBe(ASKED);
}, 60_000);
