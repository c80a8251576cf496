import { toPointsmanError } from '../../domain/errors.ts';
import { EVENT_STREAM_TYPE, type HostedCall } from '../../providers/host.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** An answer in the framing of a host, as the stream of events that it holds; any other is returned as it is. */
export function unframeAnswer(answer: UpstreamAnswer, unframe: HostedCall['unframe']): UpstreamAnswer {
  if (unframe === undefined || answer.headers['content-type'] !== EVENT_STREAM_TYPE) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'text/event-stream' },
    read: (sink) => answer.read(unframingSink(sink, unframe(), () => answer.abort())),
  };
}

/** What is thrown for bytes that are none of the framing ends the answer, and is the last word that the reader hears. */
function unframingSink(
  sink: AnswerSink,
  reader: ReturnType<NonNullable<HostedCall['unframe']>>,
  abort: () => void,
): AnswerSink {
  let isOver = false;
  const read = (take: () => string): string | undefined => {
    try {
      return isOver ? undefined : take();
    } catch (thrown) {
      isOver = true;
      sink.fail(toPointsmanError(thrown, 'provider-protocol'));
      abort();
      return undefined;
    }
  };
  return {
    data(chunk) {
      const events = read(() => reader.push(chunk));
      return events === undefined || events === '' ? true : sink.data(Buffer.from(events));
    },
    end() {
      if (read(() => reader.end()) !== undefined) sink.end();
    },
    fail(error) {
      if (!isOver) sink.fail(error);
      isOver = true;
    },
  };
}
