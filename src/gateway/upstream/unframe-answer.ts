import { toPointsmanError } from '../../domain/errors.ts';
import { isFramed, type HostedCall } from '../../providers/host.ts';
import type { AnswerSink, UpstreamAnswer } from './upstream-answer.ts';

/** An answer in the framing of a host, as the stream of events that it holds; any other is returned as it is. */
export function unframeAnswer(
  answer: UpstreamAnswer,
  { unframe, framed }: { readonly unframe: HostedCall['unframe']; readonly framed: HostedCall['framed'] },
): UpstreamAnswer {
  if (unframe === undefined || answer.status >= 300 || !isFramed(answer.headers['content-type'], framed)) return answer;
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
      const rest = read(() => reader.end());
      if (rest === undefined) return;
      if (rest !== '') sink.data(Buffer.from(rest));
      sink.end();
    },
    fail(error) {
      if (!isOver) sink.fail(error);
      isOver = true;
    },
  };
}
