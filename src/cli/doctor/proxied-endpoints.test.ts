import { createServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { loadCatalog } from '../../catalog/load-catalog.ts';
import { loadConfig } from '../../config/load-config.ts';
import { proxyFor } from '../../providers/proxy-settings.ts';
import type { Check } from './check.ts';
import { endpointChecks } from './endpoint-checks.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listening(): Promise<string> {
  const server = createServer((socket) => socket.end());
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function checkOf(env: Record<string, string>): Promise<Check | undefined> {
  const config = loadConfig({
    cwd: '/',
    env: { OPENAI_API_KEY: 'k', POINTSMAN_OPENAI_BASE_URL: 'https://nowhere.test/v1' },
  });
  const checks = await endpointChecks(config, loadCatalog(config.models), { offline: false, env });
  return checks.find((check) => check.name === 'endpoint openai');
}

test('behind a proxy it is the proxy that is tried, and a proxy that is down is named', async () => {
  const proxy = await listening();
  expect(await checkOf({ HTTPS_PROXY: proxy })).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('through the proxy'),
  });
  expect(await checkOf({ HTTPS_PROXY: 'http://127.0.0.1:1' })).toMatchObject({
    status: 'fail',
    hint: expect.stringContaining('NO_PROXY'),
  });
  expect(await checkOf({ HTTPS_PROXY: proxy, NO_PROXY: 'nowhere.test' })).toMatchObject({
    status: 'fail',
    detail: expect.stringContaining('nowhere.test cannot be reached'),
  });
});

test.each(['proxy.corp:3128', 'user:s3cret@proxy.corp:3128', '127.0.0.1:3128'])(
  'a proxy without its protocol, %s, is said to be no address, and not shown',
  async (proxy) => {
    const check = await checkOf({ HTTPS_PROXY: proxy });
    expect(check).toMatchObject({ status: 'fail', hint: expect.stringContaining('http://') });
    expect(JSON.stringify(check)).not.toMatch(/s3cret|3128/u);
  },
);

test.each([
  ['api.corp.test', '.corp.test', true],
  ['api.corp.test', 'corp.test', true],
  ['api.corp.test', '*.corp.test', true],
  ['api.corp.test', 'other, corp.test:443', true],
  ['api.corp.test', 'corp.test:8443', false],
  ['api.corp.test', 'orp.test', false],
  ['api.corp.test', '*', true],
  ['api.corp.test', '', false],
])('%s past NO_PROXY=%s: %s', (host, noProxy, isExcepted) => {
  const settings = { httpProxy: undefined, httpsProxy: 'http://p:1', noProxy };
  expect(proxyFor(`https://${host}/v1`, settings)).toBe(isExcepted ? undefined : 'http://p:1');
});
