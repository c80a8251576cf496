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
