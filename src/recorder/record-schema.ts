import { z } from 'zod';
import { ERROR_CODES } from '../domain/errors.ts';
import { STEP_KINDS, STEP_MODES } from '../domain/step.ts';

/**
 * What a stored record must look like to be read. Checks, and changes nothing: keys that a newer writer added pass, and
 * the order of keys stays, because replaying a decision must give the same bytes. A key whose value was `undefined` is
 * absent in JSON.
 */
const text = z.string();
const whole = z.number().int();
const number = z.number();
const code = z.enum(ERROR_CODES);
const mode = z.enum(STEP_MODES);
const kind = z.enum(STEP_KINDS);
const money = z.number().int();

export const jobSchema: z.ZodType = z.looseObject({
  v: z.literal(1),
  jobId: text.min(1),
  sessionId: text,
  task: text,
  workspace: text,
  policyId: text,
  dial: number,
  status: z.enum(['running', 'paused', 'done', 'failed', 'cancelled']),
  pause: z
    .looseObject({
      code,
      question: text,
      kind: z.enum(['budget', 'permission', 'question', 'failure', 'plan', 'gone', 'queued']).optional(),
    })
    .optional(),
  failure: z.looseObject({ code, message: text }).optional(),
  place: z.looseObject({ kind: z.enum(['copy', 'folder']), why: text.optional() }).optional(),
  startedAt: number,
  endedAt: number.optional(),
  spentNanoUsd: money,
  result: z.json().optional(),
  scripted: z.boolean(),
});

const step = z.looseObject({
  stepId: text,
  kind,
  modes: z.array(mode),
  size: z.record(text, number),
  requirements: z.looseObject({ tools: z.boolean() }),
  checks: z.array(z.looseObject({ id: text })),
  tried: z.array(z.looseObject({ model: text, mode })),
});

const decideInput = z.looseObject({
  v: z.literal(1),
  decisionId: text.min(1),
  now: number,
  session: z.looseObject({ sessionId: text, transcriptTokens: number, spentNanoUsd: money, neverSwitchNanoUsd: money }),
  step,
  forecast: z.array(z.looseObject({ kind, size: z.record(text, number) })),
  models: z.array(z.looseObject({ id: text, family: text, prices: z.looseObject({}) })),
  warmth: z.array(z.looseObject({ model: text, warmTokens: number, hitRatio: number })),
  quality: z.array(z.looseObject({ model: text, successRatio: number })),
  drift: z.array(z.looseObject({ fromFamily: text, toFamily: text, lossRatio: number })),
  policy: z.looseObject({ id: text, version: number }),
  budget: z.looseObject({}),
});

const rungs = z.array(z.looseObject({ model: text, mode }));
const decisionBase = {
  v: z.literal(1),
  decisionId: text.min(1),
  at: number,
  policyId: text,
  policyVersion: number,
  candidates: z.array(z.looseObject({ model: text, mode, billNanoUsd: number, totalNanoUsd: number, ladder: rungs })),
  rejected: z.array(z.looseObject({ model: text, code: text, why: text })),
  reasons: z.array(z.looseObject({ code: text, text })),
  lookahead: z.looseObject({ method: z.enum(['none', 'exact', 'beam']) }),
};
const route = { ...decisionBase, to: text, mode, ladder: rungs };
const decision = z.discriminatedUnion('kind', [
  z.looseObject({ ...route, kind: z.literal('stay') }),
  z.looseObject({ ...route, kind: z.literal('switch'), from: text.optional() }),
  z.looseObject({ ...route, kind: z.literal('escalate'), from: text, trigger: text }),
  z.looseObject({
    ...decisionBase,
    kind: z.literal('refuse'),
    code: z.enum(['no-eligible-model', 'budget-exhausted']),
    hints: z.array(text),
  }),
]);

export const stepSchema: z.ZodType = z.looseObject({
  v: z.literal(2),
  jobId: text.optional(),
  sessionId: text,
  stepId: text,
  attempt: whole.nonnegative(),
  kind,
  title: text,
  input: decideInput,
  decision,
  shadows: z.array(decision),
  predictorVersion: text,
  startedAt: number,
  endedAt: number.optional(),
  outcome: z
    .looseObject({
      status: z.enum(['accepted', 'rejected', 'failed', 'cancelled']),
      checks: z.array(z.looseObject({ verifierId: text, passed: z.boolean(), summary: text })),
      summary: text,
      errorCode: code.optional(),
      alike: z.array(z.looseObject({ attempt: whole, likeness: z.enum(['identical', 'near']) })).optional(),
    })
    .optional(),
});

const bucket = whole.nonnegative().optional();
export const callSchema: z.ZodType = z.looseObject({
  v: z.literal(1),
  callId: text.min(1),
  jobId: text.optional(),
  sessionId: text,
  stepId: text,
  attempt: whole.nonnegative(),
  requestedModel: text,
  servedModel: text.optional(),
  servedTier: text.optional(),
  endpoint: text,
  mode,
  startedAt: number,
  durationMs: number,
  ttftMs: number.optional(),
  usage: z
    .looseObject({
      uncachedTokens: whole.nonnegative(),
      cacheReadTokens: bucket,
      cacheWriteTokens: bucket,
      cacheWrite1hTokens: bucket,
      outputTokens: whole.nonnegative(),
      reasoningTokens: bucket,
    })
    .optional(),
  billNanoUsd: money.optional(),
  predictedBillNanoUsd: money.optional(),
  predictedCacheReadTokens: number.optional(),
  finishReason: z.enum(['stop', 'tool-calls', 'length', 'content-filter', 'refusal', 'other']).optional(),
  errorCode: code.optional(),
  requestId: text.optional(),
  retryCount: whole.nonnegative(),
  purpose: z.enum(['keep-alive', 'response-cache', 'reader', 'beside', 'advice']).optional(),
  reading: z
    .looseObject({
      v: z.literal(1),
      said: z.looseObject({ kind, size: text, difficulty: whole, stakes: whole }),
      local: z.record(text, z.array(number)),
      by: z.enum(['local-head', 'local-encoder']),
      reader: z.string().optional(),
      features: text,
      hashes: text,
      ends: z.array(whole),
    })
    .optional(),
});

export const outcomeSchema: z.ZodType = z.looseObject({
  v: z.literal(1),
  decisionId: text.min(1),
  at: number,
  verdict: z.enum(['good_fit', 'underpowered', 'overprovisioned', 'failed']),
  reward: number.optional(),
  truth: z.enum(['right', 'wrong']).optional(),
  note: text.optional(),
  principal: text,
});
