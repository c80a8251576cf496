import type { Decision } from '../domain/decision.ts';
import {
  asId,
  type CallId,
  type DecisionId,
  type EndpointId,
  type JobId,
  type ModelId,
  type PolicyId,
  type SessionId,
  type StepId,
} from '../domain/ids.ts';
import { toNanoUsd, ZERO_USD } from '../domain/money.ts';
import type { CallRecord, JobRecord, OutcomeRecord, StepRecord } from '../recorder/record.ts';
import { aDecideInput, aSession, aStep, TEST_NOW } from './decision-builders.ts';
import { aUsage } from './transcript-builders.ts';

/** A job that is running and has spent nothing. */
export function aJobRecord(overrides: Partial<JobRecord> = {}): JobRecord {
  return {
    v: 1,
    jobId: asId<JobId>('job-1'),
    sessionId: asId<SessionId>('session-1'),
    task: 'Mend the failing test',
    workspace: '/workspace',
    policyId: 'balanced',
    dial: 5,
    status: 'running',
    pause: undefined,
    failure: undefined,
    startedAt: TEST_NOW,
    endedAt: undefined,
    spentNanoUsd: ZERO_USD,
    result: undefined,
    scripted: true,
    ...overrides,
  };
}

/** A first step that went to the only model there is. */
export function aDecision(overrides: { readonly decisionId?: DecisionId } = {}): Decision {
  return {
    v: 1,
    decisionId: asId<DecisionId>('decision-1'),
    at: TEST_NOW,
    policyId: asId<PolicyId>('test-policy'),
    policyVersion: 1,
    kind: 'switch',
    from: undefined,
    to: asId<ModelId>('claude-test'),
    mode: 'continue',
    ladder: [{ model: asId<ModelId>('claude-test'), mode: 'continue' }],
    candidates: [
      {
        model: asId<ModelId>('claude-test'),
        mode: 'continue',
        tokens: { uncached: 4000, cacheRead: 0, cacheWrite: 0, output: 1800 },
        billNanoUsd: toNanoUsd(26_000_000),
        frontierPenaltyNanoUsd: ZERO_USD,
        failureNanoUsd: toNanoUsd(200_000_000),
        latencyNanoUsd: ZERO_USD,
        ladderNanoUsd: ZERO_USD,
        futureNanoUsd: ZERO_USD,
        totalNanoUsd: toNanoUsd(226_000_000),
        successRatio: 0.8,
        driftRatio: 0,
        warmTokens: 0,
        ladder: [{ model: asId<ModelId>('claude-test'), mode: 'continue' }],
      },
    ],
    rejected: [],
    reasons: [{ code: 'only-eligible', text: 'No other model may take this step' }],
    lookahead: { method: 'none', stepCount: 0, stateCount: 0 },
    ...overrides,
  };
}

/** A step of `job-1` that has just been decided. */
export function aStepRecord(overrides: Partial<StepRecord> = {}): StepRecord {
  const decision = overrides.decision ?? aDecision();
  const stepId = overrides.stepId ?? asId<StepId>('step-1');
  return {
    v: 2,
    jobId: asId<JobId>('job-1'),
    sessionId: asId<SessionId>('session-1'),
    stepId,
    attempt: 0,
    kind: 'code',
    title: 'Mend the rounding',
    input: aDecideInput({ decisionId: decision.decisionId, session: aSession(), step: aStep({ stepId }) }),
    decision,
    shadows: [],
    predictorVersion: 'prior-1',
    startedAt: TEST_NOW,
    endedAt: undefined,
    outcome: undefined,
    ...overrides,
  };
}

/** A call of `step-1` that read a little from the cache. */
export function aCallRecord(overrides: Partial<CallRecord> = {}): CallRecord {
  return {
    v: 1,
    callId: asId<CallId>('call-1'),
    jobId: asId<JobId>('job-1'),
    sessionId: asId<SessionId>('session-1'),
    stepId: asId<StepId>('step-1'),
    attempt: 0,
    requestedModel: asId<ModelId>('claude-test'),
    servedModel: 'claude-test-20261101',
    endpoint: asId<EndpointId>('anthropic'),
    mode: 'continue',
    startedAt: TEST_NOW,
    durationMs: 1200,
    ttftMs: 300,
    usage: aUsage(),
    billNanoUsd: toNanoUsd(12_000_000),
    predictedBillNanoUsd: toNanoUsd(13_000_000),
    predictedCacheReadTokens: 0,
    finishReason: 'stop',
    errorCode: undefined,
    requestId: 'request-1',
    retryCount: 0,
    ...overrides,
  };
}

/** A person said that the choice was right. */
export function anOutcomeRecord(overrides: Partial<OutcomeRecord> = {}): OutcomeRecord {
  return {
    v: 1,
    decisionId: asId<DecisionId>('decision-1'),
    at: TEST_NOW,
    verdict: 'good_fit',
    reward: undefined,
    truth: undefined,
    note: undefined,
    principal: 'user',
    ...overrides,
  };
}
