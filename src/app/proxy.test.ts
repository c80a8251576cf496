import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { loadConfig } from '../config/load-config.ts';
import { asId, type EndpointId } from '../domain/ids.ts';
import { collect } from '../providers/collect.ts';
import { createScriptedServer } from '../providers/scripted/scripted-server.ts';
import { openCloudBench, type CloudBench } from '../testing/internal/clouds/cloud-bench.ts';
import { hasOpenssl, openSecureNetwork, type SecureNetwork } from '../testing/internal/clouds/secure-network.ts';
import { aCallRequest } from '../testing/transcript-builders.ts';
import { fetchPricePackage } from './fetch-price-package.ts';
import { openGateway } from './open-gateway.ts';
import { openProviders } from './open-providers.ts';

const NAME = 'models.corp.test';
const said = { role: 'user', content: 'hi' };
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.resetModules();
  for (const one of opened.splice(0).toReversed()) await one.close();
});

interface Corp {
  readonly network: SecureNetwork;
  readonly securePort: number;
}

async function corp(): Promise<Corp> {
  const network = await openSecureNetwork([NAME]);
  const vendor = await createScriptedServer({ script: () => ({ text: 'from inside' }) });
  opened.push(network, vendor);
  return { network, securePort: await network.secure(NAME, vendor.port) };
}

async function bench(origin: string, more: string, env: Record<string, string>): Promise<CloudBench> {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, env[name]);
    vi.stubEnv(name.toLowerCase(), undefined);
  }
  const yaml = `
endpoints:
  corp: { baseUrl: "${origin}/v1", keyless: true, ${more} }
models:
  - { id: corp/main, endpoint: corp, wireModel: main, usdPerMTok: { input: 1, output: 2 }, contextTokens: 100000 }
`;
  const one = await openCloudBench({ yaml, env, script: () => ({ text: '' }) });
  opened.push(one);
  return one;
}

const ask = { model: 'corp/main', messages: [said] };

describe.skipIf(!hasOpenssl())('an endpoint inside a company (skipped without openssl)', () => {
  test('is reached through its proxy by name, with its own certificates, by gateway and jobs', async () => {
    const { network } = await corp();
    const { post, call } = await bench(`https://${NAME}`, `caFile: "${network.caFile}"`, {
      HTTPS_PROXY: network.proxyUrl,
    });
    expect(await post('/v1/chat/completions', ask)).toMatchObject({
      status: 200,
      text: expect.stringContaining('inside'),
    });
    expect(network.connected).toEqual([`${NAME}:443`]);
    expect((await call('corp/main')).message.content).toMatchObject([{ text: 'from inside' }]);
    expect(network.connected).toEqual([`${NAME}:443`, `${NAME}:443`]);
  });

  test('is reached past the proxy where NO_PROXY says so', async () => {
    const { network, securePort } = await corp();
    const env = { HTTPS_PROXY: network.proxyUrl, NO_PROXY: 'localhost,127.0.0.1' };
    const { post, call } = await bench(`https://127.0.0.1:${securePort}`, `caFile: "${network.caFile}"`, env);
    expect((await post('/v1/chat/completions', ask)).status).toBe(200);
    await call('corp/main');
    expect(network.connected).toEqual([]);
  });

  test('whose certificate nobody vouches for is not trusted, and that is said', async () => {
    const { securePort } = await corp();
    const { post, call } = await bench(`https://127.0.0.1:${securePort}`, '', {});
    await expect(call('corp/main')).rejects.toMatchObject({
      code: 'provider-unavailable',
      hint: expect.stringContaining('certificate'),
    });
    expect((await post('/v1/chat/completions', ask)).status).toBe(502);
  });

  test('is trusted by NODE_EXTRA_CA_CERTS too, through the proxy', async () => {
    const { network } = await corp();
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', CALL], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: {
        PATH: process.env['PATH'],
        NODE_EXTRA_CA_CERTS: network.caFile,
        HTTPS_PROXY: network.proxyUrl,
        BASE_URL: `https://${NAME}/v1`,
      },
    });
    expect([stdout, network.connected]).toEqual(['from inside', [`${NAME}:443`]]);
  });
});

describe('a proxy without its protocol', () => {
  const refusal = {
    code: 'config-invalid',
    message: 'The proxy in https_proxy is no address.',
    hint: expect.stringContaining('https_proxy=http://'),
  };

  test.each(['proxy.corp.test:3128', 'user:s3cret@proxy.corp.test:3128', '127.0.0.1:3128'])(
    '%s is said to be no address, and not shown, by gateway, jobs and price lists',
    async (proxy) => {
      const env = { https_proxy: proxy, OPENAI_API_KEY: 'no-real-key-0001' };
      const config = loadConfig({ cwd: '/', env });
      await expect(openGateway({ cwd: '/', env, config, store: 'memory' })).rejects.toMatchObject(refusal);
      const provider = openProviders(config, { clock: Date.now, env }).get(asId<EndpointId>('openai'));
      const model = loadCatalog([]).models.find(({ endpoint }) => endpoint === 'openai');
      if (provider === undefined || model === undefined) throw new Error('no model of OpenAI');
      const stream = provider.stream(model, aCallRequest({ model: model.id }), {
        signal: new AbortController().signal,
      });
      await expect(collect(stream, { model })).rejects.toMatchObject(refusal);
      await expect(fetchPricePackage(env, new AbortController().signal)).rejects.toMatchObject(refusal);
    },
  );
});

/** One call as a job makes it, in a process of its own: Node.js reads these certificates when it starts. */
const CALL = `
import { createProviders } from './src/providers/create-providers.ts';
import { collect } from './src/providers/collect.ts';
import { proxyIn } from './src/providers/proxy-settings.ts';
import { REAL_ADAPTERS, aCallRequest, aGptModel } from './src/testing/index.ts';
const endpoint = { id: 'corp', baseUrl: process.env.BASE_URL, wires: ['openai-chat'], keyless: true };
const provider = createProviders([endpoint], { adapters: REAL_ADAPTERS, proxy: () => proxyIn(process.env) }).get('corp');
const model = aGptModel({ endpoint: 'corp', wire: 'openai-chat' });
const stream = provider.stream(model, aCallRequest({ model: model.id }), { signal: new AbortController().signal });
const { message } = await collect(stream, { model });
process.stdout.write(message.content.map((part) => part.text).join(''));
process.exit(0);
`;
