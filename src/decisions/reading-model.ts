import { billNanoUsd } from '../catalog/bill.ts';
import { isNamedIn, type Model } from '../domain/model.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind } from '../domain/step.ts';
import type { At, Ratio, Tokens } from '../domain/time.ts';
import { MOST_ANSWER_TOKENS, type StepQuestion } from '../predict/asking/step-question.ts';
import type { RiskReading } from '../predict/risk-reader.ts';
import { rejectAlways, rejectForKind } from '../router/policy-limits.ts';

/** What a question about a step is put to, and what that should bill. */
export interface ReadingChoice {
  readonly model: Model;
  readonly expectedNanoUsd: NanoUsd;
  readonly worstNanoUsd: NanoUsd;
}

export interface ReadingNeeds {
  readonly policy: RouterPolicy;
  /** The pool of the step. */
  readonly models: readonly Model[];
  readonly kind: StepKind;
  readonly risk: RiskReading['risk'];
  /** What session, job and key have left. `undefined`: no limit. */
  readonly leftNanoUsd: NanoUsd | undefined;
  readonly now: At;
}

const CHARS_PER_TOKEN = 3.5;
/** An object of four fields. */
const ANSWER_TOKENS: Tokens = 40;
const NO_CACHE = {
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  cacheWrite1hTokens: undefined,
  reasoningTokens: undefined,
};
/** A model with less than this share of the pool's best ability reads no better than what is on board. */
const LEAST_ABILITY: Ratio = 0.35;

/**
 * The cheapest model that may be asked of a step: one that the policy would let take it, lane and lists included, with a known price, within
 * the policy's bound and what is left; of those that can be held to a schema, where some can. `undefined`: none. Pure.
 */
export function readingModel(question: StepQuestion, needs: ReadingNeeds): ReadingChoice | undefined {
  const { policy, models, leftNanoUsd, now } = needs;
  const rule = policy.reader;
  if (rule === undefined) return undefined;
  const admitted = models.filter(
    (model) => mayRead(model, needs) && (rule.model === undefined || isNamedIn([rule.model], model)),
  );
  const best = Math.max(0, ...admitted.map((model) => model.abilityIndex ?? 0));
  const able = admitted.filter((model) => (model.abilityIndex ?? best) >= LEAST_ABILITY * best);
  const strict = able.filter((model) => model.structuredOutput);
  const priced = (strict.length > 0 ? strict : able).map((model) => priceOf(model, question, now));
  const cheapest = priced.toSorted(
    (a, b) => a.expectedNanoUsd - b.expectedNanoUsd || (a.model.id < b.model.id ? -1 : 1),
  )[0];
  const limit = Math.min(rule.maxStepNanoUsd, leftNanoUsd ?? Number.POSITIVE_INFINITY);
  return cheapest !== undefined && cheapest.expectedNanoUsd <= limit ? cheapest : undefined;
}

/** Words go where the step itself may go, and nowhere else. */
function mayRead(model: Model, { policy, kind, risk }: ReadingNeeds): boolean {
  if (rejectAlways(policy, model) !== undefined || rejectForKind(policy, model, kind) !== undefined) return false;
  // A lane without a list moves a step up, and a small model is no way up.
  if (risk !== 'none' && policy.risk?.mode === 'lane') return isNamedIn(policy.risk.models ?? [], model);
  return model.inputModalities.includes('text');
}

function priceOf(model: Model, { system, text, schema }: StepQuestion, now: At): ReadingChoice {
  const prompt = (system.length + text.length + JSON.stringify(schema).length) / CHARS_PER_TOKEN;
  const promptTokens = Math.ceil(prompt * model.tokenRatio);
  const bill = (outputTokens: Tokens): NanoUsd =>
    billNanoUsd(
      model.prices,
      { ...NO_CACHE, uncachedTokens: promptTokens, outputTokens: Math.ceil(outputTokens) },
      now,
    );
  return {
    model,
    expectedNanoUsd: bill(ANSWER_TOKENS * model.outputRatio),
    worstNanoUsd: bill(MOST_ANSWER_TOKENS),
  };
}
