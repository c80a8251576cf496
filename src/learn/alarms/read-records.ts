import type { DecisionId } from '../../domain/ids.ts';
import { likeliestOf } from '../../domain/need.ts';
import type { At } from '../../domain/time.ts';
import type { CallRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import { toStepFact, type StepFact } from '../step-fact.ts';
import type { WatchedAnswer, WatchedPass, WatchedPick, WatchedResult } from './watch.ts';

/** One thing to watch, and when it happened. */
export type Sighting =
  | { readonly what: 'pick'; readonly at: At; readonly pick: WatchedPick }
  | { readonly what: 'result'; readonly at: At; readonly result: WatchedResult }
  | { readonly what: 'pass'; readonly at: At; readonly pass: WatchedPass }
  | { readonly what: 'call'; readonly at: At; readonly call: WatchedAnswer };

/** A fallen read says something from here on; less is below what vendors cache. */
const LEAST_READ_TOKENS = 2048;
/** A foretold read came where half of it did. */
const CAME_RATIO = 0.5;
/** A user who wants the ablest for everything gets it. */
const ABLEST_DIAL = 2;
const SURE_RATIO = 0.6;

/** A decision, unless somebody named the model. `undefined`: there was no choice. Pure. */
export function pickOf(step: StepRecord, key: string | undefined): WatchedPick | undefined {
  const { decision, input } = step;
  const fact = toStepFact(step);
  if (fact === undefined || decision.kind === 'refuse' || input.override !== undefined) return undefined;
  if (decision.reasons.some(({ code }) => code === 'override')) return undefined;
  if (new Set(decision.candidates.map(({ model }) => model)).size < 2) return undefined;
  return {
    at: step.startedAt,
    place: `${step.sessionId} ${step.kind}`,
    model: fact.model,
    key,
    isStrongest: fact.isStrongest,
    isSpared: fact.cheaperSufficed || isEasy(step, fact),
    isHeld: input.session.wordsHeld === true,
  };
}

/** Read as easy and of low stakes, with a cheaper model at hand, under a policy that asks for thrift. */
function isEasy({ decision, input }: StepRecord, fact: StepFact): boolean {
  const { need } = input.step;
  if (need === undefined || decision.kind === 'refuse' || input.policy.dial <= ABLEST_DIAL) return false;
  const bill = decision.candidates.find(({ model, mode }) => model === fact.model && mode === fact.mode)?.billNanoUsd;
  const difficulty = likeliestOf(need, 'difficulty');
  return (
    difficulty.value <= 2 &&
    difficulty.ratio >= SURE_RATIO &&
    likeliestOf(need, 'stakes').value === 1 &&
    decision.candidates.some(({ model, billNanoUsd }) => model !== fact.model && billNanoUsd < (bill ?? 0))
  );
}

/** How a step of a job ended. Pure. */
export function resultOf(step: StepRecord): WatchedResult | undefined {
  const fact = toStepFact(step);
  if (fact?.status === undefined) return undefined;
  const { at, model, predictedRatio } = fact;
  return { at, model, succeeded: fact.status === 'accepted', believedRatio: predictedRatio };
}

/** What was reported of a step afterwards: of its model, and of the checks that had let it pass. Pure. */
export function reportOf(outcome: OutcomeRecord, step: StepRecord): readonly Sighting[] {
  const fact = toStepFact(step);
  if (fact === undefined) return [];
  const { at } = outcome;
  const succeeded = outcome.verdict === 'good_fit' || outcome.verdict === 'overprovisioned';
  const result = { at, model: fact.model, succeeded, believedRatio: undefined };
  const passed = fact.status === 'accepted' ? fact.checks.filter(({ passed: is }) => is) : [];
  return [
    // What a check had said of it is known already.
    ...(fact.status === undefined ? [{ what: 'result' as const, at, result }] : []),
    ...passed.map(({ verifier }) => ({
      what: 'pass' as const,
      at,
      pass: { at, check: verifier, wasWrong: outcome.truth === 'wrong' || !succeeded },
    })),
  ];
}

/** A call of a step that was answered. Pure. */
export function callOf(call: CallRecord): WatchedAnswer | undefined {
  if (call.purpose !== undefined || call.errorCode !== undefined) return undefined;
  const { predictedBillNanoUsd: foretold, billNanoUsd: billed, predictedCacheReadTokens: read } = call;
  const came = call.usage?.cacheReadTokens;
  return {
    at: call.startedAt,
    model: call.requestedModel,
    ttftMs: call.ttftMs,
    costRatio: foretold === undefined || billed === undefined || foretold <= 0 ? undefined : billed / foretold,
    missedCache:
      read === undefined || read < LEAST_READ_TOKENS || came === undefined ? undefined : came < CAME_RATIO * read,
  };
}

/** Names of access keys by the decisions that their calls went by. Pure. */
export function keysOf(calls: readonly CallRecord[]): ReadonlyMap<DecisionId, string> {
  return new Map(
    calls.flatMap(({ gateway }) => (gateway?.key === undefined ? [] : [[gateway.decisionId, gateway.key] as const])),
  );
}
