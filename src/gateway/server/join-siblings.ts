import type { GatewayCore } from '../core/gateway-core.ts';
import { mergeMetrics } from '../workers/merge-metrics.ts';
import type { Siblings } from '../workers/siblings.ts';
import { gaugesOf } from './gauges.ts';
import { createRateLimiter, shareLimiter, type RateLimiter } from './rate-limiter.ts';

/** What other workers tell counts here as if it had been seen here, and they learn how this one stands when they ask. */
function joinSiblings(core: GatewayCore, limiter: RateLimiter, siblings: Siblings): void {
  siblings.onMetrics(() => core.metrics.render(gaugesOf(core)));
  siblings.receive((note) => {
    switch (note.kind) {
      case 'host':
        core.sharedHealth?.receive(note, core.monotonicMs());
        break;
      case 'taken':
        limiter.take(note.keyId, note.perMinute, core.monotonicMs());
        break;
      case 'pass-through':
        core.passThrough.receive(note.isOn, note.by);
        break;
      case 'call':
        core.feed.pass(note.tenant, note.text);
        break;
    }
  });
}

/** Who counts requests of the minute: alone, or with the other workers, whom the gateway joins by it. */
export function limiterOf(core: GatewayCore): RateLimiter {
  const own = createRateLimiter();
  const { siblings } = core.deps;
  if (siblings === undefined) return own;
  joinSiblings(core, own, siblings);
  return shareLimiter(own, siblings);
}

/** How the gateway stands, in Prometheus' text form: all of its workers together. */
export async function wholeMetrics(core: GatewayCore): Promise<string> {
  const own = core.metrics.render(gaugesOf(core));
  const { siblings } = core.deps;
  return siblings === undefined ? own : mergeMetrics([own, ...(await siblings.metrics())]);
}
