import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import type { AnswerSink } from './upstream-answer.ts';

/**
 * A reader whose `data` and `end` may throw, for sources that may not be thrown at: a socket's, an unpacker's. What it throws
 * aborts its answer, and nothing else, and is the last word it is told. Nothing comes after that.
 */
export function safeSink(sink: AnswerSink, abort: () => void): AnswerSink {
  let isOver = false;
  const fail = (error: PointsmanError): void => {
    if (isOver) return;
    isOver = true;
    sink.fail(error);
  };
  return {
    data(chunk) {
      if (isOver) return true;
      try {
        return sink.data(chunk);
      } catch (thrown) {
        fail(toPointsmanError(thrown));
        abort();
        return true;
      }
    },
    end() {
      if (isOver) return;
      isOver = true;
      try {
        sink.end();
      } catch (thrown) {
        sink.fail(toPointsmanError(thrown));
      }
    },
    fail,
  };
}
