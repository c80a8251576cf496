import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { PointsmanError } from '../../domain/errors.ts';
import { safeSink } from './safe-sink.ts';
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
  const encoding = String(answer.headers['content-encoding']).trim().toLowerCase();
  const create = Object.hasOwn(UNPACKERS, encoding) ? UNPACKERS[encoding] : undefined;
  if (create === undefined) return answer;
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'content-encoding'));
  let unpacker: Transform | undefined;
  return {
    ...answer,
    headers,
    read: (sink) => {
      unpacker = unpackInto(
        answer,
        create(),
        safeSink(sink, () => answer.abort()),
      );
    },
    resume: () => unpacker?.resume(),
  };
}

function unpackInto(answer: UpstreamAnswer, unpacker: Transform, sink: AnswerSink): Transform {
  unpacker.on('data', (chunk: Buffer) => {
    if (!sink.data(chunk)) unpacker.pause();
  });
  unpacker.on('end', () => sink.end());
  unpacker.on('error', (cause) => {
    sink.fail(
      new PointsmanError('provider-protocol', 'The packed answer cannot be unpacked', { cause, retryable: true }),
    );
    answer.abort();
  });
  unpacker.on('drain', () => answer.resume());
  answer.read({
    data: (chunk) => unpacker.write(chunk),
    end: () => void unpacker.end(),
    fail: (error) => {
      unpacker.destroy();
      sink.fail(error);
    },
  });
  return unpacker;
}
