import { randomBytes } from 'node:crypto';
import { isReady, mayBeChosen, type ConfiguredEndpoint } from '../../config/config.ts';
import type { UpgradesByPrincipal } from '../../decisions/word-bound.ts';
import type { EndpointId, ModelId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { Ms } from '../../domain/time.ts';
import { createHeadWaves, type HeadWaves } from '../../providers/head-waves.ts';
import type { HealthBoard } from '../../providers/hosts/health.ts';
import type { HostMeter } from '../../providers/hosts/host-meter.ts';
import { createHostWatch, wellModels, type HostWatch } from '../../providers/hosts/host-watch.ts';
import { listedPlaces, type PlaceOf } from '../../providers/hosts/place.ts';
import type { RateLimits } from '../../providers/hosts/rate-limits.ts';
import { resolveEndpoint, type Dialect } from '../../wires/shared/endpoint-config.ts';
import { createResponseCache, type ResponseCache } from '../cache/response-cache.ts';
import { createSemanticCache, type SemanticCache } from '../cache/semantic-cache.ts';
import type { GatewayDeps, Reloadable } from '../gateway.ts';
import { createRefusals, type Refusals } from '../route/refusals.ts';
import { createSessionStore, type SessionStore } from '../sessions/session-store.ts';
import { SharedHeads } from '../sessions/shared-heads.ts';
import { boundForStrangers } from '../settings/upgrade-bound.ts';
import { createUpstream, type Upstream } from '../upstream/upstream.ts';
import { shareHealth, type SharedHealth } from '../workers/share-health.ts';
import type { AccessKey } from './access-keys.ts';
import { inBackground } from './background.ts';
import { createBodyReader, type BodyReader } from './body-reader.ts';
import { createBodyWriter, type BodyWriter } from './body-writer.ts';
import { createByteBudget, type ByteBudget } from './byte-budget.ts';
import { createIssuerIndex, type IssuerIndex } from './issuer-index.ts';
import type { WarmKeeper } from './kept-prefix.ts';
import { createLiveCalls, type LiveCalls } from './live-calls.ts';
import { createLiveFeed, type LiveFeed } from './live-feed.ts';
import { mayGoTo, mayUse } from './may-use.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createPassThrough, type SharedSwitch } from './pass-through.ts';
import { createTokenCheck, type TokenCheck } from './token-check.ts';
import { createToolStates, type ToolStates } from './tool-states.ts';
import { createPolicyVariants } from './virtual-models.ts';

/** What all calls of one gateway share. Each field has one owner; nothing else is kept between calls. */
export interface GatewayCore {
  /** As they are now: see `reload`. */
  readonly deps: GatewayDeps;
  reload(next: Partial<Reloadable>): void;
  /** Under which place a model counts where callers may make up names. */
  readonly placeOf: PlaceOf;
  /** Bytes of the bodies that are held. */
  readonly bodies: { readonly packed: ByteBudget; readonly plain: ByteBudget };
  /** Reads bodies, and knows the last one of each transcript. */
  readonly bodyReader: BodyReader;
  /** Writes translated bodies, and knows the last one of each transcript. */
  readonly bodyWriter: BodyWriter;
  /** Calls under way. */
  readonly live: LiveCalls;
  readonly sessions: SessionStore;
  readonly signatures: IssuerIndex;
  readonly toolStates: ToolStates;
  /** Which endpoint keeps a response id of the Responses API. */
  readonly responseIds: IssuerIndex;
  /** Which endpoint keeps a file, a batch or whatever else a vendor made for a caller. */
  readonly keptIds: IssuerIndex<EndpointId>;
  /** The access keys as they are now. */
  readonly keys: TokenCheck;
  readonly upstream: Upstream;
  readonly cache: ResponseCache;
  readonly semantic: SemanticCache;
  readonly metrics: Metrics;
  readonly feed: LiveFeed;
  /** While it is on, nothing is routed, remembered or kept warm. */
  readonly passThrough: SharedSwitch;
  readonly policyVariant: (policy: RouterPolicy, dial: number | undefined) => RouterPolicy;
  /** Prefixes of idle sessions that are pinged, where their policy wants it. */
  readonly warmKeeper: WarmKeeper;
  /** First calls that share a head, one of which writes it. */
  readonly headWaves: HeadWaves;
  /** Heads that other transcripts of the same caller have left warm. */
  readonly sharedHeads: SharedHeads;
  readonly upgrades: UpgradesByPrincipal;
  readonly refusals: Refusals;
  /** Models without a known price that were told of. */
  readonly reportedUnpriced: Set<ModelId>;
  readonly endpointOf: (model: Model) => ConfiguredEndpoint | undefined;
  dialectOf(endpoint: ConfiguredEndpoint): Dialect;
  /** Of every (endpoint, model) that was called. */
  readonly health: HealthBoard;
  /** The same board, where other workers tell what they have seen. */
  readonly sharedHealth: SharedHealth | undefined;
  readonly meter: HostMeter;
  readonly limits: RateLimits;
  /** Models that have their key and are not known to be ill, of those that an access key may use. */
  pool(key: AccessKey | undefined): readonly Model[];
  /** Models at hosts that are only watched, of those that it may use. */
  watched(key: AccessKey | undefined): readonly Model[];
  /** Of a clock that never goes back. */
  readonly monotonicMs: () => Ms;
  readonly newId: (prefix: string) => string;
}

const MAX_POOLS = 200;

function readyModels({ models, endpoints }: GatewayDeps, isWatched: boolean): readonly Model[] {
  return models.filter((model) => {
    const endpoint = endpoints.get(model.endpoint);
    return endpoint !== undefined && isReady(endpoint) && mayBeChosen(endpoint) !== isWatched;
  });
}

/** Whether some access keys may go where others may not. */
function hasKeptKeys({ endpoints }: GatewayDeps): boolean {
  return [...endpoints.values()].some((endpoint) => endpoint.onlyFor !== undefined);
}

/** `openKeeper` makes the keeper of idle sessions on the core whose calls it makes. */
export function createGatewayCore(initial: GatewayDeps, openKeeper: (core: GatewayCore) => WarmKeeper): GatewayCore {
  let deps = initial;
  const { settings } = deps;
  const dialects = new Map<EndpointId, Dialect>();
  /** The same list for the same state, because what follows from a pool alone is remembered by its list. */
  const pools = new Map<string, readonly Model[]>();
  const boot = randomBytes(6).toString('hex');
  let counter = 0;
  let ready = readyModels(deps, false);
  let watched = readyModels(deps, true);
  let isKeptForSome = hasKeptKeys(deps);
  let keeper: WarmKeeper | undefined;
  const mayTake = (key: AccessKey | undefined, model: Model): boolean =>
    mayUse(key, model) && mayGoTo(key, deps.endpoints.get(model.endpoint));
  const placeOf = listedPlaces((id) => deps.catalog.get(id) !== undefined);
  const watch: HostWatch = createHostWatch(settings.breaker, placeOf);
  const shared = deps.siblings && shareHealth(watch.health, deps.siblings);
  const core: GatewayCore = {
    get deps() {
      return deps;
    },
    reload(next) {
      deps = { ...deps, ...next };
      ready = readyModels(deps, false);
      watched = readyModels(deps, true);
      isKeptForSome = hasKeptKeys(deps);
      pools.clear();
      dialects.clear();
      if (next.accessKeys !== undefined) core.keys.replace(next.accessKeys);
    },
    placeOf,
    bodies: {
      packed: createByteBudget(settings.maxHeldBodyBytes / 4),
      plain: createByteBudget(settings.maxHeldBodyBytes),
    },
    bodyReader: createBodyReader({
      maxDepthCount: settings.maxDepthCount,
      maxHeldBytes: settings.maxKnownBodyBytes,
      idleMs: settings.knownBodyIdleMs,
      now: () => core.monotonicMs(),
    }),
    bodyWriter: createBodyWriter({
      maxHeldBytes: settings.maxKnownBodyBytes / 3,
      idleMs: settings.knownBodyIdleMs,
      now: () => core.monotonicMs(),
    }),
    live: createLiveCalls(),
    sessions: createSessionStore({ maxCount: settings.maxSessions, ttlMs: settings.sessionTtlMs }),
    signatures: createIssuerIndex(),
    toolStates: createToolStates(),
    responseIds: createIssuerIndex({ lasting: { store: deps.issuedIds, name: 'responses' } }),
    keptIds: createIssuerIndex({ lasting: { store: deps.issuedIds, name: 'kept' } }),
    keys: createTokenCheck(deps.accessKeys, {
      onRehashed: (hash) =>
        inBackground(deps.log, 'Keeping a new hash of an access key', () => deps.onRehashed?.(hash)),
    }),
    upstream: createUpstream(settings, {
      proxy: deps.proxy,
      hosts: deps.hosts,
      monotonicMs: () => core.monotonicMs(),
    }),
    cache: createResponseCache(settings.cache),
    semantic: createSemanticCache(deps.openEmbedder, deps.log),
    metrics: createMetrics(),
    feed: createLiveFeed(deps.siblings),
    passThrough: createPassThrough(deps.log, () => deps.clock.now(), deps),
    policyVariant: boundForStrangers(createPolicyVariants(), () => deps),
    get warmKeeper() {
      return (keeper ??= openKeeper(core));
    },
    headWaves: createHeadWaves(() => deps.clock.now()),
    sharedHeads: new SharedHeads(),
    upgrades: new Map(),
    refusals: createRefusals(),
    reportedUnpriced: new Set(),
    endpointOf: (model) => deps.endpoints.get(model.endpoint),
    dialectOf: (endpoint) => {
      let dialect = dialects.get(endpoint.id);
      if (dialect === undefined) {
        const { id, wires, baseUrl } = endpoint;
        dialect = endpoint.dialect ?? resolveEndpoint({ id, wires, baseUrl }, {}).dialect;
        dialects.set(id, dialect);
      }
      return dialect;
    },
    ...watch,
    health: shared?.board ?? watch.health,
    sharedHealth: shared,
    pool(key) {
      const nowMs = core.monotonicMs();
      const unhealthy = core.health.unhealthyAt(nowMs);
      const allow = key?.allowModels;
      if (unhealthy === '' && allow === undefined && !isKeptForSome) return ready;
      const name = JSON.stringify([unhealthy, allow, isKeptForSome ? key?.id : undefined]);
      let pool = pools.get(name);
      if (pool === undefined) {
        if (pools.size >= MAX_POOLS) pools.clear();
        const well = wellModels(
          ready.filter((model) => mayTake(key, model)),
          core.health,
          nowMs,
        );
        pools.set(name, (pool = well));
      }
      return pool;
    },
    watched: (key) => (watched.length === 0 ? watched : watched.filter((model) => mayTake(key, model))),
    monotonicMs: () => deps.clock.monotonicMs?.() ?? performance.now(),
    newId: (prefix) => `${prefix}_${boot}${(++counter).toString(36).padStart(6, '0')}`,
  };
  deps.sharedSessions?.onMoved((key) => {
    const session = core.sessions.forget(key);
    // Whoever serves it now keeps it warm.
    for (const thread of session?.threads ?? []) if (session !== undefined) core.warmKeeper.release(session, thread);
  });
  return core;
}
