import type { HostView } from '../../domain/decision.ts';
import type { SessionId } from '../../domain/ids.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Ms } from '../../domain/time.ts';
import type { BreakerSettings } from './circuit-breaker.ts';
import { createHealthBoard, type HealthBoard } from './health.ts';
import { createHostMeter, type HostMeter } from './host-meter.ts';
import { hostViews, type HostFigures } from './host-views.ts';
import type { PlaceOf } from './place.ts';
import { createRateLimits, type RateLimits } from './rate-limits.ts';

/** All that a process has seen of the hosts that it calls. Whoever calls them writes it, and decisions read it. */
export interface HostWatch {
  readonly health: HealthBoard;
  readonly meter: HostMeter;
  readonly limits: RateLimits;
}

export function createHostWatch(breaker?: BreakerSettings, placeOf?: PlaceOf): HostWatch {
  return {
    health: createHealthBoard(breaker, placeOf),
    meter: createHostMeter(placeOf),
    limits: createRateLimits(placeOf),
  };
}

/** The models that are not known to be ill. Where all are, all: a try at an ill host at least tells what is wrong. */
export function wellModels(models: readonly Model[], health: HealthBoard, nowMs: Ms): readonly Model[] {
  const well = models.filter((model) => !health.isUnhealthyAt(model, nowMs));
  return well.length > 0 ? well : models;
}

/** The same for those who decide, as it is at the moment. */
export interface HostFacts {
  /**
   * A pool without hosts that are ill, or whose key is at its limit, while another of the same model is well and free; the same list
   * where there are none.
   */
  free(pool: readonly Model[]): readonly Model[];
  views(pool: readonly Model[], session: SessionId): readonly HostView[];
}

export function hostFacts(
  watch: HostWatch,
  { endpointOf, monotonicMs }: Pick<HostFigures, 'endpointOf'> & { readonly monotonicMs: () => Ms },
): HostFacts {
  return {
    free: (pool) => {
      const nowMs = monotonicMs();
      const isFree = (model: Model): boolean =>
        !watch.health.isUnhealthyAt(model, nowMs) && watch.limits.waitMs(model, nowMs) === 0;
      const free = new Set(pool.filter(isFree));
      if (free.size === pool.length) return pool;
      const served = new Set([...free].map(modelIdentity));
      const kept = pool.filter((model) => free.has(model) || !served.has(modelIdentity(model)));
      return kept.length === pool.length ? pool : kept;
    },
    views: (pool, session) => hostViews({ ...watch, endpointOf }, pool, { session, nowMs: monotonicMs() }),
  };
}
