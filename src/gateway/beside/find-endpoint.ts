import { complianceGaps } from '../../catalog/compliance-gaps.ts';
import { isReady, siteOf, type ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type EndpointId } from '../../domain/ids.ts';
import type { Model } from '../../domain/model.ts';
import { rejectAlways } from '../../router/policy-limits.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { modelByName } from '../call/named-model.ts';
import { memoryOwner, type Principal } from '../core/call-context.ts';
import { callerKeyAt } from '../core/caller-key.ts';
import { isForeign } from '../core/foreign-references.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { checkMayUse, mayGoTo } from '../core/may-use.ts';
import { policyOf } from '../core/policy-of.ts';
import { virtualModel } from '../core/virtual-models.ts';
import type { SideMatch, SideRoute } from './side-routes.ts';

/** Where a request beside model calls goes. */
export interface SideTarget {
  readonly endpoint: ConfiguredEndpoint;
  /** `undefined`: it needs none. */
  readonly key: string | undefined;
  /** `undefined`: none was named, or one that nobody here knows. */
  readonly model: Model | undefined;
  /** What the model is called there. `undefined`: none was named. */
  readonly wireModel: string | undefined;
}

export interface SideRequest {
  readonly match: SideMatch;
  readonly principal: Principal;
  /** The model that path or body names. */
  readonly model: string | undefined;
  /** What the vendor keeps that path or body names. */
  readonly ids: readonly string[];
}

/**
 * The endpoint that keeps what the request names; else that of the model that it names; else the one that the configuration
 * says serves such requests; else the vendor's whose form the request has.
 * @throws PointsmanError `not-found`, `no-eligible-model`, `request-invalid`
 */
export function findEndpoint(core: GatewayCore, request: SideRequest): SideTarget {
  const { match, principal, model: name } = request;
  const { route } = match;
  const keeper = keeperOf(core, request);
  const { model, wireModel } = namedModel(core, name, request);
  if (keeper !== undefined && model !== undefined && model.endpoint !== keeper) {
    throw new PointsmanError('request-invalid', `"${model.id}" is not served where what the request names is kept.`);
  }
  const id = keeper ?? model?.endpoint ?? servingOf(core, route, principal) ?? vendorsOwn(core, route, principal);
  const opened = openedBy(core, id, request);
  checkAllowed(core, { endpoint: opened.endpoint, model }, principal);
  return { ...opened, model, wireModel };
}

/** @throws PointsmanError `not-found` where it is not configured, or has no key */
function openedBy(
  core: GatewayCore,
  id: EndpointId,
  { match, principal }: SideRequest,
): Pick<SideTarget, 'endpoint' | 'key'> {
  const endpoint = core.deps.endpoints.get(id);
  if (endpoint === undefined) throw notServed(match.route);
  const key = endpoint.apiKey?.reveal() ?? callerKeyAt(core, principal, id);
  if (key === undefined && !endpoint.keyless) {
    throw new PointsmanError('not-found', `The endpoint "${id}" cannot be called: it has no key.`, {
      hint: `Set ${endpoint.apiKeyName} where "pointsman serve" runs.`,
    });
  }
  return { endpoint, key };
}

/** @throws PointsmanError `not-found` for what somebody else had made, or nobody here; `request-invalid` where two endpoints keep it */
function keeperOf(core: GatewayCore, { ids, principal }: SideRequest): EndpointId | undefined {
  const owner = memoryOwner(principal);
  const keepers = ids.map((id) => {
    const model = core.responseIds.issuerOf(owner, id);
    const keeper =
      core.keptIds.issuerOf(owner, id) ?? (model === undefined ? undefined : core.deps.catalog.get(model)?.endpoint);
    // Whoever shares a vendor's key with others reaches only what was made for them.
    if (keeper === undefined && (principal.key !== undefined || isForeign(core, owner, id))) {
      throw new PointsmanError('not-found', `Nothing called "${id.slice(0, 100)}" is kept for this caller.`, {
        hint: 'What a vendor keeps goes back to whoever had it made through this gateway.',
      });
    }
    return keeper;
  });
  const known = [...new Set(keepers.filter((keeper) => keeper !== undefined))];
  if (known.length > 1) {
    throw new PointsmanError('request-invalid', `What this request names is kept at ${known.join(' and ')}.`);
  }
  return known[0];
}

