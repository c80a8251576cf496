import { createHash } from 'node:crypto';
import type { DecideInput, Decision } from '../domain/decision.ts';
import { asId, type DecisionId, type SessionId, type StepId } from '../domain/ids.ts';
import { eachModelOnce, type Model } from '../domain/model.ts';
import { failurePricesOf, likeliestOf, type StepNeed } from '../domain/need.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';
import { AS_STATED, dialScale } from '../policy/dial-scale.ts';
import { NO_EVIDENCE, type StepFeatures } from '../predict/features/step-features.ts';
import { agreedNeed } from '../predict/joint-need.ts';
import { createNeedEstimator } from '../predict/learned-predictor.ts';
import { shippedArtifact } from '../predict/shipped-artifact.ts';
import { sizeOf } from '../predict/step-sizes.ts';
import { stepStream } from '../predict/step-stream.ts';
import { USUAL_REQUIREMENTS } from './defaults.ts';
import { toDecideInput } from './to-decide-input.ts';

/** Who decides: the router's `decide`, handed in by whoever builds the parts, so that no door stands on the router's tables. */
export type Decide = (input: DecideInput) => Decision;

/** Fewer models than this have no third to speak of: the shipped scale holds. */
const LEAST_MODELS = 3;
/** Who counts as the ablest: a third of the pool, or fewer where the cheapest model is one of that third and nothing would move. */
const ABLEST_SHARES: readonly Ratio[] = [1 / 3, 1 / 4, 1 / 6, 1 / 12];
/** More pools than this are forgotten together. */
const MAX_POOLS = 64;

const known = new WeakMap<RouterPolicy, Map<string, RouterPolicy>>();

/**
 * The policy with its dial measured on this pool: each notch moves the boundary between what is easy enough for the cheaper models
 * and what goes to the ablest third. A scale that the policy states itself holds. Measured once for each policy and pool.
 */
export function withPoolDial(policy: RouterPolicy, pool: readonly Model[], decide: Decide): RouterPolicy {
  const models = eachModelOnce(pool);
  if (policy.dialFactors !== undefined || models.length < LEAST_MODELS) return policy;
  let pools = known.get(policy);
  if (pools === undefined) known.set(policy, (pools = new Map()));
  const key = poolKeyOf(models);
  let dialled = pools.get(key);
  if (dialled === undefined) {
    if (pools.size >= MAX_POOLS) pools.clear();
    const factors = measuredFactors(policy, models, { decide, pool: key });
    pools.set(key, (dialled = factors === undefined ? policy : { ...policy, dialFactors: factors }));
  }
  return dialled;
}

/** The input with the dial of its policy measured on its pool. */
export function atPoolDial(input: DecideInput, decide: Decide): DecideInput {
  const policy = withPoolDial(input.policy, input.models, decide);
  return policy === input.policy ? input : { ...input, policy };
}

/** Scales by the policy without its dial and the pool: each job and each request with a dial of its own has a policy object of its own. */
const scales = new WeakMap<Decide, Map<string, readonly number[] | undefined>>();

function measuredFactors(
  policy: RouterPolicy,
  models: readonly Model[],
  { decide, pool }: { readonly decide: Decide; readonly pool: string },
): readonly number[] | undefined {
  let byContent = scales.get(decide);
  if (byContent === undefined) scales.set(decide, (byContent = new Map()));
  const { id: _id, version: _version, dial: _dial, trial: _trial, learned: _learned, ...rules } = policy;
  const key = `${digestOf(rules)} ${pool}`;
  if (byContent.has(key)) return byContent.get(key);
  if (byContent.size >= MAX_POOLS) byContent.clear();
  const factors = dialFactors(policy, models, decide);
  byContent.set(key, factors);
  return factors;
}

const poolKeys = new WeakMap<readonly Model[], string>();

/** What the models of a pool are, in their order. The same list comes with decision after decision. */
function poolKeyOf(models: readonly Model[]): string {
  let key = poolKeys.get(models);
  if (key === undefined) poolKeys.set(models, (key = models.map(fingerprintOf).join(' ')));
  return key;
}

const fingerprints = new WeakMap<Model, string>();

