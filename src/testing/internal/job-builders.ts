import {
  asId,
  type CallId,
  type EndpointId,
  type JobId,
  type ModelId,
  type SessionId,
  type StepId,
} from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import type { CallEnd, CallEntry, JobEntry } from '../../orchestrator/model/job-journal.ts';
import { TEST_NOW } from '../decision-builders.ts';

export function aJobEntry(overrides: Partial<JobEntry> = {}): JobEntry {
  return {
    jobId: asId<JobId>('job-1'),
    sessionId: asId<SessionId>('session-1'),
    request: { task: 'Mend it.', workspace: '/nowhere' },
    status: 'running',
    pause: undefined,
    failure: undefined,
    scripted: true,
    startedAt: TEST_NOW,
    endedAt: undefined,
    ...overrides,
  };
}

export function aCallUsage(overrides: Partial<Usage> = {}): Usage {
  return {
    uncachedTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 1000,
    cacheWrite1hTokens: undefined,
    outputTokens: 100,
    reasoningTokens: undefined,
    ...overrides,
  };
}

export function aCallEntry(overrides: Partial<CallEntry> = {}): CallEntry {
  return {
    jobId: asId<JobId>('job-1'),
    stepId: asId<StepId>('step-1'),
    attempt: 0,
    callIndex: 0,
    callId: asId<CallId>('call-1'),
    kind: 'code',
    mode: 'continue',
    thread: 'shared',
    trigger: 'tool-result',
    model: asId<ModelId>('claude-opus-5-5'),
    endpoint: asId<EndpointId>('anthropic'),
    startedAt: TEST_NOW,
    expectedPromptTokens: 1000,
    chain: { hashes: [1], tokens: [1000] },
    end: undefined,
    ...overrides,
  };
}

export function anAnswer(text: string, usage: Usage | undefined = aCallUsage()): CallEnd {
  const entry = aCallEntry();
  const billNanoUsd = usage === undefined ? undefined : toNanoUsd(5_000_000);
  return {
    kind: 'answered',
    at: TEST_NOW + 2000,
    durationMs: 2000,
    usage,
    billNanoUsd,
    record: {
      v: 1,
      callId: entry.callId,
      jobId: entry.jobId,
      sessionId: asId<SessionId>('session-1'),
      stepId: entry.stepId,
      attempt: 0,
      requestedModel: entry.model,
      servedModel: undefined,
      endpoint: entry.endpoint,
      mode: 'continue',
      startedAt: TEST_NOW,
      durationMs: 2000,
      ttftMs: 500,
      usage,
      billNanoUsd,
      predictedBillNanoUsd: undefined,
      predictedCacheReadTokens: undefined,
      finishReason: 'stop',
      errorCode: undefined,
      requestId: undefined,
      retryCount: 0,
    },
    result: {
      message: { role: 'assistant', content: [{ type: 'text', text }], model: entry.model },
      finishReason: 'stop',
      usage,
      servedModel: undefined,
      endpoint: entry.endpoint,
      requestId: undefined,
      ttftMs: 500,
      durationMs: 2000,
    },
  };
}
