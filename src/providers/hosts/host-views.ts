import { createHash } from 'node:crypto';
import type { HostView } from '../../domain/decision.ts';
import type { EndpointId, SessionId } from '../../domain/ids.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Ms, Ratio } from '../../domain/time.ts';
import type { HostMeter } from './host-meter.ts';
import type { RateLimits } from './rate-limits.ts';

/** Below this share a limit is near, and the nearer it is the likelier a call is turned away. */
const NEAR_LIMIT: Ratio = 0.1;

export interface HostFigures {
  readonly meter: HostMeter;
  readonly limits: RateLimits;
  /** What its user says of the host of a model. */
  readonly endpointOf: (
    model: Model,
  ) => { readonly weight?: number; readonly canaryRatio?: Ratio; readonly site?: EndpointId } | undefined;
}

/** The rows of a pool whose model has more than one host. */
function hostsIn(pool: readonly Model[]): readonly Model[] {
  if (pool.every((model) => model.sameAs === undefined)) return [];
  const counts = new Map<string, number>();
  for (const model of pool) counts.set(modelIdentity(model), (counts.get(modelIdentity(model)) ?? 0) + 1);
  return pool.filter((model) => (counts.get(modelIdentity(model)) ?? 0) > 1);
}

/** What a decision hears of the hosts of models that have several: how they fare now, and whose turn it is in this session. */
export function hostViews(
  { meter, limits, endpointOf }: HostFigures,
  pool: readonly Model[],
  of: { readonly session: SessionId; readonly nowMs: Ms },
): readonly HostView[] {
  return hostsIn(pool).map((model) => {
    const seen = meter.seenOf(model, of.nowMs);
    const awayRatio = Math.max(0, 1 - limits.leftRatio(model, of.nowMs) / NEAR_LIMIT);
    const host = endpointOf(model);
    return {
      ...seen,
      model: model.id,
      failureRatio: 1 - (1 - seen.failureRatio) * (1 - awayRatio),
      turn: sessionTurn(of.session, model, host?.weight ?? 1),
      ...(host?.canaryRatio === undefined
        ? {}
        : { canary: canaryDraw(of.session, host.site ?? model.endpoint, host.canaryRatio) }),
    };
  });
}

/**
 * Weighted rendezvous hashing: of hosts that cost the same the one with the lowest turn gets a session, each in proportion to its
 * weight, and the same one every time; a host that comes or goes moves no session between the others.
 */
export function sessionTurn(session: string, { id }: Pick<Model, 'id'>, weight: number): number {
  return -Math.log(chanceOf(`${session} ${id}`)) / weight;
}

/**
 * Whether a session is one of the share that goes to a new host first: the same one every time, and no wider share loses any. Drawn once
 * for all its models and keys, or each of them would add its share.
 */
function canaryDraw(session: string, site: EndpointId, ratio: Ratio): 'drawn' | 'spared' {
  return chanceOf(`canary ${session} ${site}`) < ratio ? 'drawn' : 'spared';
}

/** Evenly spread between 0 and 1, without both. */
function chanceOf(text: string): Ratio {
  const bits = createHash('sha256').update(text).digest().readUInt32BE(0);
  return (bits + 0.5) / 2 ** 32;
}
