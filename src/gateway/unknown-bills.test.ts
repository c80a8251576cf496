import { expect, test, vi } from 'vitest';
import { accountOf } from '../money/ledger.ts';
import { openLedgerHere } from '../money/sqlite/sqlite-ledger.ts';
import { CHAT } from '../testing/internal/gateway-kit.ts';
import { anAccessKey, openGatewayKit, openVendor } from '../testing/internal/gateway-test.ts';
import { aModel, modelId } from '../testing/model-builders.ts';

const OTHER = aModel({ ...CHAT, id: modelId('chat-other'), wireModel: 'chat-other' });
const USAGE = { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 };
const WHOLE = JSON.stringify({
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
  usage: USAGE,
});

/** Fails its first calls, each in its own way, and answers then. */
async function vendorThat(failures: readonly ('reset' | 'silent' | number)[]): Promise<string> {
  const { url } = await openVendor((response, { socket }, count) => {
    const failure = failures[count - 1];
    if (failure === 'silent') return;
    if (failure === 'reset') socket.destroy();
    else
      response
        .writeHead(failure ?? 200, { 'content-type': 'application/json' })
        .end(failure === undefined ? WHOLE : '{}');
  });
  return url;
}

test.each([
  { failures: ['silent'], lostCount: 1, status: 200 },
  { failures: ['reset'], lostCount: 1, status: 200 },
  { failures: ['reset', 'reset', 'reset'], lostCount: 3, status: 200 },
  { failures: ['reset', 503, 503, 503, 503, 503, 503, 503], lostCount: 1, status: 503 },
  { failures: [503, 529], lostCount: 0, status: 200 },
] as const)('tries that were cut before the last are on its bill as unknown: $failures', async (run) => {
  const upstreamUrl = await vendorThat(run.failures);
  const { key, token } = anAccessKey();
  const ledger = openLedgerHere({ file: ':memory:', onFault: () => undefined });
  const kit = await openGatewayKit({
    upstreamUrl,
    models: [CHAT, OTHER],
    settings: { retryBaseMs: 1, maxRetries: 1, upstreamTimeoutMs: 50 },
    deps: { accessKeys: [key], ledger },
  });
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
