import type { DecideInput, HostView } from '../domain/decision.ts';
import type { ModelId } from '../domain/ids.ts';
import { isNamedIn, isSameModel, modelIdentity, type Model } from '../domain/model.ts';
import type { StepMode } from '../domain/step.ts';
import type { Ms, Ratio } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import { rivalsIn } from './pool-rivals.ts';
import { speedOf } from './step-terms.ts';

/** A model that the hard limits let through, in these modes. */
export interface AdmittedModel {
  readonly model: Model;
  readonly modelIndex: number;
  readonly modes: readonly StepMode[];
  readonly warmth: Warmth | undefined;
}

const groups = new WeakMap<readonly Model[], readonly number[]>();

/** For each model of a pool the index of the first row that serves the same model: hosts of one model share it. */
export function groupIndices(pool: readonly Model[]): readonly number[] {
  let indices = groups.get(pool);
  if (indices === undefined) {
    const first = new Map<ModelId, number>();
    indices = pool.map((model, at) => {
      const id = modelIdentity(model);
      if (!first.has(id)) first.set(id, at);
      return first.get(id) ?? at;
    });
    groups.set(pool, indices);
  }
  return indices;
}

/** Whether some model of a pool has two hosts. */
function hasHosts(pool: readonly Model[]): boolean {
  return groupIndices(pool).some((group, at) => group !== at);
}

export function hostViewOf({ hosts }: DecideInput, model: Model): HostView | undefined {
  return hosts?.find((row) => row.model === model.id);
}

/**
 * Hosts that another host of the same model beats whatever comes: they are cold, and it costs no more for any token at any
 * length, keeps at least as long and surely, fails no more often and is no slower, and of equals its turn comes first. No plan
 * is cheaper for having them, so nobody looks for one. Each with the host that beats it. Pure.
 */
export function beatenHosts(
  input: DecideInput,
  pool: readonly Model[],
  admitted: readonly AdmittedModel[],
): ReadonlyMap<Model, Model> {
  const beaten = new Map<Model, Model>();
  if (!hasHosts(pool) || usesSeveralCaches(input)) return beaten;
  const group = groupIndices(pool);
  const rivals = rivalsIn(pool);
  const { incumbent, neverSwitchModel } = input.session;
  for (const host of admitted) {
    // Reasons and guards speak of them.
    if (host.model.id === incumbent || host.model.id === neverSwitchModel) continue;
    const better = admitted.find(
      (other) =>
        other !== host &&
        group[other.modelIndex] === group[host.modelIndex] &&
        !beaten.has(other.model) &&
        rivals.get(host.model)?.includes(other.model) === true &&
        isNoWorseNow(input, other, host),
    );
    if (better !== undefined) beaten.set(host.model, better.model);
  }
  return beaten;
}

/**
 * Hosts that the draw of a canary leaves out of this session, each with the sentence that says why: a canary that was not drawn while
 * another host may take the step, and every other host while a canary was. Where a model of theirs has the session already, its cache
 * decides as ever. Pure.
 */
export function undrawnHosts(input: DecideInput, admitted: readonly AdmittedModel[]): ReadonlyMap<Model, string> {
  const left = new Map<Model, string>();
  const canaries = new Map(
    input.hosts?.flatMap(({ model, canary }) => (canary === undefined ? [] : [[model, canary]])),
  );
  if (canaries.size === 0) return left;
  const { incumbent } = input.session;
  for (const { model } of admitted) {
    const others = admitted.filter((other) => other.model !== model && isSameModel(other.model, model));
    const ids = others.map((other) => other.model.id);
    const isSpared = canaries.get(model.id) === 'spared';
    const drawn = ids.find((id) => canaries.get(id) === 'drawn');
    if (model.id === incumbent) continue;
    if (isSpared && ids.some((id) => canaries.get(id) !== 'spared')) left.set(model, SPARED);
    else if (!canaries.has(model.id) && drawn !== undefined && !ids.some((id) => id === incumbent))
      left.set(model, `${drawn} is a canary, and this session is of its share.`);
  }
  return left;
}

const SPARED = 'It is a canary, and this session is not of its share.';

/**
 * Whether two equal caches may be worth more than one: branches that start together, heads of fresh contexts beside the shared
 * transcript, and marks of both write classes each want one of their own.
 */
function usesSeveralCaches({ session, step, forecast, scenarios = [], mayWriteLong }: DecideInput): boolean {
  const steps = [step, ...forecast, ...scenarios.flatMap((scenario) => scenario.forecast)];
  return (
    mayWriteLong === true ||
    session.head !== undefined ||
    steps.some((one) => one.parallelGroup !== undefined || one.freshHead !== undefined)
  );
}

