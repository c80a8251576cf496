import type { EndpointId, ModelId } from '../../domain/ids.ts';
import type { Ms } from '../../domain/time.ts';
import {
  createCircuitBreaker,
  type BreakerSettings,
  type CircuitBreaker,
  type CircuitPass,
  type CircuitState,
} from './circuit-breaker.ts';
import { asItIs, placeKey, type Place, type PlaceOf } from './place.ts';

/**
 * Health of one model at one endpoint. What its endpoint answers is the model's: one that is overloaded keeps nobody from its
 * neighbours. That nobody can be reached there at all is the endpoint's, and holds for all of its models.
 */
export interface HostHealth {
  readonly endpoint: EndpointId;
  readonly model: ModelId;
  stateAt(nowMs: Ms): CircuitState;
  tryAcquire(nowMs: Ms): HostPass | undefined;
  answering(nowMs: Ms, pass?: HostPass): void;
  succeeded(nowMs: Ms, pass?: HostPass): void;
  /** `wasReached`: false where no connection was made. */
  failed(nowMs: Ms, wasReached: boolean, pass?: HostPass): void;
  released(pass?: HostPass): void;
}

/** Leave to send one call, from both circuits that it passes. */
export interface HostPass {
  readonly ofEndpoint: CircuitPass;
  readonly ofModel: CircuitPass;
}

/** Health of every (endpoint, model) that was called. */
export interface HealthBoard {
  of(model: Place): HostHealth;
  all(): Iterable<HostHealth>;
  /** Who takes no calls now, as one text that is the same for the same ones; empty where all may. */
  unhealthyAt(nowMs: Ms): string;
  isUnhealthyAt(model: Place, nowMs: Ms): boolean;
}

const ORDER: readonly CircuitState[] = ['closed', 'half-open', 'open'];

export function createHealthBoard(settings: BreakerSettings | undefined, placeOf: PlaceOf = asItIs): HealthBoard {
  const endpoints = new Map<EndpointId, CircuitBreaker>();
  const hosts = new Map<string, HostHealth>();
  const endpointOf = (id: EndpointId): CircuitBreaker => {
    let breaker = endpoints.get(id);
    if (breaker === undefined) endpoints.set(id, (breaker = createCircuitBreaker(settings)));
    return breaker;
  };
  return {
    of(model) {
      const place = placeOf(model);
      const { id, endpoint } = place;
      const key = placeKey(place);
      let host = hosts.get(key);
      if (host === undefined) {
        host = hostHealth({ endpoint, model: id }, endpointOf(endpoint), createCircuitBreaker(settings));
        hosts.set(key, host);
      }
      return host;
    },
    all: () => hosts.values(),
    unhealthyAt(nowMs) {
      const unhealthy: string[] = [];
      for (const [id, breaker] of endpoints) if (breaker.stateAt(nowMs) === 'open') unhealthy.push(id);
      for (const [key, host] of hosts) if (host.stateAt(nowMs) === 'open') unhealthy.push(key);
      return unhealthy.join(',');
    },
    isUnhealthyAt: (model, nowMs) =>
      endpoints.get(model.endpoint)?.stateAt(nowMs) === 'open' ||
      hosts.get(placeKey(placeOf(model)))?.stateAt(nowMs) === 'open',
  };
}

function hostHealth(
  named: Pick<HostHealth, 'endpoint' | 'model'>,
  ofEndpoint: CircuitBreaker,
  ofModel: CircuitBreaker,
): HostHealth {
  return {
    ...named,
    stateAt(nowMs) {
      const [one, other] = [ofEndpoint.stateAt(nowMs), ofModel.stateAt(nowMs)];
      return ORDER.indexOf(one) > ORDER.indexOf(other) ? one : other;
    },
    tryAcquire(nowMs) {
      const endpointPass = ofEndpoint.tryAcquire(nowMs);
      if (endpointPass === undefined) return undefined;
      const modelPass = ofModel.tryAcquire(nowMs);
      if (modelPass !== undefined) return { ofEndpoint: endpointPass, ofModel: modelPass };
      ofEndpoint.released(endpointPass);
      return undefined;
    },
    answering(nowMs, pass) {
      ofEndpoint.answering(nowMs, pass?.ofEndpoint);
      ofModel.answering(nowMs, pass?.ofModel);
    },
    succeeded(nowMs, pass) {
      ofEndpoint.succeeded(nowMs, pass?.ofEndpoint);
      ofModel.succeeded(nowMs, pass?.ofModel);
    },
    failed(nowMs, wasReached, pass) {
      if (wasReached) {
        // Somebody answered the door: the endpoint is there.
        ofEndpoint.succeeded(nowMs, pass?.ofEndpoint);
        ofModel.failed(nowMs, pass?.ofModel);
      } else {
        ofEndpoint.failed(nowMs, pass?.ofEndpoint);
        ofModel.released(pass?.ofModel);
      }
    },
    released(pass) {
      ofEndpoint.released(pass?.ofEndpoint);
      ofModel.released(pass?.ofModel);
    },
  };
}
