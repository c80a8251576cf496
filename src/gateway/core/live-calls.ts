import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { refuse, type Refusal } from '../../wires/shared/errors/refusal.ts';

/** A call whose caller waits for an answer. */
export interface LiveCall {
  /** Something may be put between two events right now, or nothing has been said yet. */
  readonly isBetweenEvents: boolean;
  readonly hasEnded: boolean;
  refuse(refusal: Refusal): void;
}

/** The calls of a gateway that are under way, so that it can wait for them, and end them, when it stops. */
export interface LiveCalls {
  /** Knows a call until its response closes. */
  watch(call: LiveCall, response: ServerResponse): void;
  /** Knows the work of a call, from the reading of its body to its record. */
  track(work: Promise<void>): Promise<void>;
  readonly runningCount: number;
  /** Resolves when no work is left and every answer has left whole, or on the signal. */
  idle(signal: AbortSignal): Promise<void>;
  /** Tells every caller to come again, between two events where that can be. */
  endAll(): Promise<void>;
}

const TURN_MS = 20;
/** An event that has not ended by then never will: the stream is cut in it. */
const LAST_EVENT_MS = 2000;

const STOPPING = refuse(503, 'overloaded', 'This gateway is stopping; send the request again.', {
  'retry-after': '1',
  'retry-after-ms': '500',
  'x-should-retry': 'true',
});

export function createLiveCalls(): LiveCalls {
  const calls = new Set<LiveCall>();
  const running = new Set<Promise<void>>();
  return {
    watch(call, response) {
      // Whoever left while their call was read and weighed is waited for by nobody: that event does not come again.
      if (response.closed || response.destroyed) return;
      calls.add(call);
      response.once('close', () => calls.delete(call));
    },
    async track(work) {
      running.add(work);
      try {
        await work;
      } finally {
        running.delete(work);
      }
    },
    get runningCount() {
      return running.size;
    },
    async idle(signal) {
      while (running.size + calls.size > 0 && !signal.aborted)
        await sleep(TURN_MS, undefined, { signal }).catch(() => undefined);
    },
    async endAll() {
      for (let leftMs = LAST_EVENT_MS; ; leftMs -= TURN_MS) {
        for (const call of calls) if (!call.hasEnded && (call.isBetweenEvents || leftMs <= 0)) call.refuse(STOPPING);
        if (leftMs <= 0 || [...calls].every(({ hasEnded }) => hasEnded)) return;
        await sleep(TURN_MS);
      }
    },
  };
}
