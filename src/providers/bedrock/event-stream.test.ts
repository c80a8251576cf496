import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { eventMessage, exceptionMessage } from '../../testing/internal/clouds/bedrock-cloud.ts';
import { createEventStreamReader } from './event-stream.ts';

const EVENT = { 'message-type': 'event', 'content-type': 'application/json' };
const chunk = (event: object): Buffer =>
  eventMessage(
    { ...EVENT, 'event-type': 'chunk' },
    JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') }),
  );
const whole = Buffer.concat([
  chunk({ type: 'message_start', message: { model: 'ü\n' } }),
  eventMessage({ ...EVENT, 'event-type': 'contentBlockDelta' }, '{"delta":{"text":"ß"},\n"contentBlockIndex":0}'),
  exceptionMessage('throttlingException', 'Too many tokens'),
]);
const events = [
  'event: message_start\ndata: {"type":"message_start","message":{"model":"ü\\n"}}\n\n',
  'event: contentBlockDelta\ndata: {"contentBlockDelta":{"delta":{"text":"ß"}, "contentBlockIndex":0}}\n\n',
  'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"Too many tokens"}}\n\n',
];

describe('an event stream of AWS', () => {
  test('says the same events wherever its bytes are cut', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const reader = createEventStreamReader();
        const borders = [0, ...places.sort((a, b) => a - b), whole.length];
        const said = borders.slice(1).map((end, index) => reader.push(whole.subarray(borders[index], end)));
        expect(said.join('') + reader.end()).toBe(events.join(''));
      }),
    );
  });

  test('is no stream any more when a byte of it is another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ change;
        const read = (): string => {
          const reader = createEventStreamReader();
          return reader.push(bytes) + reader.end();
        };
        expect(read).toThrow();
      }),
    );
  });

  test('ends in an error when it is cut inside an event, and in none between two', () => {
    for (const length of [1, 11, 40, whole.length - 1]) {
      const reader = createEventStreamReader();
      reader.push(whole.subarray(0, length));
      expect(() => reader.end()).toThrow('cut off');
    }
    const reader = createEventStreamReader();
    reader.push(chunk({ type: 'ping' }));
    expect(reader.end()).toBe('');
  });

  test.each([
    ['throttlingException', '{"Message":"slow"}', 'rate_limit_error', 'slow'],
    ['throttlingException', 'Too many', 'rate_limit_error', 'Too many'],
    ['throttlingException', '', 'rate_limit_error', 'throttlingException'],
    ['ThrottlingException', '{"message":"slow"}', 'rate_limit_error', 'slow'],
    ['__proto__', '{"message":"odd"}', 'api_error', 'odd'],
  ])('%s is that failure, whatever its words look like: %s', (exception, payload, type, message) => {
    const headers = { 'message-type': 'exception', 'exception-type': exception };
    const event = createEventStreamReader().push(eventMessage(headers, payload));
    const [, data = ''] = /^event: error\ndata: (.*)\n\n$/u.exec(event) ?? [];
    expect(JSON.parse(data)).toEqual({ type: 'error', error: { type, message } });
  });

  test('copies a large message once, however many pieces it comes in', () => {
    const message = eventMessage({ ...EVENT, 'event-type': 'big' }, JSON.stringify({ a: 'y'.repeat(200_000) }));
    const concat = vi.spyOn(Buffer, 'concat');
    const reader = createEventStreamReader();
    let said = '';
    for (let at = 0; at < message.length; at += 100) said += reader.push(message.subarray(at, at + 100));
    expect(said.length).toBeGreaterThan(200_000);
    expect(concat.mock.calls.length).toBeLessThan(10);
    concat.mockRestore();
  });

  test('never waits for a message of an impossible length', () => {
    const reader = createEventStreamReader();
    expect(() => reader.push(Buffer.from('HTTP/1.1 200 OK'))).toThrow('impossible length');
  });
});
