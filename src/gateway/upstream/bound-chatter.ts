import { PointsmanError } from '../../domain/errors.ts';
import type { Ms } from '../../domain/time.ts';
import { safeSink } from './safe-sink.ts';
import type { UpstreamAnswer } from './upstream-answer.ts';

/**
 * A stream may keep its line open with comments and pings, and any other answer with blanks, but not for ever: where nothing
 * else comes in the second half of `limitMs` it is over, and its call with it. Silence without a byte has a limit of its own.
 */
export function boundChatter(answer: UpstreamAnswer, limitMs: Ms, monotonicMs: () => Ms): UpstreamAnswer {
  const type = answer.headers['content-type'];
  const isStream = typeof type === 'string' && /^\s*text\/event-stream/iu.test(type);
  const says = isStream ? saysSomething : (chunk: Buffer): boolean => /\S/u.test(chunk.toString('latin1'));
  let saidMs: Ms | undefined;
  return {
    ...answer,
    resume: () => {
      // While the reader had it wait nothing could be said.
      saidMs = monotonicMs();
      answer.resume();
    },
    read: (reader) => {
      const sink = safeSink(reader, () => answer.abort());
      answer.read({
        data(chunk) {
          const nowMs = monotonicMs();
          saidMs ??= nowMs;
          // Looked at in the second half of the limit alone: reading every chunk twice would cost more than it is worth.
          if (nowMs - saidMs > limitMs / 2 && says(chunk)) saidMs = nowMs;
          else if (nowMs - saidMs > limitMs) {
            sink.fail(onlyChatter(limitMs));
            answer.abort();
            return true;
          }
          return sink.data(chunk);
        },
        end: () => sink.end(),
        fail: (error) => sink.fail(error),
      });
    },
  };
}

/** A line of comment, a name or id of an event, a blank one, or the data of a ping. */
const CHATTER = /^(?::.*|event:.*|id:.*|retry:.*|data:\s*|data:\s*\{\s*\}\s*|data:\s*\{\s*"type"\s*:\s*"ping".*)$/u;

/** By lines as they are cut: half a line of data is data. */
function saysSomething(chunk: Buffer): boolean {
  return chunk
    .toString('utf8')
    .split(/\r\n|\n|\r/u)
    .some((line) => line.includes(':') && !CHATTER.test(line));
}

function onlyChatter(timeoutMs: Ms): PointsmanError {
  return new PointsmanError('provider-timeout', `The answer was nothing but pings or blanks for ${timeoutMs} ms`, {
    retryable: true,
    details: { timeoutMs },
  });
}