/** All that a model is, prices included: the same name at another price leaves another boundary. Made once per object. */
function fingerprintOf(model: Model): string {
  let own = fingerprints.get(model);
  if (own === undefined) fingerprints.set(model, (own = digestOf(model)));
  return own;
}

function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 12);
}

/** Factors of the price of failure at the eleven notches; `undefined`: the pool leaves too little to choose. */
export function dialFactors(
  policy: RouterPolicy,
  models: readonly Model[],
  decide: Decide,
): readonly number[] | undefined {
  const steps = streamInputs(policy, models).map((input) => tableOf(decide(input)));
  const ranked = byAbility(models, steps);
  for (const share of ABLEST_SHARES) {
    const ablest = new Set(ranked.slice(0, Math.max(1, Math.round(ranked.length * share))));
    const scale = dialScale((factor) => shareOf(steps, factor, ablest));
    if (scale !== undefined) return scale.factors;
  }
  return undefined;
}

/** The steps of the stream, each in a fresh session, its failure priced as the policy states it. */
export function streamInputs(policy: RouterPolicy, models: readonly Model[]): readonly DecideInput[] {
  estimator ??= createNeedEstimator(shippedArtifact());
  const estimate = estimator;
  return stepStream().map((need) => inputOf(need, { policy, models, estimate }));
}

/** One step of the stream on every model that may take it: what it costs, and what its failure costs as the policy states it. */
interface StepTable {
  readonly rows: readonly { readonly model: string; readonly cost: number; readonly failure: number }[];
  readonly success: ReadonlyMap<string, Ratio>;
}

function tableOf({ candidates }: Decision): StepTable {
  return {
    rows: candidates.map((row) => ({
      model: row.model,
      cost: row.totalNanoUsd - row.failureNanoUsd,
      failure: row.failureNanoUsd,
    })),
    success: new Map(candidates.map((row) => [row.model, row.successRatio])),
  };
}

let estimator: ReturnType<typeof createNeedEstimator> | undefined;

interface StreamPool {
  readonly policy: RouterPolicy;
  readonly models: readonly Model[];
  readonly estimate: ReturnType<typeof createNeedEstimator>;
}

function inputOf(need: StepNeed, { policy, models, estimate }: StreamPool): DecideInput {
  const kind = likeliestOf(need, 'kind').value;
  const features: StepFeatures = {
    v: 1,
    text: '',
    kind,
    kindConfidenceRatio: 1,
    need,
    trigger: 'user',
    evidence: NO_EVIDENCE,
    structure: {
      position: 0,
      plannedStepCount: undefined,
      artifactTokens: 0,
      requiredToolCount: 0,
      requiresWrite: false,
      transcriptTokens: 0,
    },
  };
  const prices = failurePricesOf(policy);
  return toDecideInput({
    decisionId: asId<DecisionId>('dial'),
    now: 0,
    policy: { ...policy, dial: 5, dialFactors: AS_STATED },
    session: { sessionId: asId<SessionId>('dial') },
    step: {
      stepId: asId<StepId>('dial'),
      kind,
      trigger: 'user',
      modes: ['isolate'],
      // A pool's dial holds for steps with tools and without: a model that calls none is part of it.
      requirements: { ...USUAL_REQUIREMENTS, tools: false },
    },
    reading: {
      size: sizeOf(features, undefined, prices),
      quality: models.map((model) => estimate(need, model, prices)),
      need: agreedNeed(need),
    },
    future: { forecast: [] },
    models,
    warmth: [],
  });
}

/** Models by how likely they are right over the stream, the likeliest first. */
function byAbility(models: readonly Model[], steps: readonly StepTable[]): readonly string[] {
  const mean = (model: Model): number => steps.reduce((sum, { success }) => sum + (success.get(model.id) ?? 0), 0);
  const ranked = models.map((model) => ({ id: model.id, mean: mean(model) })).sort((a, b) => b.mean - a.mean);
  return ranked.map(({ id }) => id);
}

function shareOf(steps: readonly StepTable[], factor: number, ablest: ReadonlySet<string>): Ratio {
  let count = 0;
  for (const { rows } of steps) {
    let best: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const { model, cost, failure } of rows) {
      const total = cost + factor * failure;
      if (total < least) [best, least] = [model, total];
    }
    if (best !== undefined && ablest.has(best)) count += 1;
  }
  return count / steps.length;
}
