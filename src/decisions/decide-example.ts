import type { Catalog } from '../catalog/catalog.ts';
import type { DecideInput, Decision } from '../domain/decision.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { ForecastStep, StepSize } from '../domain/forecast.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { HandoffDrift, QualityEstimate, Verifier } from '../domain/quality.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { STEP_MODES } from '../domain/step.ts';
import { MINUTE_MS, SECOND_MS, type Ms } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import { TESTS } from '../learn/beliefs/verifier-priors.ts';
import type { PolicyExample } from '../policy/policy-file.ts';
import { withDial } from '../policy/with-dial.ts';
import { USUAL_REQUIREMENTS } from './defaults.ts';
import { makeDecision } from './make-decision.ts';
import type { Decide } from './pool-dial.ts';
import type { SessionFacts, StepFacts } from './step-to-decide.ts';
import { toDecideInput } from './to-decide-input.ts';

/** 2026-11-02, 12:00 UTC: a Monday, off everybody's peak. */
const EXAMPLE_AT = 1_793_620_800_000;

/** An example's pauses, round and easily thought through: nothing hangs on them at one minute of idleness. */
const GAP_MS: Ms = 10 * SECOND_MS;

/** What changing family costs before anything was learned. */
const PRIOR_DRIFT: readonly HandoffDrift[] = [{ fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: 0.02 }];

/** What an example is decided with. */
export interface ExampleWorld {
  readonly catalog: Catalog;
  readonly decide: Decide;
}

/**
 * What a policy makes of an example of its file, decided as at every other door.
 * @throws PointsmanError `policy-invalid` when the pool has a model that the catalogue or `success` lacks
 */
export function decideExample(example: PolicyExample, policy: RouterPolicy, world: ExampleWorld): Decision {
  const input = exampleInput(example, policy, world.catalog);
  return makeDecision(input, { decide: world.decide, shadows: [] }).decision;
}

/**
 * An example of a policy file as the input of a decision: a step with tools in a session whose last call was a minute
 * ago, at a fixed moment. What the example leaves out has the middling size of a recorded agent step. Pure.
 */
function exampleInput(example: PolicyExample, policy: RouterPolicy, catalog: Catalog): DecideInput {
  const { given } = example;
  const models = given.models.map((id) => modelOf(id, example, catalog));
  const quality = models.map((model) => qualityOf(model, example));
  const checks = given.checkedByTests === true ? [TESTS] : [];
  const step = stepOf(example, checks);
  const size = sizeOf(given);
  return toDecideInput({
    decisionId: asId<DecisionId>('example'),
    now: EXAMPLE_AT,
    policy: given.dial === undefined ? policy : withDial(policy, given.dial),
    session: sessionOf(example),
    step,
    reading: { size, quality, drift: PRIOR_DRIFT },
    future: { forecast: (given.upcoming ?? []).map((kind) => ({ ...upcomingStep(step, size, quality), kind })) },
    models,
    warmth: Object.entries(given.warmTokens ?? {}).map(([id, tokens]) => warmthOf(id, tokens)),
    budget: {
      jobLeftNanoUsd: given.jobLeftUsd === undefined ? policy.budget.jobNanoUsd : nanoFromUsd(given.jobLeftUsd),
      stepLeftNanoUsd: policy.budget.stepNanoUsd,
    },
  });
}

function modelOf(id: string, example: PolicyExample, catalog: Catalog): Model {
  const model = catalog.get(id);
  if (model === undefined)
    throw new PointsmanError('policy-invalid', `Example "${example.say}": unknown model "${id}".`);
  return model;
}

function qualityOf(model: Model, { say, given }: PolicyExample): QualityEstimate {
  const successRatio = given.success[model.id];
  if (successRatio === undefined) {
    throw new PointsmanError('policy-invalid', `Example "${say}": "success" says nothing of "${model.id}".`);
  }
  return { model: model.id, successRatio, widthRatio: 0.05, basis: 'prior' };
}

function sessionOf({ given }: PolicyExample): SessionFacts {
  return {
    sessionId: asId<SessionId>('example'),
    incumbent: given.incumbent === undefined ? undefined : asId<ModelId>(given.incumbent),
    transcriptTokens: given.transcriptTokens ?? 0,
    spentNanoUsd: nanoFromUsd(given.spentUsd ?? 0),
    neverSwitchNanoUsd: nanoFromUsd(given.spentUsd ?? 0),
    authorFamilies: given.authorFamilies ?? [],
  };
}

function stepOf({ given }: PolicyExample, checks: readonly Verifier[]): StepFacts {
  return {
    stepId: asId<StepId>('example-step'),
    kind: given.kind,
    trigger: 'user',
    modes: given.modes ?? STEP_MODES,
    callGapMs: GAP_MS,
    checks,
    tried: (given.rejectedBefore ?? []).map((id) => ({
      model: asId<ModelId>(id),
      mode: 'continue',
      rejectedBy: 'tests',
    })),
  };
}

/** Middle of recorded coding sessions: about 1,500 new tokens and 350 of output a call. */
function sizeOf(given: PolicyExample['given']): StepSize {
  return {
    callCount: given.callCount ?? 5,
    newTokensPerCall: 1500,
    outputTokensPerCall: given.outputTokensPerCall ?? 350,
    handoffTokens: 6000,
    isolateTokens: 4000,
    resultTokens: 700,
    instructionTokens: 200,
  };
}

function upcomingStep(
  step: StepFacts,
  size: StepSize,
  quality: readonly QualityEstimate[],
): Omit<ForecastStep, 'kind'> {
  return {
    stepId: undefined,
    probabilityRatio: 1,
    gapMs: GAP_MS,
    callGapMs: GAP_MS,
    modes: step.modes ?? STEP_MODES,
    size,
    requirements: USUAL_REQUIREMENTS,
    quality,
    checks: step.checks ?? [],
    parallelGroup: undefined,
    onlyModels: undefined,
  };
}

function warmthOf(id: string, warmTokens: number): Warmth {
  return {
    model: asId<ModelId>(id),
    warmTokens,
    hitRatio: 1,
    lastUsedAt: EXAMPLE_AT - MINUTE_MS,
    ttlMs: 5 * MINUTE_MS,
  };
}
