import type { JobEvent } from './job-event.ts';

/** Events of one job for one reader. `push` never waits; reading ends after `end`. */
export interface EventStream {
  readonly push: (event: JobEvent) => void;
  readonly end: () => void;
  readonly events: AsyncIterable<JobEvent>;
}

/** Unread events above which words of models are no longer kept: they are for live display only. */
const MAX_UNREAD = 2000;

export function createEventStream(onEvent: ((event: JobEvent) => void) | undefined): EventStream {
  const unread: JobEvent[] = [];
  let ended = false;
  let wake: () => void = () => undefined;
  return {
    push: (event) => {
      try {
        onEvent?.(event);
      } catch {
        // Watching never changes a job.
      }
      if (event.type === 'text-delta' && unread.length > MAX_UNREAD) return;
      unread.push(event);
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    events: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const event = unread.shift();
          if (event !== undefined) yield event;
          else if (ended) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
  };
}
