import { expect, test, vi } from 'vitest';
import { PointsmanError } from '../../domain/errors.ts';
import { readBeginning } from './first-event.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** A stream that says `text` and stays open; an abort is told to its reader at once, as undici does. */
function openStream(text: string): UpstreamAnswer {
  let reader: AnswerSink | undefined;
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    read(sink) {
      reader = sink;
      sink.data(Buffer.from(text));
    },
    resume: () => undefined,
    abort: () => reader?.fail(new PointsmanError('provider-unavailable', 'aborted')),
  };
}

test('a stream that stays open after its error is judged by the error', async () => {
  const data = JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'no' } });
  const beginning = await readBeginning(openStream(`event: error\ndata: ${data}\n\n`));
  expect(beginning).toEqual({ kind: 'bad', data: Buffer.from(data) });
});

test('a reader of what was held that throws ends its stream and is told last', async () => {
  const beginning = await readBeginning(openStream('data: {"a":1}\n\n'));
  if (beginning.kind !== 'good') throw new Error('not good');
  const lastWords: string[] = [];
  beginning.answer.read({
    data: () => {
      throw new Error('a fault of ours');
    },
    end: () => void lastWords.push('end'),
    fail: (error) => void lastWords.push(error.code),
  });
  expect(lastWords).toEqual(['internal']);
});

test('a stream that says nothing for a second is passed on', async () => {
  vi.useFakeTimers();
  try {
    const answer = openStream(': still there\n\n');
    const begins = readBeginning(answer);
    await vi.advanceTimersByTimeAsync(1000);
    const beginning = await begins;
    expect(beginning.kind).toBe('good');
  } finally {
    vi.useRealTimers();
  }
});

const OPENINGS: Readonly<Record<string, object>> = {
  'anthropic-messages': { type: 'message_start', message: { id: 'm', content: [] } },
  'openai-responses': { type: 'response.created', response: { id: 'r', output: [], error: null } },
  'openai-chat': { id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
};

test.each(Object.entries(OPENINGS))(
  'an error right behind what only opens an answer of %s is an error',
  async (_wire, open) => {
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'no room' } };
    const text = [open, { type: 'ping' }, overloaded].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    expect(await readBeginning(openStream(text))).toEqual({
      kind: 'bad',
      data: Buffer.from(JSON.stringify(overloaded)),
    });
    const words = `data: ${JSON.stringify(open)}\n\ndata: {"delta":"hi"}\n\n`;
    expect((await readBeginning(openStream(words))).kind).toBe('good');
  },
);

test('a Response that failed before it said anything is what it failed of', async () => {
  const error = { code: 'rate_limit_exceeded', message: 'slow down' };
  const events = [
    OPENINGS['openai-responses'],
    { type: 'response.failed', response: { id: 'r', status: 'failed', error } },
  ];
  const beginning = await readBeginning(
    openStream(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')),
  );
  expect(beginning).toEqual({ kind: 'bad', data: Buffer.from(JSON.stringify({ error })) });
});

test('an answer that has opened and says nothing more waits no longer than a moment', async () => {
  vi.useFakeTimers();
  try {
    const begins = readBeginning(openStream(`data: ${JSON.stringify(OPENINGS['anthropic-messages'])}\n\n`));
    await vi.advanceTimersByTimeAsync(10);
    expect((await begins).kind).toBe('good');
  } finally {
    vi.useRealTimers();
  }
});
