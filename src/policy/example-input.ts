import type { Catalog } from '../catalog/catalog.ts';
import type { DecideInput, SessionView, StepView } from '../domain/decision.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { ForecastStep, StepRequirements, StepSize } from '../domain/forecast.ts';
import { asId, type DecisionId, type ModelId, type SessionId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { ZERO_USD, nanoFromUsd } from '../domain/money.ts';
import type { HandoffDrift, QualityEstimate, Verifier } from '../domain/quality.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { STEP_MODES } from '../domain/step.ts';
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts';
import { VERIFIER_PRIORS } from '../domain/verifier-priors.ts';
import type { Warmth } from '../domain/warmth.ts';
import type { PolicyExample } from './policy-file.ts';
import { withDial } from './with-dial.ts';

/** 2026-11-02, 12:00 UTC: a Monday, off everybody's peak. */
const EXAMPLE_AT = 1_793_620_800_000;

/** What changing family costs before anything was learned. */
const PRIOR_DRIFT: readonly HandoffDrift[] = [{ fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: 0.02 }];

/** The project's tests with the prior error rates. */
const TESTS: Verifier = { id: 'tests', kind: 'tests', ...VERIFIER_PRIORS.tests, costNanoUsd: ZERO_USD };

const REQUIREMENTS: StepRequirements = {
  tools: true,
  toolNames: [],
  structuredOutput: false,
  inputModalities: ['text'],
};

/**
 * An example of a policy file as the input of `decide()`: a step with tools in a session whose last call was a minute
 * ago, at a fixed moment. What the example leaves out has the middling size of a recorded agent step. Pure.
 * @throws PointsmanError `policy-invalid` when the pool has a model that the catalogue or `success` lacks
 */
export function exampleInput(example: PolicyExample, policy: RouterPolicy, catalog: Catalog): DecideInput {
  const { given } = example;
  const models = given.models.map((id) => modelOf(id, example, catalog));
  const quality = models.map((model) => qualityOf(model, example));
  const checks = given.checkedByTests === true ? [TESTS] : [];
  const step = stepOf(example, checks);
  return {
    v: 1,
    decisionId: asId<DecisionId>('example'),
    now: EXAMPLE_AT,
    session: sessionOf(example),
    step,
    forecast: (given.upcoming ?? []).map((kind) => ({ ...upcomingStep(step, quality), kind })),
    models,
    warmth: Object.entries(given.warmTokens ?? {}).map(([id, tokens]) => warmthOf(id, tokens)),
    quality,
    drift: PRIOR_DRIFT,
    policy: given.dial === undefined ? policy : withDial(policy, given.dial),
    budget: {
      jobLeftNanoUsd: given.jobLeftUsd === undefined ? policy.budget.jobNanoUsd : nanoFromUsd(given.jobLeftUsd),
      stepLeftNanoUsd: policy.budget.stepNanoUsd,
    },
    override: undefined,
  };
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

function sessionOf({ given }: PolicyExample): SessionView {
  return {
    sessionId: asId<SessionId>('example'),
    incumbent: given.incumbent === undefined ? undefined : asId<ModelId>(given.incumbent),
    transcriptTokens: given.transcriptTokens ?? 0,
    openToolLoop: false,
    boundTo: undefined,
    spentNanoUsd: nanoFromUsd(given.spentUsd ?? 0),
    neverSwitchNanoUsd: nanoFromUsd(given.spentUsd ?? 0),
    switchCount: 0,
    lastEscalationAt: undefined,
    authorFamilies: given.authorFamilies ?? [],
    risk: 'none',
  };
}

function stepOf({ given }: PolicyExample, checks: readonly Verifier[]): StepView {
  return {
    stepId: asId<StepId>('example-step'),
    kind: given.kind,
    trigger: 'user',
    modes: given.modes ?? STEP_MODES,
    size: sizeOf(given),
    callGapMs: 10 * SECOND_MS,
    requirements: REQUIREMENTS,
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

function upcomingStep(step: StepView, quality: readonly QualityEstimate[]): Omit<ForecastStep, 'kind'> {
  return {
    stepId: undefined,
    probabilityRatio: 1,
    gapMs: 10 * SECOND_MS,
    callGapMs: step.callGapMs,
    modes: step.modes,
    size: step.size,
    requirements: step.requirements,
    quality,
    checks: step.checks,
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
