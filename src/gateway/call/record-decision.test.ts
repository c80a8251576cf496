import { expect, test, vi } from 'vitest';
import { CHAT } from '../../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor } from '../../testing/internal/gateway-test.ts';

const WHOLE = JSON.stringify({
  id: 'c',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
});

test('calls that fail alike refer to one recorded decision; a step that is answered after all has its own', async () => {
  let status = 503;
  const { url } = await openVendor((response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(WHOLE),
  );
  const kit = await openGatewayKit({ upstreamUrl: url, models: [CHAT], settings: { maxRetries: 0 } });
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
