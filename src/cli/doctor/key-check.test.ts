import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Check } from './check.ts';
import { endpointChecks } from './endpoint-checks.ts';

const RIGHT = 'no-real-key-right';
const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

/** A vendor that knows one key, under either name of its header. */
async function vendor(
  answer: (isKnown: boolean) => number,
  body = '{}',
): Promise<{ url: string; seen: IncomingMessage[] }> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    const { authorization, 'x-api-key': key } = request.headers;
    const isKnown = key === RIGHT || authorization === `Bearer ${RIGHT}`;
    response.writeHead(answer(isKnown), { location: 'http://elsewhere.test/' }).end(body);
  });
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function checked(url: string, key: string, offline = false): Promise<readonly Check[]> {
  const env = {
    ANTHROPIC_API_KEY: key,
    POINTSMAN_ANTHROPIC_BASE_URL: url,
    OPENAI_API_KEY: key,
    POINTSMAN_OPENAI_BASE_URL: `${url}/v1`,
  };
  return checkedIn(env, offline);
}

async function checkedIn(env: Readonly<Record<string, string>>, offline = false): Promise<readonly Check[]> {
  const config = loadConfig({ cwd: '/', env });
  const checks = await endpointChecks(config, loadCatalog(config.models), { offline, env });
  return checks.filter(({ name }) => name.startsWith('key of'));
}

test.each([
  [RIGHT, (isKnown: boolean) => (isKnown ? 200 : 401), 'ok'],
  ['no-real-key-wrong', (isKnown: boolean) => (isKnown ? 200 : 401), 'fail'],
  ['no-real-key-wrong', () => 403, 'fail'],
  [RIGHT, () => 200, 'warn'],
  [RIGHT, () => 500, 'warn'],
  [RIGHT, () => 302, 'warn'],
])('key %s is judged by what the vendor says of it, and never shown', async (key, answer, status) => {
  const { url, seen } = await vendor(answer);
  const checks = await checked(url, key);
  expect(checks.map((check) => [check.name, check.status])).toEqual([
    ['key of anthropic', status],
    ['key of openai', status],
  ]);
  // A list that is there with the key is asked for without it, too.
  const asked = answer(true) === 200 && key === RIGHT ? 4 : 2;
  expect(seen.map((request) => request.url)).toEqual(Array<string>(asked).fill('/v1/models'));
  expect(JSON.stringify(checks)).not.toContain(key);
});

test('a wrong key of Google, which calls it a wrong request, is found', async () => {
  const error = { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] };
  const { url, seen } = await vendor(() => 400, JSON.stringify({ error }));
  const env = { GEMINI_API_KEY: 'no-real-key-wrong', POINTSMAN_GOOGLE_BASE_URL: `${url}/v1beta/openai` };
  expect(await checkedIn(env)).toMatchObject([{ name: 'key of google', status: 'fail' }]);
  expect(seen.map((request) => request.url)).toEqual(['/v1beta/models']);
});

test('offline, nothing is sent', async () => {
  const { url, seen } = await vendor(() => 200);
  expect(await checked(url, RIGHT, true)).toEqual([]);
  expect(seen).toEqual([]);
});
