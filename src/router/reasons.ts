import type { CandidateRow, DecideInput, Reason, Rejection, RejectionCode } from '../domain/decision.ts';
import { rowOf, type Model } from '../domain/model.ts';
import { formatUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { Ratio } from '../domain/time.ts';
import { keepsPrefix } from './more-effort.ts';

/** Why the first candidate won, the weightiest reason first. `candidates` are sorted by total. */
export function reasonsFor(
  input: DecideInput,
  candidates: readonly CandidateRow[],
  rejected: readonly Rejection[],
  pool: readonly Model[],
): readonly Reason[] {
  const [chosen] = candidates;
  if (chosen === undefined) return [];
  const reasons: Reason[] = [];
  const { session, step } = input;
  if (input.override !== undefined) {
    reasons.push({ code: 'override', text: `You named ${chosen.model}, and it is obeyed exactly.` });
  } else if (isDrawn(input, candidates, chosen)) {
    const text = `${chosen.model} is about as good here as the cheapest, and was drawn so that what comes of it can be learned; ${input.chance?.allowedBy} allowed it.`;
    reasons.push({ code: 'drawn', text });
  } else if (session.openToolLoop && session.incumbent !== undefined) {
    reasons.push({ code: 'tool-loop', text: `${chosen.model} asked for a tool and must get its result.` });
  } else if (chosen.effort !== undefined) {
    reasons.push(moreEffortReason(input, candidates, chosen, pool));
  } else if (step.tried.length > 0) {
    reasons.push({ code: 'check-failed', text: againText(input, chosen, rejected) });
  } else if (candidates.every((row) => row.model === chosen.model)) {
    reasons.push({ code: 'only-eligible', text: `No other model may take this step.` });
  } else {
    reasons.push(mainReason(input, candidates, chosen, pool));
  }
  addSupporting(reasons, input, chosen, rejected, pool);
  return reasons;
}

/** Chance put it before a candidate that is cheaper overall. */
function isDrawn({ chance }: DecideInput, candidates: readonly CandidateRow[], chosen: CandidateRow): boolean {
  return chance?.by === 'tie' && candidates.some(({ totalNanoUsd }) => totalNanoUsd < chosen.totalNanoUsd);
}

/** Who failed, who goes on, and how likely either was: an escalation goes to a likelier model where there is one. */
function againText(input: DecideInput, chosen: CandidateRow, rejected: readonly Rejection[]): string {
  const last = input.step.tried.at(-1);
  const failed = `${last?.model ?? 'The model before'} was rejected by ${last?.rejectedBy ?? 'a check'}`;
  const likely = (model: string | undefined): Ratio | undefined =>
    input.quality.find((row) => row.model === model)?.successRatio;
  const [before, next] = [likely(last?.model), likely(chosen.model)];
  if (before === undefined || next === undefined) return `${failed}; ${chosen.model} tries next.`;
  const numbers = `expected to succeed in ${percent(next)} of such ${input.step.kind} steps, the one before in ${percent(before)}`;
  const isLikelier = next > before || rejected.some((one) => one.code === 'not-likelier');
  return `${failed}; ${chosen.model} tries next, ${numbers}${isLikelier ? '' : ', and no other is likelier'}.`;
}

/** The same model once more: what its warm prefix saves against the best of the others, or that it is written anew. */
function moreEffortReason(
  input: DecideInput,
  candidates: readonly CandidateRow[],
  { model, effort, warmTokens, billNanoUsd }: CandidateRow,
  pool: readonly Model[],
): Reason {
  const own = rowOf(pool, model);
  const again = `${model} was rejected by ${input.step.tried.at(-1)?.rejectedBy ?? 'a check'} and tries once more with effort ${effort}`;
  if (own === undefined || !keepsPrefix(input, own)) {
    return { code: 'check-failed', text: `${again}; another effort is another cache, so its prompt is written anew.` };
  }
  const held = `${again}, which keeps the ${thousands(warmTokens)} tokens that its cache holds`;
  const rival = candidates.find((row) => row.model !== model);
  if (rival === undefined) return { code: 'effort-first', text: `${held}.` };
  const saved = minus(rival.billNanoUsd, billNanoUsd);
  const text = `${held}; ${rival.model} would bill ${formatUsd(toNanoUsd(Math.abs(saved)))} ${saved >= 0 ? 'more' : 'less'} for this step.`;
  return { code: 'effort-first', text, amountNanoUsd: saved };
}

function mainReason(
  input: DecideInput,
  candidates: readonly CandidateRow[],
  chosen: CandidateRow,
  pool: readonly Model[],
): Reason {
  const { incumbent } = input.session;
  const rival = candidates.find((row) => row.model !== chosen.model) ?? chosen;
  const gain = minus(rival.totalNanoUsd, chosen.totalNanoUsd);
  if (incumbent === undefined) {
    const text = `Nothing is warm yet; bill and likely failures over the job come to ${formatUsd(gain)} less on ${chosen.model} than on ${rival.model}.`;
    return { code: 'first-step', text, amountNanoUsd: gain };
  }
  if (chosen.model === incumbent) {
    const bill = minus(rival.billNanoUsd, chosen.billNanoUsd);
    if (chosen.warmTokens > 0 && chosen.mode === 'continue' && bill > 0) {
      const text = `${chosen.model} holds ${thousands(chosen.warmTokens)} tokens warm; ${rival.model} would cost ${formatUsd(gain)} more.`;
      return { code: 'warm-prefix', text, amountNanoUsd: gain };
    }
    const text = `Leaving ${incumbent} for ${rival.model} would cost ${formatUsd(gain)} more than it gains.`;
    return { code: 'switch-costs-more', text, amountNanoUsd: gain };
  }
  const stay = candidates.find((row) => row.model === incumbent) ?? rival;
  const saved = minus(stay.totalNanoUsd, chosen.totalNanoUsd);
  if (chosen.mode !== 'continue') {
    const text = `A fresh context costs ${chosen.model} only ${formatUsd(chosen.billNanoUsd)}; ${stay.model} would come to ${formatUsd(saved)} more.`;
    return { code: 'fresh-context', text, amountNanoUsd: saved };
  }
  const isAbler = chosen.successRatio > stay.successRatio && chosen.billNanoUsd > stay.billNanoUsd;
  if (isAbler && pool.length > 1) {
    const text = `${chosen.model} is expected to succeed in ${percent(chosen.successRatio)} of such steps, ${stay.model} in ${percent(stay.successRatio)}.`;
    return { code: 'needs-ability', text, amountNanoUsd: saved };
  }
  const text = `Switching to ${chosen.model} saves ${formatUsd(saved)}, the way back included.`;
  return { code: 'switch-pays', text, amountNanoUsd: saved };
}

function addSupporting(
  reasons: Reason[],
  input: DecideInput,
  chosen: CandidateRow,
  rejected: readonly Rejection[],
  pool: readonly Model[],
): void {
  const [, second] = chosen.ladder;
  if (second !== undefined) {
    const text = `Its result is checked, and ${second.model} takes over if it is rejected.`;
    reasons.push({ code: 'check-then-escalate', text, amountNanoUsd: chosen.ladderNanoUsd });
  }
  if (chosen.futureNanoUsd > 0) {
    const text = `Bill and likely failures of the steps that may follow come to ${formatUsd(chosen.futureNanoUsd)} from there.`;
    reasons.push({ code: 'future-steps', text, amountNanoUsd: chosen.futureNanoUsd });
  }
  if (rejected.length === 0) return;
  for (const [code, reason] of GUARD_REASONS) {
    const held = rejected.find((rejection) => rejection.code === code && rejection.model !== chosen.model);
    if (held === undefined || hasPassed(code, input, chosen, pool)) continue;
    reasons.push({ code: reason, text: `${held.model} is held back: ${lowerFirst(held.why)}` });
  }
  if (input.policy.reviewerOtherFamily && rejected.some((rejection) => rejection.code === 'same-family-as-author')) {
    reasons.push({ code: 'reviewer-family', text: 'A review is done by another family than the author’s.' });
  }
}

/** The choice itself leaves what the guard protects: that others were held back is not why it was made. */
function hasPassed(code: RejectionCode, input: DecideInput, chosen: CandidateRow, pool: readonly Model[]): boolean {
  const { incumbent } = input.session;
  if (incumbent === undefined || chosen.model === incumbent) return false;
  const familyOf = (id: string): string | undefined => pool.find((model) => model.id === id)?.family;
  return code !== 'family-margin' || familyOf(incumbent) !== familyOf(chosen.model);
}

const lowerFirst = (text: string): string => `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;

const GUARD_REASONS = [
  ['family-margin', 'family-margin'],
  ['overhead-guard', 'overhead-guard'],
  ['cooldown', 'cooldown'],
] as const;

const HINTS: Readonly<Partial<Record<RejectionCode, string>>> = {
  'over-budget': 'Raise the budget of the job or the step.',
  compliance: 'Add an endpoint that proves what the policy demands, or relax the demand.',
  'not-allowed': 'Allow more models in the policy.',
  denied: 'Deny fewer models in the policy.',
  'kind-not-allowed': 'Let the policy give this kind of step to more models or modes.',
  'context-too-small': 'Use a model with a larger window, or let the step start from a brief (handoff).',
  'no-tools': 'Add a model that calls tools.',
  'no-structured-output': 'Add a model that can be held to a schema.',
  'cannot-carry': 'Name a model of the vendor that the call was written for, or leave out what is named.',
  'no-modality': 'Add a model that reads this kind of input.',
  'not-likelier': 'Add a model that is likelier to succeed at the step.',
  'already-tried': 'Add a model that has not tried this step yet, or change the step.',
  'same-family-as-author': 'Add a model of another family, or let the author’s family review.',
  'bound-to-endpoint': 'Let the step start from a brief (handoff), or add a model at the same endpoint.',
  'too-slow': 'Give the step a later deadline.',
  'open-tool-loop': 'Finish the open tool call first.',
  'risk-lane': 'Add an abler or approved model for steps that carry a risk.',
  cooldown: 'Wait until the cooldown after the escalation is over.',
  'no-price': 'Give the model its prices in the configuration.',
};

/** What would have to change for a model to be eligible, each hint once. */
export function hintsFor(input: DecideInput, rejected: readonly Rejection[]): readonly string[] {
  if (input.models.length === 0) return ['Add at least one model to the pool.'];
  const { override } = input;
  if (override !== undefined && !input.models.some((model) => model.id === override)) {
    return [`There is no model "${override}" in the pool; names are matched exactly.`];
  }
  const hints = new Set<string>();
  for (const rejection of rejected) {
    const hint = HINTS[rejection.code];
    if (hint !== undefined) hints.add(hint);
  }
  if (input.step.modes.length === 0) hints.add('Let the step run in at least one mode.');
  return [...hints];
}

export function minus(one: NanoUsd, other: NanoUsd): NanoUsd {
  return toNanoUsd(one - other);
}

function thousands(tokens: number): string {
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}k` : String(Math.round(tokens));
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}
