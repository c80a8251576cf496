import { describe, expect, test } from 'vitest';
import { formatTraceParent, parseTraceParent, spanIdOf, traceIdOf } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    // Other flags mean something to others.
    [`00-${TRACE}-${SPAN}-03`, true],
    // A newer version may say more behind what we know.
    [`01-${TRACE}-${SPAN}-01-more`, true],
    [`cc-${TRACE}-${SPAN}-01`, true],
  ])('%s is read', (text, isSampled) => {
    expect(parseTraceParent(text)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
  });

  test.each([
    undefined,
    '',
    [`00-${TRACE}-${SPAN}-01`],
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01\r\nx: y`,
    `01-${TRACE}-${SPAN}-01-${'x'.repeat(1000)}`,
  ])('%j is none', (text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });

  test('is written in the oldest version', () => {
    expect(formatTraceParent({ traceId: TRACE, spanId: SPAN, isSampled: false })).toBe(`00-${TRACE}-${SPAN}-00`);
  });
});

test('ids are made of what they are of, and of nothing else', () => {
  expect(traceIdOf('job', 'a')).toBe(traceIdOf('job', 'a'));
  expect(traceIdOf('job', 'a')).not.toBe(traceIdOf('job', 'b'));
  expect(spanIdOf('a', 'b')).not.toBe(spanIdOf('ab'));
  expect(traceIdOf('x')).toMatch(/^[0-9a-f]{32}$/u);
  expect(spanIdOf('x')).toMatch(/^[0-9a-f]{16}$/u);
});
