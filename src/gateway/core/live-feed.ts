import type { ServerResponse } from 'node:http';
import type { At, Ms } from '../../domain/time.ts';
import type { Refusal } from '../../wires/shared/errors/refusal.ts';
import type { Siblings } from '../workers/siblings.ts';

/** One finished call, as `pointsman tail` shows it. No prompt, no key, no answer. */
export interface FeedEvent {
  readonly at: At;
  readonly callId: string;
  readonly sessionId: string;
  readonly stepId: string;
  readonly kind: string;
  readonly decisionId: string;
  readonly requestedModel: string;
  readonly model: string;
  readonly endpoint: string;
  readonly reason: string;
  /** `undefined`: the call did not switch. */
  readonly switchedFrom: string | undefined;
  readonly fallbackFrom: readonly string[];
  readonly status: number;
  readonly outcome: 'answered' | 'failed' | 'aborted' | 'cached';
  readonly durationMs: Ms;
  readonly ttftMs: Ms | undefined;
  readonly promptTokens: number | undefined;
  readonly cacheReadTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly billNanoUsd: number | undefined;
  /** What it may have billed beyond `billNanoUsd`. `undefined`: the bill is whole. */
  readonly mayHaveBilledNanoUsd: number | undefined;
  readonly predictedBillNanoUsd: number | undefined;
  readonly losses: readonly string[];
}

/** A request that no model got, so that a wrong name or a spent budget is seen where calls are watched. */
export function refusedEvent(
  refusal: Refusal,
  call: { readonly requestId: string; readonly requestedModel: string; readonly at: At; readonly startedMs: Ms },
): FeedEvent {
  return {
    at: call.at,
    callId: call.requestId,
    sessionId: '',
    stepId: '',
    kind: 'refused',
    decisionId: '',
    requestedModel: call.requestedModel,
    model: call.requestedModel.slice(0, 100),
    endpoint: '',
    reason: refusal.kind,
    switchedFrom: undefined,
    fallbackFrom: [],
    status: refusal.status,
    outcome: 'failed',
    durationMs: performance.now() - call.startedMs,
    ttftMs: undefined,
    promptTokens: undefined,
    cacheReadTokens: undefined,
    outputTokens: undefined,
    billNanoUsd: undefined,
    mayHaveBilledNanoUsd: undefined,
    predictedBillNanoUsd: undefined,
    losses: [],
  };
}

export interface LiveFeed {
  publish(tenant: string, event: () => FeedEvent): void;
  /** An event of another worker, as it was written there. */
  pass(tenant: string, text: string): void;
  /** Holds a response open and writes each event of the tenant to it; slow readers are dropped. */
  attach(response: ServerResponse, tenant: string): void;
  close(): void;
}

const MAX_WAITING_BYTES = 1024 * 1024;

/** Tells finished calls to whoever watches, at other workers too. Costs nothing while nobody does. */
export function createLiveFeed(siblings?: Siblings): LiveFeed {
  const watchers = new Map<ServerResponse, string>();
  const pass = (tenant: string, text: string): void => {
    for (const [watcher, watched] of watchers) {
      if (watched !== tenant) continue;
      if (watcher.writableLength > MAX_WAITING_BYTES) {
        leave(watcher);
        watcher.destroy();
      } else watcher.write(text);
    }
  };
  const leave = (watcher: ServerResponse): void => {
    if (watchers.delete(watcher) && watchers.size === 0) siblings?.watch(false);
  };
  return {
    pass,
    publish(tenant, makeEvent) {
      const isWatchedElsewhere = siblings?.isWatched === true;
      if (watchers.size === 0 && !isWatchedElsewhere) return;
      const text = `data: ${JSON.stringify(makeEvent())}\n\n`;
      pass(tenant, text);
      if (isWatchedElsewhere) siblings.announce({ kind: 'call', tenant, text });
    },
    attach(response, tenant) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': pointsman\n\n');
      if (watchers.size === 0) siblings?.watch(true);
      watchers.set(response, tenant);
      response.on('close', () => leave(response));
    },
    close() {
      for (const watcher of watchers.keys()) watcher.end();
      watchers.clear();
    },
  };
}
