import { isPriced } from '../../catalog/bill.ts';
import { unlistedModel } from '../../catalog/model-families.ts';
import { modelsNamed, readModelName, type NamedModel } from '../../catalog/model-names.ts';
import { isReady } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { isSameModel, type Model, type Wire } from '../../domain/model.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { hasLimits } from '../../money/ledger.ts';
import { chargesOfKey } from '../core/access-keys.ts';
import type { Principal } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { mayGoTo, mayUse } from '../core/may-use.ts';

/** A model as a caller named it. */
export interface ModelOnWire {
  readonly model: Model;
  /** What it is called on the wire in this call: dated where the caller dated it. */
  readonly wireModel: string;
  /** The name demanded a region that the model's endpoint does not promise. */
  readonly lostRegion: string | undefined;
  /** The same model at its other hosts, each called as that host calls it. Empty where the caller named one host. */
  readonly elsewhere: readonly Model[];
}

/**
 * The model that a name means: by its id, by its vendor's spellings, else under that very name at whoever serves its
 * family. An access key reaches the models it lists and no others.
 * @throws PointsmanError `not-found` with the nearest names
 */
export function modelByName(core: GatewayCore, name: string, from: { wire: Wire; principal: Principal }): ModelOnWire {
  const { catalog, models: ready } = core.deps;
  const { key } = from.principal;
  const matches = modelsNamed(catalog.models, name).filter(({ model }) => mayUse(key, model));
  const reachable = matches.filter(
    ({ model }) =>
      ready.includes(model) &&
      canGoTo(core, from.principal, model) &&
      (isNamedAsHost(model, name) || core.endpointOf(model)?.isWatched !== true),
  );
  const inRegion = reachable.find(({ model, region }) => lostRegion(model, region) === undefined);
  const match = inRegion ?? reachable[0] ?? matches[0];
  if (match !== undefined) {
    const lost = lostRegion(match.model, match.region);
    const elsewhere = isNamedAsHost(match.model, name) ? [] : hostsBeside(match, reachable);
    return { ...match, lostRegion: lost, elsewhere };
  }
  const unlisted = unlistedAt(core, name, from);
  if (unlisted === undefined || !mayUse(key, unlisted)) throw unknownModel(core, name);
  return { model: unlisted, wireModel: unlisted.wireModel, lostRegion: undefined, elsewhere: [] };
}

/** Its name is that of one host of the model alone. */
function isNamedAsHost({ id, sameAs }: Model, name: string): boolean {
  return id === name && sameAs !== undefined;
}

/** It has its key, which is none that is kept for others. */
function canGoTo(core: GatewayCore, { key }: Principal, model: Model): boolean {
  const endpoint = core.endpointOf(model);
  return endpoint !== undefined && isReady(endpoint) && mayGoTo(key, endpoint);
}

/** Other hosts of the same model that keep what the name demands: its region where that is kept here, and its version. */
function hostsBeside(match: NamedModel, reachable: readonly NamedModel[]): readonly Model[] {
  const keepsRegion = lostRegion(match.model, match.region) === undefined;
  const { version } = readModelName(match.wireModel);
  return reachable
    .filter(({ model }) => model !== match.model && isSameModel(model, match.model))
    .filter(({ model, region }) => !keepsRegion || lostRegion(model, match.region ?? region) === undefined)
    .filter(({ wireModel }) => version === '' || readModelName(wireModel).version === version)
    .map(({ model, wireModel }) => (model.wireModel === wireModel ? model : { ...model, wireModel }));
}

function unlistedAt(
  core: GatewayCore,
  name: string,
  { wire, principal }: { wire: Wire; principal: Principal },
): Model | undefined {
  const { catalog, refreshed } = core.deps;
  const endpoints = [...core.deps.endpoints.values()]
    .filter((endpoint) => mayGoTo(principal.key, endpoint) && endpoint.isWatched !== true)
    .map((endpoint) => ({ ...endpoint, isReady: isReady(endpoint) }));
  return unlistedModel(name.replace(/\[\w{1,8}\]$/u, ''), { models: catalog.models, endpoints, refreshed }, wire);
}

function lostRegion(model: Model, region: string | undefined): string | undefined {
  const regions = model.compliance.inferenceRegions ?? [];
  return region === undefined || regions.includes(region) ? undefined : region;
}

/**
 * A model whose price nobody knows is told of once, and never spends a budget that it could not be counted against.
 * @throws PointsmanError `no-eligible-model`
 */
export function checkUnpriced(
  core: GatewayCore,
  { model }: ModelOnWire,
  principal: Principal,
  policy: RouterPolicy,
): void {
  if (isPriced(model.prices)) return;
  const { jobNanoUsd, stepNanoUsd } = policy.budget;
  if (hasBudget(core, principal) || (jobNanoUsd ?? stepNanoUsd) !== undefined) {
    throw new PointsmanError('no-eligible-model', `The price of "${model.id}" is not known, and a budget applies.`, {
      hint: 'Name a listed model (GET /v1/models), or give this one a price under "models" in the configuration.',
    });
  }
  reportUnpriced(core, model);
}

/** Whether the caller's access key, or its place, may spend only so much. */
export function hasBudget({ deps }: GatewayCore, { key }: Principal): boolean {
  return key !== undefined && chargesOfKey(key, deps.teams).some(({ limits }) => hasLimits(limits));
}

export function reportUnpriced(core: GatewayCore, model: Pick<Model, 'id' | 'endpoint'>): void {
  if (core.reportedUnpriced.has(model.id)) return;
  if (core.reportedUnpriced.size < MAX_REPORTED) core.reportedUnpriced.add(model.id);
  core.deps.log.warn(
    `"${model.id}" is in no catalogue: passed on to ${model.endpoint}, its price is unknown and counts nowhere`,
  );
}

const MAX_REPORTED = 1000;

function unknownModel(core: GatewayCore, name: string): PointsmanError {
  const near = core.deps.catalog.suggest(name.slice(0, 200)).slice(0, 3);
  const hint =
    near.length > 0 ? `Did you mean ${near.map((id) => `"${id}"`).join(' or ')}?` : 'GET /v1/models lists all.';
  return new PointsmanError('not-found', `No model is called "${name.slice(0, 100)}".`, {
    hint: `${hint} "auto" lets pointsman choose.`,
  });
}
