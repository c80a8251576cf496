import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Model } from '../domain/model.ts';
import {
  aCallRequest,
  aGptModel,
  aModel,
  createScriptedServer,
  scriptedProviders,
  type ScriptedServer,
} from '../testing/index.ts';
import { collect } from './collect.ts';

const models: readonly (readonly [string, Model])[] = [
  ['Anthropic Messages', aModel()],
  ['Responses', aGptModel()],
  ['Chat Completions', aGptModel({ wire: 'openai-chat' })],
];

async function call(
  server: Pick<ScriptedServer, 'url'>,
  model: Model,
  limits: { readonly firstByteMs?: number; readonly idleTimeoutMs?: number } = {},
): Promise<string> {
  const provider = scriptedProviders(server as ScriptedServer, limits).get(model.endpoint);
  if (provider === undefined) throw new Error('no provider');
  const result = await collect(provider.stream(model, aCallRequest(), { signal: new AbortController().signal }), {
    model,
  });
  return result.finishReason;
}

interface Lingering {
  readonly url: string;
  connectionCount(): number;
  close(): void;
}

/** Answers like `upstream`, but ends the response only later, or never. */
async function lingering(upstream: ScriptedServer, endAfterMs?: number): Promise<Lingering> {
  let connectionCount = 0;
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      void (async (): Promise<void> => {
        const response = await fetch(upstream.url + (incoming.url ?? ''), {
          method: 'POST',
          body: Buffer.concat(chunks),
        });
        outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
        outgoing.write(await response.text());
        if (endAfterMs !== undefined) setTimeout(() => outgoing.end(), endAfterMs);
      })();
    });
  });
  server.on('connection', () => (connectionCount += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connectionCount: () => connectionCount,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test.each(models)('connections are kept for the next call over %s', async (_name, model) => {
  const server = await createScriptedServer({ script: () => ({ text: 'Hello.' }) });
  try {
    for (let count = 0; count < 8; count += 1) await call(server, model);
    expect(server.connectionCount()).toBeLessThanOrEqual(2);
  } finally {
    await server.close();
  }
});

test.each(models.slice(0, 2))('they are kept too when %s ends a moment after its last event', async (_name, model) => {
  const upstream = await createScriptedServer({ script: () => ({ text: 'Hello.' }) });
  const server = await lingering(upstream, 10);
  try {
    for (let count = 0; count < 6; count += 1) await call(server, model);
    expect(server.connectionCount()).toBeLessThanOrEqual(2);
  } finally {
    server.close();
    await upstream.close();
  }
});

test.each(models)(
  'an endpoint that does not hang up after its answer over %s does not hold us',
  async (_name, model) => {
    const upstream = await createScriptedServer({ script: () => ({ text: 'Hello.' }) });
    const server = await lingering(upstream);
    try {
      expect(await call(server, model)).toBe('stop');
    } finally {
      server.close();
      await upstream.close();
    }
  },
);

test.each(models)(
  'an endpoint over %s that takes a call and says nothing has a limit of its own',
  async (_name, model) => {
    const server = createServer((incoming) => void incoming.resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const failed = (limits: Parameters<typeof call>[2]): Promise<unknown> =>
        call({ url }, model, limits).catch((thrown: unknown) => thrown);
      const late = { code: 'provider-timeout', retryable: true };
      expect(await failed({ firstByteMs: 40 })).toMatchObject({
        ...late,
        details: { clock: 'firstByteMs', timeoutMs: 40 },
      });
      expect(await failed({ idleTimeoutMs: 40 })).toMatchObject({ ...late, details: { clock: 'idleTimeoutMs' } });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  },
);
