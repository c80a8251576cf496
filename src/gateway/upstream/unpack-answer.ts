import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { PointsmanError } from '../../domain/errors.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

const UNPACKERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/** An answer as it was before its server packed it, which some do unasked; one that is not packed is returned as it is. */
export function unpackAnswer(answer: UpstreamAnswer): UpstreamAnswer {
  const encoding = answer.headers['content-encoding'];
  const create = typeof encoding === 'string' ? UNPACKERS[encoding.trim().toLowerCase()] : undefined;
  if (create === undefined) return answer;
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'content-encoding'));
  let unpacker: Transform | undefined;
  return {
    ...answer,
    headers,
    read: (sink) => {
      unpacker = unpackInto(answer, create(), sink);
    },
    resume: () => unpacker?.resume(),
  };
}

function unpackInto(answer: UpstreamAnswer, unpacker: Transform, sink: AnswerSink): Transform {
  let isOver = false;
  const last = (error: PointsmanError | undefined): void => {
    if (isOver) return;
    isOver = true;
    if (error === undefined) sink.end();
    else sink.fail(error);
  };
  unpacker.on('data', (chunk: Buffer) => {
    if (!isOver && !sink.data(chunk)) unpacker.pause();
  });
  unpacker.on('end', () => last(undefined));
  unpacker.on('error', (cause) => {
    answer.abort();
    last(new PointsmanError('provider-protocol', 'The packed answer cannot be unpacked', { cause, retryable: true }));
  });
  unpacker.on('drain', () => answer.resume());
  answer.read({
    data: (chunk) => unpacker.write(chunk),
    end: () => void unpacker.end(),
    fail: (error) => {
      unpacker.destroy();
      last(error);
    },
  });
  return unpacker;
}