function namedModel(
  core: GatewayCore,
  name: string | undefined,
  { match: { route }, principal }: SideRequest,
): Pick<SideTarget, 'model' | 'wireModel'> {
  if (name === undefined) return { model: undefined, wireModel: undefined };
  if (virtualModel(name) !== undefined) {
    throw new PointsmanError('request-invalid', `"${name}" is routed in model calls alone: name a model here.`);
  }
  try {
    const { model, wireModel } = modelByName(core, name, { wire: route.wire, principal });
    return { model, wireModel };
  } catch (thrown) {
    // Nobody's name: it goes where the configuration says that such requests go.
    if (servingOf(core, route, principal) === undefined || principal.key?.allowModels !== undefined) throw thrown;
    return { model: undefined, wireModel: name };
  }
}

/** The endpoints that may be chosen: whose key is not kept for others, and which are not only watched. */
function openTo(core: GatewayCore, { key }: Principal): readonly ConfiguredEndpoint[] {
  return [...core.deps.endpoints.values()].filter((endpoint) => mayGoTo(key, endpoint) && endpoint.isWatched !== true);
}

function servingOf(core: GatewayCore, { kind }: SideRoute, principal: Principal): EndpointId | undefined {
  const serving = openTo(core, principal).filter((endpoint) => endpoint.serves?.includes(kind) === true);
  return (serving.find(isReady) ?? serving[0])?.id;
}

/**
 * The vendor's own endpoint, where it can be called; else the only one that can and speaks its form.
 * @throws PointsmanError `not-found` where that one is only watched
 */
function vendorsOwn(core: GatewayCore, route: SideRoute, principal: Principal): EndpointId {
  const { wire } = route;
  const own = asId<EndpointId>(WIRE_FORMATS[wire].vendor);
  const ready = openTo(core, principal).filter(isReady);
  const opened = ready.find((endpoint) => siteOf(endpoint) === own);
  if (opened !== undefined) return opened.id;
  if (core.deps.endpoints.has(own) && callerKeyAt(core, principal, own) !== undefined) return own;
  const others = ready.filter((endpoint) => endpoint.wires.includes(wire));
  if (new Set(others.map(siteOf)).size === 1 && others[0] !== undefined) return others[0].id;
  if (core.deps.endpoints.get(own)?.isWatched === true) throw notServed(route);
  return own;
}

/**
 * What an access key and a policy allow holds here, too: by the model, or, where there is none, by where it goes.
 * @throws PointsmanError `no-eligible-model`
 */
export function checkAllowed(
  core: GatewayCore,
  { endpoint, model }: { readonly endpoint: ConfiguredEndpoint; readonly model: Model | undefined },
  principal: Principal,
): void {
  const policy = policyOf(core, principal);
  if (!mayGoTo(principal.key, endpoint)) {
    throw new PointsmanError('no-eligible-model', `The key of "${endpoint.id}" is kept for others.`);
  }
  if (model !== undefined) {
    checkMayUse(core, principal, model);
    const rejection = rejectAlways(policy, model);
    if (rejection !== undefined && rejection.code !== 'no-price') {
      throw new PointsmanError('no-eligible-model', `"${model.id}" may not be used. ${rejection.why}`);
    }
    return;
  }
  const allowed = [principal.key?.allowModels, policy.allowModels].filter((list) => list !== undefined);
  const reaches = (list: readonly string[]): boolean =>
    list.some((id) => core.deps.catalog.get(id)?.endpoint === endpoint.id);
  if (!allowed.every(reaches)) {
    throw new PointsmanError('no-eligible-model', `No model that may be used is at "${endpoint.id}".`);
  }
  const gaps = complianceGaps(endpoint.compliance, policy.compliance);
  if (gaps.length > 0) throw new PointsmanError('no-eligible-model', `At ${endpoint.id}: ${gaps.join('; ')}.`);
}

function notServed({ kind }: SideRoute): PointsmanError {
  return new PointsmanError('not-found', `No endpoint here serves ${kind}.`, {
    hint: `Name a model of one, or write "serves: [${kind}]" at an endpoint in the configuration.`,
  });
}
