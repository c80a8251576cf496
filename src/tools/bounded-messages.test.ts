import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundedFetch, createBoundedLines } from './bounded-messages.ts';

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

test('of lines each is a message, however its bytes arrive; in place of one that is too large an answer comes', () => {
  const size = fc.oneof(fc.nat(60), fc.integer({ min: 150, max: 5000 }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(size, fc.boolean(), fc.constantFrom('\n', '\r\n')), { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
      (asked, cuts) => {
        const text = asked
          .map(([length, isFirst, end], id) => {
            const result = { content: 'é'.repeat(length) };
            const said = isFirst ? { jsonrpc: '2.0', id, result } : { result, jsonrpc: '2.0', id };
            return JSON.stringify(said) + end;
          })
          .join('');
        const lines = createBoundedLines(200);
        const bytes = Buffer.from(text);
        const found: unknown[] = [];
        for (let at = 0; at < bytes.length;) {
          const until = at + (cuts.next().value ?? 1);
          lines.append(bytes.subarray(at, until));
          for (let one = lines.readMessage(); one !== null; one = lines.readMessage()) found.push(one);
          at = until;
        }
        expect(found).toEqual(
          asked.map(([length], id) =>
            length <= 60
              ? { jsonrpc: '2.0', id, result: { content: 'é'.repeat(length) } }
              : { jsonrpc: '2.0', id, error: { code: -32_603, message: expect.stringContaining('bytes') as string } },
          ),
        );
      },
    ),
    { numRuns: 300 },
  );
});