/** What the step and the moment decide between two hosts of one model. */
function isNoWorseNow(input: DecideInput, one: AdmittedModel, other: AdmittedModel): boolean {
  return (
    other.modes.every((mode) => one.modes.includes(mode)) &&
    isAsWarm(one, other) &&
    isAsHealthy(input, one, other) &&
    isListedLike(input, one.model, other.model)
  );
}

function isAsWarm({ warmth: one }: AdmittedModel, { warmth: other, model }: AdmittedModel): boolean {
  if (one === undefined) return other === undefined;
  // Use changes what a cache holds: a cold host may spare a mark of the long class, or a cache that is better left alone.
  if (holdsLong(one, model) || !isFading(one)) return false;
  // Of a cache that nothing is known of its vendor's rule is believed.
  if (other === undefined) return leastHitRatio(one) >= priorOf(model);
  if (other.warmTokens > 0 || (other.heads?.length ?? 0) > 0) return false;
  return one.hitRatio >= other.hitRatio && areHitsNoRarer(one, other);
}

/** The longer idle the rarer a hit: of a cache that is better left alone two may be worth more than one. */
function isFading({ hitRatios }: Warmth): boolean {
  const rows = hitRatios === undefined ? [] : [hitRatios.user, hitRatios['tool-result']];
  return rows.every((row) => row.every((ratio, bucket) => bucket === 0 || ratio <= (row[bucket - 1] ?? 1)));
}

function holdsLong({ warmTokens, ttlMs }: Warmth, { cacheRule }: Model): boolean {
  return warmTokens > 0 && cacheRule.kind !== 'none' && ttlMs > cacheRule.ttlMs;
}

function leastHitRatio({ hitRatio, hitRatios }: Warmth): Ratio {
  return hitRatios === undefined ? hitRatio : Math.min(hitRatio, ...hitRatios.user, ...hitRatios['tool-result']);
}

function priorOf({ cacheRule }: Model): Ratio {
  return cacheRule.kind === 'none' ? 0 : cacheRule.priorHitRatio;
}

function areHitsNoRarer(one: Warmth, other: Warmth): boolean {
  if (one.hitRatios === other.hitRatios) return true;
  if (one.hitRatios === undefined || other.hitRatios === undefined) return false;
  const [own, theirs] = [one.hitRatios, other.hitRatios];
  return (['user', 'tool-result'] as const).every((trigger) =>
    theirs[trigger].every((ratio, bucket) => (own[trigger][bucket] ?? 0) >= ratio),
  );
}

function isAsHealthy(input: DecideInput, one: AdmittedModel, other: AdmittedModel): boolean {
  const [own, theirs] = [standingOf(input, one.model), standingOf(input, other.model)];
  const isSooner = own.turn < theirs.turn || (own.turn === theirs.turn && one.modelIndex < other.modelIndex);
  const isNoSlower = own.ttftMs <= theirs.ttftMs && own.perSecond >= theirs.perSecond;
  return (
    isSooner && own.failureRatio <= theirs.failureRatio && (input.policy.waitingNanoUsdPerSecond === 0 || isNoSlower)
  );
}

interface HostStanding {
  readonly failureRatio: Ratio;
  readonly turn: number;
  readonly ttftMs: Ms;
  readonly perSecond: number;
}

/** What is believed of a host: as it was seen, else as the catalogue says, else as of any. */
function standingOf(input: DecideInput, model: Model): HostStanding {
  const seen = hostViewOf(input, model);
  return {
    failureRatio: seen?.failureRatio ?? 0,
    turn: seen?.turn ?? 0,
    ...speedOf(model, seen),
  };
}

/** No list of the policy or of a later step has the other host and not this one. */
function isListedLike({ policy, forecast, scenarios = [] }: DecideInput, one: Model, other: Model): boolean {
  const fits = (list: readonly string[] | undefined): boolean =>
    list === undefined || !isNamedIn(list, other) || isNamedIn(list, one);
  const steps = [forecast, ...scenarios.map((scenario) => scenario.forecast)].flat();
  return Object.values(policy.kindModels).every(fits) && steps.every((step) => fits(step.onlyModels));
}

const smaller = new WeakMap<readonly Model[], Map<string, readonly Model[]>>();
const MAX_SMALLER = 64;

/** A pool without some of its models; the same list for the same ones, so that what follows from a pool is remembered with it. */
export function poolWithout(pool: readonly Model[], left: ReadonlySet<Model>): readonly Model[] {
  if (left.size === 0) return pool;
  let lists = smaller.get(pool);
  if (lists === undefined) smaller.set(pool, (lists = new Map()));
  const key = [...left].map((model) => model.id).join(' ');
  let list = lists.get(key);
  if (list === undefined) {
    if (lists.size >= MAX_SMALLER) lists.clear();
    lists.set(key, (list = pool.filter((model) => !left.has(model))));
  }
  return list;
}
