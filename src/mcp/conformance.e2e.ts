import type { McpServer } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installClient, runClient, temporaryFolder } from '../testing/internal/clients.ts';
import { createConformanceServer } from '../testing/internal/conformance-server.ts';
import { aFakePointsman } from '../testing/internal/fake-pointsman.ts';
import { aKeptLog } from '../testing/internal/kept-log.ts';
import { startTokenProxy } from '../testing/internal/token-proxy.ts';
import { serveHttp, type RunningHttp } from './http.ts';
import { createMcpServer } from './server.ts';

const TOKEN = 'a-long-token-for-tests';

/** Scenarios that need no fixture: they must pass against our own server. */
const OWN_SCENARIOS = [
  'server-initialize',
  'logging-set-level',
  'ping',
  'tools-list',
  'resources-list',
  'prompts-list',
  'server-sse-multiple-streams',
  'dns-rebinding-protection',
];

let suite = '';
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  const installed = await installClient('conformance');
  if (installed.kind === 'missing') throw new Error(installed.why);
  suite = installed.file;
});
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

async function serve(makeServer: () => McpServer): Promise<string> {
  const running: RunningHttp = await serveHttp(makeServer, { port: 0, token: TOKEN, log: aKeptLog().log });
  const proxy = await startTokenProxy(new URL(running.url), TOKEN);
  closers.push(
    () => running.close(),
    () => proxy.close(),
  );
  return proxy.url;
}

async function conform(url: string): Promise<ReadonlyMap<string, boolean>> {
  const folder = temporaryFolder('conformance');
  closers.push(folder.remove);
  const { stdout, stderr } = await runClient(process.execPath, [suite, 'server', '--url', url, '--suite', 'all'], {
    env: { NO_COLOR: '1' },
    cwd: folder.dir,
    home: folder.dir,
    timeoutMs: 120_000,
  });
  const rows = [...stdout.matchAll(/^([✓✗]) ([\w-]+): \d+ passed/gmu)];
  if (rows.length === 0) throw new Error(`The suite printed no results: ${stderr.slice(0, 2000)}`);
  return new Map(rows.map((row) => [row[2] ?? '', row[1] === '✓']));
}

describe('the official conformance suite', () => {
  test('every scenario passes over our transport', async () => {
    const results = await conform(await serve(createConformanceServer));
    expect(results.size).toBe(32);
    const failed = [...results].filter(([, passed]) => !passed).map(([name]) => name);
    expect(failed).toEqual([]);
  });

  test('what needs no fixture passes against our own server', async () => {
    const url = await serve(() =>
      createMcpServer(
        {
          pointsman: async () => aFakePointsman(),
          workspace: '.',
          version: '0.0.0',
          log: aKeptLog().log,
          replaySessions: async () => ({}),
        },
        Date.now,
      ),
    );
    const results = await conform(url);
    expect(OWN_SCENARIOS.filter((name) => results.get(name) !== true)).toEqual([]);
  });
});
