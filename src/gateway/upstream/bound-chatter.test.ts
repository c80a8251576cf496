import { expect, test } from 'vitest';
import type { PointsmanError } from '../../domain/errors.ts';
import { boundChatter } from './bound-chatter.ts';
import type { AnswerSink } from './upstream-answer.ts';

const LIMIT_MS = 1000;
const EVENT = 'data: {"choices":[]}\n\n';

/** Reads a stream of `[time, text]`, and says how it ended. */
function readAt(chunks: readonly (readonly [number, string])[], type = 'text/event-stream'): string {
  let nowMs = 0;
  let inner: AnswerSink | undefined;
  let isAborted = false;
  const answer = {
    status: 200,
    headers: { 'content-type': type },
    read: (sink: AnswerSink) => void (inner = sink),
    resume: () => undefined,
    abort: () => (isAborted = true),
  };
  let text = '';
  let failure: PointsmanError | undefined;
  boundChatter(answer, LIMIT_MS, () => nowMs).read({
    data: (chunk) => ((text += chunk.toString()), true),
    end: () => (text += '(end)'),
    fail: (error) => (failure = error),
  });
  for (const [at, chunk] of chunks) {
    nowMs = at;
    inner?.data(Buffer.from(chunk));
  }
  inner?.end();
  return failure === undefined ? text : `${failure.code}${isAborted ? ', aborted' : ''}`;
}

const every = (stepMs: number, untilMs: number, text: string): readonly (readonly [number, string])[] =>
  Array.from({ length: Math.floor(untilMs / stepMs) }, (_none, index) => [(index + 1) * stepMs, text] as const);

test.each([
  ': keep-alive\n\n',
  ':\n',
  'event: ping\ndata: {"type": "ping"}\n\n',
  'event: ping\r\ndata: {"type":"ping"}\r\n\r\n',
  '\n\n',
  'id: 7\nretry: 10\n\n',
  'data:\n\n',
  'data: {}\n\n',
  'event: ping\ndata: { "type" : "ping", "seq": 7 }\n\n',
])('a stream that says %j for ever is ended', (chatter) => {
  expect(readAt([[1, EVENT], ...every(100, 5000, chatter)])).toBe('provider-timeout, aborted');
});

test.each([
  ['Text/Event-Stream; charset=utf-8', ': keep-alive\n\n'],
  ['application/json', ' '],
  ['', '\r\n\t'],
])('an answer of type %j that says %j for ever is ended', (type, chatter) => {
  expect(readAt([[1, '{"id":'], ...every(100, 5000, chatter)], type)).toBe('provider-timeout, aborted');
});

test('a stream that says something once in a while goes on, however much it pings', () => {
  const chunks = every(100, 10_000, ': ping\n\n').map(([at, text]) => [at, at % 400 === 0 ? EVENT : text] as const);
  expect(readAt(chunks)).toContain('(end)');
  expect(readAt(every(100, 5000, 'x'), 'application/json')).toContain('(end)');
});
