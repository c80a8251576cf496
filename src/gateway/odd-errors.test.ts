import { describe, expect, test } from 'vitest';
import { CHAT, CLAUDE, GPT } from '../testing/internal/gateway-kit.ts';
import { openGatewayKit, openVendor, type VendorAnswer } from '../testing/internal/gateway-test.ts';

const events =
  (data: string): VendorAnswer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${data}\n\ndata: [DONE]\n\n`);
const json =
  (body: string): VendorAnswer =>
  (response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);

/** Errors that come with 200, in the forms of servers and proxies. */
const ODD: readonly (readonly [string, VendorAnswer])[] = [
  ['an object that is an error', events('{"object":"error","message":"boom today","code":500}')],
  ['a message with a code', events('{"code":"overloaded","message":"boom today"}')],
  ['a detail', events('{"detail":"boom today"}')],
  ['an error that is text', events('{"error":"boom today"}')],
  ['JSON in place of a stream', json('{"error":{"message":"boom today","type":"server_error"}}')],
  ['a detail in place of a stream', json('{"detail":"boom today"}')],
];

describe.each(ODD)('%s, answered with 200', (_what, answer) => {
  test.each([true, false])('keeps its words, streamed or not (%s)', async (stream) => {
    const vendor = await openVendor(answer);
    const kit = await openGatewayKit({
      upstreamUrl: vendor.url,
      models: [CHAT, CLAUDE, GPT],
      settings: { maxRetries: 0 },
    });
    const messages = [{ role: 'user', content: 'x' }];
    const said = await kit.post('/v1/messages', { model: CHAT.id, max_tokens: 10, stream, messages });
    expect(said.status).toBeGreaterThanOrEqual(400);
    expect(await said.text()).toContain('boom today');
  });
});
