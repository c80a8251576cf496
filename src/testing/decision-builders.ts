import type { BudgetView, DecideInput, SessionView, StepView } from '../domain/decision.ts';
import type { ForecastStep, StepRequirements, StepSize } from '../domain/forecast.ts';
import { asId, type DecisionId, type PolicyId, type SessionId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import { ZERO_USD, nanoFromUsd } from '../domain/money.ts';
import type { QualityEstimate, Verifier } from '../domain/quality.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind } from '../domain/step.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { Warmth } from '../domain/warmth.ts';
import { aModel } from './model-builders.ts';

/** A fixed moment for tests: 2026-11-02 12:00 UTC, a Monday. */
export const TEST_NOW = 1_793_620_800_000;

/** A step of three calls that reads and writes a little. */
export function aStepSize(overrides: Partial<StepSize> = {}): StepSize {
  return {
    callCount: 3,
    newTokensPerCall: 1500,
    outputTokensPerCall: 600,
    handoffTokens: 4000,
    isolateTokens: 2500,
    resultTokens: 500,
    instructionTokens: 200,
    ...overrides,
  };
}

export function someRequirements(overrides: Partial<StepRequirements> = {}): StepRequirements {
  return { tools: true, toolNames: [], structuredOutput: false, inputModalities: ['text'], ...overrides };
}

/** A code step that may take every mode, without checks. */
export function aStep(overrides: Partial<StepView> = {}): StepView {
  return {
    stepId: asId<StepId>('step-1'),
    kind: 'code',
    trigger: 'user',
    modes: ['continue', 'handoff', 'isolate'],
    size: aStepSize(),
    callGapMs: 5000,
    requirements: someRequirements(),
    checks: [],
    tried: [],
    ...overrides,
  };
}

/** A step that will come for certain after the one being decided. */
export function aForecastStep(kind: StepKind, overrides: Partial<ForecastStep> = {}): ForecastStep {
  return {
    stepId: undefined,
    kind,
    probabilityRatio: 1,
    gapMs: 10_000,
    callGapMs: 5000,
    modes: ['continue', 'handoff', 'isolate'],
    size: aStepSize(),
    requirements: someRequirements(),
    quality: [],
    checks: [],
    parallelGroup: undefined,
    onlyModels: undefined,
    ...overrides,
  };
}

/** A new session: nothing said, nothing spent. */
export function aSession(overrides: Partial<SessionView> = {}): SessionView {
  return {
    sessionId: asId<SessionId>('session-1'),
    incumbent: undefined,
    transcriptTokens: 0,
    openToolLoop: false,
    boundTo: undefined,
    spentNanoUsd: ZERO_USD,
    neverSwitchNanoUsd: ZERO_USD,
    switchCount: 0,
    lastEscalationAt: undefined,
    authorFamilies: [],
    risk: 'none',
    ...overrides,
  };
}

export function aQuality(model: Model | string, successRatio = 0.8): QualityEstimate {
  return {
    model: asId(typeof model === 'string' ? model : model.id),
    successRatio,
    widthRatio: 0.1,
    basis: 'prior',
  };
}

/** A model that holds `warmTokens` of the shared transcript since a minute ago. */
export function aWarmth(model: Model | string, warmTokens: number, overrides: Partial<Warmth> = {}): Warmth {
  return {
    model: asId(typeof model === 'string' ? model : model.id),
    warmTokens,
    hitRatio: 1,
    lastUsedAt: TEST_NOW - MINUTE_MS,
    ttlMs: 5 * MINUTE_MS,
    ...overrides,
  };
}

/** The project's own tests with the prior error rates, free of charge. */
export function aVerifier(overrides: Partial<Verifier> = {}): Verifier {
  return {
    id: 'tests',
    kind: 'tests',
    sensitivity: { yes: 8, no: 2 },
    falseAlarm: { yes: 2, no: 8 },
    costNanoUsd: ZERO_USD,
    ...overrides,
  };
}

/** A policy without limits, guards or penalties: a failed step costs one dollar, whatever its kind. */
export function aPolicy(overrides: Partial<RouterPolicy> = {}): RouterPolicy {
  const dollar = nanoFromUsd(1);
  return {
    id: asId<PolicyId>('test-policy'),
    version: 1,
    mode: 'enforce',
    dial: 5,
    frontierPenaltyRatio: 0,
    failureNanoUsd: {
      plan: dollar,
      code: dollar,
      review: dollar,
      test: dollar,
      summarize: dollar,
      explore: dollar,
      other: dollar,
    },
    waitingNanoUsdPerSecond: ZERO_USD,
    familyMarginNanoUsd: ZERO_USD,
    maxOverheadRatio: undefined,
    reviewerOtherFamily: false,
    escalationCooldownMs: 0,
    allowModels: undefined,
    denyModels: [],
    kindModels: {},
    kindModes: {},
    compliance: {},
    budget: { jobNanoUsd: undefined, stepNanoUsd: undefined },
    ladder: { maxRungs: 2, pessimismQuantile: 0.5 },
    lookahead: { maxSteps: 6, beamWidth: 64 },
    keepAlive: false,
    ...overrides,
  };
}

export function aBudget(overrides: Partial<BudgetView> = {}): BudgetView {
  return { jobLeftNanoUsd: undefined, stepLeftNanoUsd: undefined, ...overrides };
}

/** Everything `decide()` needs: one model, one code step, a fresh session. Quality of 0.8 for each model of the pool. */
export function aDecideInput(overrides: Partial<DecideInput> = {}): DecideInput {
  const models = overrides.models ?? [aModel()];
  return {
    v: 1,
    decisionId: asId<DecisionId>('decision-1'),
    now: TEST_NOW,
    session: aSession(),
    step: aStep(),
    forecast: [],
    models,
    warmth: [],
    quality: models.map((model) => aQuality(model)),
    drift: [],
    policy: aPolicy(),
    budget: aBudget(),
    override: undefined,
    ...overrides,
  };
}
