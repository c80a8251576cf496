import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { unpackAnswer } from './unpack-answer.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

function packed(bytes: Buffer, encoding = 'gzip'): UpstreamAnswer & { readonly aborted: () => boolean } {
  let isAborted = false;
  return {
    status: 200,
    headers: { 'content-encoding': encoding },
    read(sink) {
      sink.data(bytes);
      sink.end();
    },
    resume: () => undefined,
    abort: () => {
      isAborted = true;
    },
    aborted: () => isAborted,
  };
}

async function lastWord(answer: UpstreamAnswer, reader: Pick<AnswerSink, 'data' | 'end'>): Promise<string> {
  return new Promise((resolve) => {
    unpackAnswer(answer).read({
      data: (chunk) => reader.data(chunk),
      end: () => {
        reader.end();
        resolve('end');
      },
      fail: (error) => resolve(error.code),
    });
  });
}

const fault = (): never => {
  throw new Error('a fault of ours');
};

test('what the reader of a packed answer throws ends that answer, and not the process', async () => {
  const answer = packed(gzipSync('words'));
  expect(await lastWord(answer, { data: fault, end: () => undefined })).toBe('internal');
  expect(answer.aborted()).toBe(true);
  expect(await lastWord(packed(gzipSync('words')), { data: () => true, end: fault })).toBe('internal');
});

test('an encoding that nobody knows passes, whatever it is called', async () => {
  const answer = packed(Buffer.from('words'), 'constructor');
  expect(await lastWord(answer, { data: () => true, end: () => undefined })).toBe('end');
});
