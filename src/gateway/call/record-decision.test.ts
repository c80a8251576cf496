import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { CHAT, startGatewayKit } from '../../testing/internal/gateway-kit.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});

const WHOLE = JSON.stringify({
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
});

test('calls that fail alike refer to one recorded decision; a step that is answered after all has its own', async () => {
  let status = 503;
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status, { 'content-type': 'application/json' }).end(WHOLE));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  open.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kit = await startGatewayKit({ upstreamUrl, models: [CHAT], settings: { maxRetries: 0 } });
  open.push(kit.gateway);
  const decisionIds: (string | null)[] = [];
  const ask = async (session: string, model: string = CHAT.id): Promise<void> => {
    const body = { model, messages: [{ role: 'user', content: 'Go.' }] };
    const response = await kit.post('/v1/chat/completions', body, { 'x-pointsman-session': session });
    await response.arrayBuffer();
    decisionIds.push(response.headers.get('x-pointsman-decision'));
  };
  for (const session of ['a', 'b', 'c']) await ask(session);
  status = 400;
  await ask('d');
  expect(kit.steps).toHaveLength(2);
  const [first, other] = kit.steps.map(({ decision }) => decision.decisionId);
  expect(decisionIds).toEqual([first, first, first, other]);
  status = 200;
  await ask('b');
  await ask('b');
  await vi.waitFor(() => expect(kit.calls).toHaveLength(6));
  expect(kit.steps).toHaveLength(3);
  expect(kit.steps[2]?.sessionId).toBe(kit.calls[1]?.sessionId);
  const recorded = new Set<string>(kit.steps.map(({ decision }) => decision.decisionId));
  for (const { gateway } of kit.calls) expect(recorded).toContain(gateway?.decisionId);
  expect(kit.calls[4]?.gateway?.decisionId).toBe(kit.steps[2]?.decision.decisionId);
});
