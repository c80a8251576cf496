import { setTimeout as wait } from 'node:timers/promises';
import type { StreamPart } from '../domain/call.ts';
import type { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { SECOND_MS, type Ms } from '../domain/time.ts';
import type { HostPass } from './hosts/health.ts';
import type { HostWatch } from './hosts/host-watch.ts';
import { neverSent } from './may-have-billed.ts';
import type { ModelProvider } from './provider.ts';

/** A turn that comes later is not waited for: the vendor itself may say how it is. */
const LONGEST_TURN_MS: Ms = 10 * SECOND_MS;

/**
 * A provider whose every call says how its host fares, and waits its turn where the key is at a limit; `monotonicMs` is of a clock
 * that never goes back.
 */
export function watchedProvider(provider: ModelProvider, watch: HostWatch, monotonicMs: () => Ms): ModelProvider {
  return {
    endpoint: provider.endpoint,
    async *stream(model, request, options) {
      const turnMs = watch.limits.takeTurn(model, monotonicMs(), LONGEST_TURN_MS) ?? 0;
      if (turnMs > 0) await wait(turnMs, undefined, { signal: options.signal }).catch(() => undefined);
      const call = new WatchedCall(watch, model, monotonicMs);
      try {
        for await (const part of provider.stream(model, request, options)) {
          call.note(part);
          yield part;
        }
      } finally {
        call.end();
      }
    },
  };
}

class WatchedCall {
  readonly #watch: HostWatch;
  readonly #model: Model;
  readonly #monotonicMs: () => Ms;
  readonly #sentMs: Ms;
  #pass: HostPass | undefined;
  #begunMs: Ms | undefined;
  #hasVerdict = false;

  constructor(watch: HostWatch, model: Model, monotonicMs: () => Ms) {
    this.#watch = watch;
    this.#model = model;
    this.#monotonicMs = monotonicMs;
    this.#sentMs = monotonicMs();
    this.#pass = watch.health.of(model).tryAcquire(this.#sentMs);
  }

  note(part: StreamPart): void {
    if (part.type === 'start') return;
    if (part.type === 'error') {
      this.#failed(part.error);
      return;
    }
    const nowMs = this.#monotonicMs();
    if (this.#begunMs === undefined) {
      this.#begunMs = nowMs;
      this.#watch.health.of(this.#model).answering(nowMs, this.#pass);
      this.#watch.meter.began(this.#model, nowMs, nowMs - this.#sentMs);
    }
    if (part.type !== 'finish') return;
    this.#hasVerdict = true;
    this.#watch.health.of(this.#model).succeeded(nowMs, this.#pass);
    const outputTokens = part.usage?.outputTokens ?? 0;
    this.#watch.meter.ended(this.#model, nowMs, { outputTokens, streamMs: nowMs - this.#begunMs });
  }

  /** A call that was left says nothing of its host. */
  end(): void {
    if (!this.#hasVerdict) this.#watch.health.of(this.#model).released(this.#pass);
  }

  #failed(error: PointsmanError): void {
    const nowMs = this.#monotonicMs();
    const { health, meter, limits } = this.#watch;
    if (error.code === 'provider-rate-limited') {
      const asked = error.details['retryAfterMs'];
      limits.turnedAway(this.#model, typeof asked === 'number' ? asked : undefined, nowMs);
    }
    if (!isIllness(error)) return;
    this.#hasVerdict = true;
    health.of(this.#model).failed(nowMs, !neverSent(error), this.#pass);
    meter.failed(this.#model, nowMs);
  }
}

/** The host is ill, and not the request, the key or the caller's patience. */
function isIllness({ code }: PointsmanError): boolean {
  return code === 'provider-unavailable' || code === 'provider-timeout' || code === 'provider-protocol';
}
