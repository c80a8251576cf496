import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { createSseParser, formatSse, type SseEvent } from './sse.ts';

function parse(chunks: readonly Buffer[]): readonly SseEvent[] {
  const events: SseEvent[] = [];
  const parser = createSseParser((event) => events.push(event));
  for (const chunk of chunks) parser.push(chunk);
  return events;
}

const stream = Buffer.from(
  'event: message_start\r\ndata: {"text":"žluťoučký 🐎"}\r\n\r\n: comment\n\ndata:no space\ndata: second line\n\nevent: ping\ndata: {}\n\n',
);

test('gives the same events for a split at every byte', () => {
  const whole = parse([stream]);
  expect(whole).toEqual([
    { event: 'message_start', data: '{"text":"žluťoučký 🐎"}' },
    { event: undefined, data: 'no space\nsecond line' },
    { event: 'ping', data: '{}' },
  ]);
  for (let at = 0; at <= stream.length; at++) {
    expect(parse([stream.subarray(0, at), stream.subarray(at)])).toEqual(whole);
  }
  expect(parse([...stream].map((byte) => Buffer.from([byte])))).toEqual(whole);
});

test('reads back any event it wrote, in any split', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.array(fc.nat(200), { maxLength: 6 }), (values, cuts) => {
      const bytes = Buffer.from(values.map((value) => formatSse('e', JSON.stringify(value))).join(''));
      const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const chunks = points.slice(1).map((end, index) => bytes.subarray(points[index], end));
      expect(parse(chunks).map((event) => JSON.parse(event.data))).toEqual(JSON.parse(JSON.stringify(values)));
    }),
  );
});

test.each([
  ['one line', Buffer.alloc(64, 'x'), Buffer.alloc(0)],
  ['one event of many lines', Buffer.from(`data: ${'x'.repeat(57)}\n`), Buffer.from('')],
])('stops at %s without end, at its limit and not before', (_what, chunk) => {
  const parser = createSseParser(() => undefined, 10_000);
  const times = Math.ceil(10_000 / 64) - 3;
  for (let count = 0; count < times; count++) parser.push(chunk);
  expect(() => {
    for (let count = 0; count < 200; count++) parser.push(chunk);
  }).toThrow(expect.objectContaining({ code: 'provider-protocol' }));
});

test('copies no byte of a long line more than once, in however many pieces it comes', () => {
  const concat = vi.spyOn(Buffer, 'concat');
  const copied = (): number =>
    concat.mock.calls.reduce((sum, [list]) => sum + list.reduce((bytes, { length }) => bytes + length, 0), 0);
  try {
    const events: SseEvent[] = [];
    const parser = createSseParser((event) => events.push(event));
    const piece = Buffer.alloc(1000, 'x');
    parser.push(Buffer.from('data: '));
    for (let count = 0; count < 2000; count++) parser.push(piece);
    parser.push(Buffer.from('\n\n'));
    expect(events[0]?.data).toHaveLength(2_000_000);
    expect(copied()).toBeLessThan(2_100_000);
  } finally {
    concat.mockRestore();
  }
});

test('knows when it stands between events', () => {
  const parser = createSseParser(() => undefined);
  expect(parser.atBoundary).toBe(true);
  parser.push(Buffer.from('data: x\n'));
  expect(parser.atBoundary).toBe(false);
  parser.push(Buffer.from('\n'));
  expect(parser.atBoundary).toBe(true);
});
