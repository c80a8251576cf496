import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { accountOf } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import { CHAT, startGatewayKit } from '../testing/internal/gateway-kit.ts';
import { aModel, modelId } from '../testing/model-builders.ts';
import { createAccessKey } from './core/access-keys.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const OTHER = aModel({ ...CHAT, id: modelId('chat-other'), wireModel: 'chat-other' });
const USAGE = { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 };
const WHOLE = JSON.stringify({
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
  usage: USAGE,
});

/** Fails its first calls, each in its own way, and answers then. */
async function vendorThat(failures: readonly ('reset' | 'silent' | number)[]): Promise<string> {
  let calls = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const failure = failures[calls++];
      if (failure === 'silent') return;
      if (failure === 'reset') request.socket.destroy();
      else
        response
          .writeHead(failure ?? 200, { 'content-type': 'application/json' })
          .end(failure === undefined ? WHOLE : '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  { failures: ['silent'], lostCount: 1, status: 200 },
  { failures: ['reset'], lostCount: 1, status: 200 },
  { failures: ['reset', 'reset', 'reset'], lostCount: 3, status: 200 },
  { failures: ['reset', 503, 503, 503, 503, 503, 503, 503], lostCount: 1, status: 503 },
  { failures: [503, 529], lostCount: 0, status: 200 },
] as const)('tries that were cut before the last are on its bill as unknown: $failures', async (run) => {
  const upstreamUrl = await vendorThat(run.failures);
  const { key, token } = createAccessKey({
    name: 'k',
    createdAt: 1,
    policyId: undefined,
    allowModels: undefined,
    requestsPerMinute: undefined,
    budgetNanoUsd: undefined,
  });
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const kit = await startGatewayKit({
    upstreamUrl,
    models: [CHAT, OTHER],
    settings: { retryBaseMs: 1, maxRetries: 1, upstreamTimeoutMs: 50 },
    deps: { accessKeys: [key], ledger },
  });
  open.push(kit.gateway);
  const body = { model: 'auto', messages: [{ role: 'user', content: 'Go.' }] };
  const response = await kit.post('/v1/chat/completions', body, { authorization: `Bearer ${token}` });
  await response.arrayBuffer();
  expect(response.status).toBe(run.status);
  await vi.waitFor(() => expect(kit.calls).toHaveLength(1));
  const [call] = kit.calls;
  const one = call?.predictedBillNanoUsd ?? 0;
  expect(one).toBeGreaterThan(0);
  expect(call?.mayHaveBilledNanoUsd).toBe(run.lostCount === 0 ? undefined : one * run.lostCount);
  const { total } = await ledger.standings(accountOf('key', key.id), Date.now());
  const lost = call?.mayHaveBilledNanoUsd ?? 0;
  expect(total).toEqual({ spentNanoUsd: (call?.billNanoUsd ?? 0) + lost, unknownNanoUsd: lost, heldNanoUsd: 0 });
});
