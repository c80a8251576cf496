import { expect, test } from 'vitest';
import { boundedFetch } from './bounded-fetch.ts';

/** A server that says the same again and again, as long as it is listened to. */
function endless(piece: string, type: string): { readonly send: typeof fetch; readonly sent: () => number } {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += piece.length;
      controller.enqueue(new TextEncoder().encode(piece));
    },
  });
  return { send: async () => new Response(body, { headers: { 'content-type': type } }), sent: () => sent };
}

test.each(['application/json', 'text/event-stream', 'text/html', ''])(
  'an answer of %j without an end is given up',
  async (type) => {
    const { send, sent } = endless('x'.repeat(100), type);
    const response = await boundedFetch(1000, send)('http://server.test');
    await expect(response.text()).rejects.toMatchObject({ code: 'tool-unavailable' });
    expect(sent()).toBeLessThan(3000);
  },
);

test('so is an event of ever more lines', async () => {
  const { send } = endless('data: xxxx\n', 'text/event-stream');
  const response = await boundedFetch(1000, send)('http://server.test');
  await expect(response.text()).rejects.toMatchObject({ code: 'tool-unavailable' });
});

test('a stream may go on for ever as long as its events end', async () => {
  const { send, sent } = endless(`data: ${'x'.repeat(100)}\n\n`, 'text/event-stream; charset=utf-8');
  const reader = (await boundedFetch(1000, send)('http://server.test')).body?.getReader();
  for (let index = 0; index < 100; index += 1) expect((await reader?.read())?.done).toBe(false);
  await reader?.cancel();
  expect(sent()).toBeGreaterThan(5000);
});

test('what is small arrives as it was, with its status and headers', async () => {
  const send = async (): Promise<Response> => new Response('{}', { status: 404, headers: { 'mcp-session-id': 's' } });
  const response = await boundedFetch(1000, send)('http://server.test');
  expect([response.status, response.headers.get('mcp-session-id'), await response.text()]).toEqual([404, 's', '{}']);
});
