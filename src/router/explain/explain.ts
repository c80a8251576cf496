// One file: a decision in words, a line per kind of reason.

import { complianceProof } from '../../catalog/compliance-gaps.ts';
import type { CandidateRow, DecideInput, Decision, HostView, Rejection } from '../../domain/decision.ts';
import { isSameModel, modelIdentity, type Model } from '../../domain/model.ts';
import { formatUsd, toNanoUsd, ZERO_USD, type NanoUsd } from '../../domain/money.ts';
import { modeWord, type StepMode } from '../../domain/step.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { minus } from '../reasons.ts';
import { candidateTable, rowName, TERMS, type SaidMode } from './candidate-table.ts';
import { checkPhrase } from './check-phrase.ts';
import { compactionAdvice } from './compaction-advice.ts';
import { needPhrase } from './need-phrase.ts';

/** Candidates, lost models and rejections that are told where not all are asked for. */
const SHOWN_ROWS = 10;
/** Models whose chances the words moved most, of those that are named. */
const SHOWN_WORDS = 3;

/**
 * A decision as a person would tell it: what was chosen, why, the table in USD, and why each other model lost. The ten best of
 * each list, or `all`; `learned`: what learning had to do with it.
 */
export function explainDecision(
  decision: Decision,
  input: DecideInput,
  { all, learned }: { readonly all: boolean; readonly learned: readonly string[] } = { all: false, learned: [] },
): string {
  const said = wordsFor(input);
  const reasons = [...decision.reasons.map(({ text }) => text), ...learned];
  const lines = [headline(decision, input), ...reasons.map((text) => `  · ${text}`)];
  lines.push(...hostLines(decision, input), ...complianceLines(decision, input), ...pauseLines(decision, input));
  if (input.step.need !== undefined) lines.push(`  · ${needPhrase(input.step.need)}`);
  lines.push(...input.step.checks.map((check) => `  · ${checkPhrase(check, input.policy.ladder.pessimismQuantile)}`));
  lines.push(...mediaLines(input), ...gateLines(input), ...wordsLines(input));
  lines.push(...compactionAdvice(decision, input).map((text) => `  · ${text}`));
  if (decision.kind === 'refuse') lines.push(...decision.hints.map((hint) => `  · ${hint}`));
  const shownCount = all ? Number.POSITIVE_INFINITY : SHOWN_ROWS;
  if (decision.candidates.length > 0) {
    lines.push(
      '',
      ...candidateTable(decision.candidates.slice(0, shownCount), said),
      ...more(decision.candidates.length - shownCount, 'candidates'),
    );
  }
  const [chosen] = decision.candidates;
  const losers = decision.candidates.filter((row) => row.model !== chosen?.model);
  const bestPerModel = losers.filter((row, at) => losers.findIndex((other) => other.model === row.model) === at);
  if (chosen !== undefined && bestPerModel.length > 0) {
    lines.push('', 'Why not the others:');
    for (const row of bestPerModel.slice(0, shownCount))
      lines.push(`  ${rowName(row, row.model)} (${said(row.mode)}): ${whyLost(row, chosen)}`);
    lines.push(...more(bestPerModel.length - shownCount, 'models'));
  }
  if (decision.rejected.length > 0) {
    lines.push('', 'Not eligible:');
    for (const rejection of decision.rejected.slice(0, shownCount))
      lines.push(`  ${nameOf(rejection, said)}: ${rejection.why}`);
    lines.push(...more(decision.rejected.length - shownCount, 'that were not eligible'));
  }
  if (decision.lookahead.method !== 'none') {
    const { method, stepCount, stateCount } = decision.lookahead;
    lines.push('', `Looked ${stepCount} steps ahead (${method}, ${stateCount} states).`);
  }
  return lines.join('\n');
}

function more(count: number, what: string): readonly string[] {
  return count > 0 ? [`  … and ${count} more ${what}`] : [];
}

/** At which host of a model that has several, and what speaks against the next best. */
function hostLines(decision: Decision, input: DecideInput): readonly string[] {
  const [chosen] = decision.candidates;
  const model = input.models.find(({ id }) => id === chosen?.model);
  if (decision.kind === 'refuse' || chosen === undefined || model === undefined) return [];
  const others = input.models.filter((one) => one !== model && isSameModel(one, model));
  if (others.length === 0) return [];
  const isOther = ({ model: id }: { readonly model: string }): boolean => others.some((one) => one.id === id);
  const next = decision.candidates.find(isOther);
  const out = decision.rejected.find(isOther);
  const why = next === undefined ? out?.why : whyLost(next, chosen);
  const against = why === undefined ? '' : ` ${(next ?? out)?.model}: ${why}`;
  const seen = input.hosts?.find((row) => row.model === model.id);
  if (model.serviceTier !== undefined) return [`  · ${tierLine(model, input, fareOf(seen))}${against}`];
  return [
    `  · Its host is ${model.endpoint}, one of ${others.length + 1} of ${modelIdentity(model)}${fareOf(seen)}.${against}`,
  ];
}

/** What the policy demands of an endpoint, and why the chosen one may take the step. */
function complianceLines({ kind, candidates: [chosen] }: Decision, { models, policy }: DecideInput): readonly string[] {
  const model = kind === 'refuse' ? undefined : models.find(({ id }) => id === chosen?.model);
  const proof = model && complianceProof(model.compliance, policy.compliance);
  return model === undefined || proof === undefined
    ? []
    : [`  · ${model.endpoint} meets what "${policy.id}" demands: ${proof}.`];
}

/** What is done about the pauses to come. */
function pauseLines({ pause }: Decision, { pause: outlook }: DecideInput): readonly string[] {
  if (pause === undefined) return [];
  const { ping, hour } = pause.savedNanoUsd;
  const said = { 'let-go': 'let go', ping: 'kept by pings', hour: 'written for an hour' }[pause.kind];
  const worth = `Beside letting it go an hour is expected to save ${formatUsd(hour)}, pings ${formatUsd(ping)}.`;
  const held = outlook?.noHour === undefined ? '' : ` ${NO_HOUR[outlook.noHour]}`;
  return [`  · When you take long its prompt is ${said}. ${worth}${held}`];
}

const NO_HOUR = {
  'caller-says': 'No hour is asked for, as the call says itself how long its prompt is kept.',
  'no-word': 'No hour is asked for, as the form of the call has no word for it.',
} as const;

/** Where its calls go that can wait, and what holds its deadline. */
function tierLine({ endpoint, serviceTier }: Model, { step }: DecideInput, fare: string): string {
  const minutes = Math.floor((step.deadlineMs ?? 0) / MINUTE_MS);
  return (
    `It can wait: its calls go to the ${serviceTier} tier of ${endpoint}${fare}, and to the standard one where that turns them ` +
    `away or takes too long for its deadline of ${minutes} minutes.`
  );
}

function fareOf(seen: HostView | undefined): string {
  if (seen === undefined) return '';
  const { failureRatio, ttftMs, canary } = seen;
  const parts = [
    `${Math.round(100 * failureRatio)} % of its calls fail`,
    ...(ttftMs === undefined ? [] : [`it begins after ${Math.round(ttftMs)} ms`]),
    ...(canary === 'drawn' ? ['a canary, and this session is of its share'] : []),
  ];
  return ` (${parts.join(', ')})`;
}

/** What the input holds beside text, and whose chances that moved. */
function mediaLines({ quality }: DecideInput): readonly string[] {
  const moved = quality.flatMap(({ model, successRatio, reading }) =>
    reading === undefined ? [] : [{ model, successRatio, ...reading, by: Math.abs(successRatio - reading.plainRatio) }],
  );
  const [first] = moved;
  if (first === undefined) return [];
  const list = mostMoved(moved);
  return [
    `  · Its input holds ${first.modalities.join(' and ')}, which moves P(success) by how families read it: ${list}.`,
  ];
}

interface Moved {
  readonly model: string;
  readonly successRatio: number;
  readonly plainRatio: number;
  readonly by: number;
}

function mostMoved(moved: readonly Moved[]): string {
  const percent = (ratio: number): string => String(Math.round(100 * ratio));
  return moved
    .toSorted((a, b) => b.by - a.by)
    .slice(0, SHOWN_WORDS)
    .map(({ model, plainRatio, successRatio }) => `${model} ${percent(plainRatio)} → ${percent(successRatio)} %`)
    .join(', ');
}

/** A text gate that moved estimates: whose words of the step it believes, on what evidence, and how to shut it. */
function gateLines({ quality }: DecideInput): readonly string[] {
  const moved = quality.flatMap(({ model, successRatio, words }) =>
    words === undefined ? [] : [{ model, successRatio, ...words, by: Math.abs(successRatio - words.plainRatio) }],
  );
  const [first] = moved;
  if (first === undefined) return [];
  return [
    `  · Its words move P(success): ${mostMoved(moved)}; gate "${first.gate}" ${first.why}. "textGates: shut" in the policy shuts it.`,
  ];
}

/** What a person's words carried, and whether they were heard. */
function wordsLines({ session, policy }: DecideInput): readonly string[] {
  const lines: string[] = [];
  if (session.risk !== 'none') {
    const acted = policy.risk?.mode === 'lane' ? 'The policy limits the models for it.' : 'It is only recorded.';
    lines.push(`  · Risk (${session.risk}): ${session.riskWhy ?? 'the caller says so.'} ${acted}`);
  }
  if (session.wordsHeld === true) {
    lines.push('  · Decided without its words: they have moved too many steps of this caller to dearer models.');
  }
  return lines;
}

/** What was decided beside it and not obeyed: by other policies, and with hosts that are only watched. */
export function explainShadows({ policyId, candidates }: Decision, shadows: readonly Decision[]): string {
  const [chosen] = candidates;
  return shadows
    .map((shadow) => {
      const by = shadow.policyId === policyId ? 'With the hosts that are only watched' : `Under "${shadow.policyId}"`;
      const [best] = shadow.candidates;
      if (shadow.kind === 'refuse' || best === undefined) return `${by} it would have been refused.`;
      const gap = minus(best.totalNanoUsd, chosen?.totalNanoUsd ?? ZERO_USD);
      const against =
        chosen === undefined || best.model === chosen.model
          ? ''
          : ` (${formatUsd(toNanoUsd(Math.abs(gap)))} ${gap > 0 ? 'more' : 'less'} in all)`;
      return `${by} it would have gone to ${best.model}${against}; only recorded.`;
    })
    .join('\n');
}

/**
 * The counterfactual in one paragraph: what would have happened on this model (in this mode, or in its best one), with
 * numbers. A model that the limits left out is answered with its rejection; an unknown one with the names there are.
 */
export function explainWhyNot(decision: Decision, input: DecideInput, model: string, mode?: StepMode): string {
  if (!input.models.some((one) => one.id === model)) {
    const names = input.models.map((one) => one.id).sort();
    return `${model} was not in the pool, which held ${names.join(', ')}.`;
  }
  const row = decision.candidates.find((one) => one.model === model && (mode === undefined || one.mode === mode));
  const said = wordsFor(input);
  const [chosen] = decision.candidates;
  if (row === undefined) return whyRejected(decision, model, mode);
  if (chosen === undefined || row === chosen) return `${model} in ${said(row.mode)} mode is what was chosen.`;
  const gap = minus(row.totalNanoUsd, chosen.totalNanoUsd);
  const apart =
    gap < 0 && chosen.effort !== undefined
      ? `${formatUsd(minus(chosen.totalNanoUsd, row.totalNanoUsd))} less in all, but more effort on a warm prefix goes first where it bills less`
      : `${atLeast(row)}${formatUsd(gap)} more`;
  return (
    `${model} in ${said(row.mode)} mode would have come to ${atLeast(row)}${formatUsd(row.totalNanoUsd)} instead of ` +
    `${formatUsd(chosen.totalNanoUsd)} for ${chosen.model} in ${said(chosen.mode)} mode, ${apart}: ` +
    `${whyLost(row, chosen)} ${breakEven(row, chosen, gap)}`.trimEnd()
  );
}

/** Nobody looked into the future of a beaten candidate. */
function atLeast({ beatenBy }: CandidateRow): string {
  return beatenBy === undefined ? '' : 'at least ';
}

const wordsFor =
  ({ session }: DecideInput): SaidMode =>
  (mode) =>
    modeWord(mode, session.isFirst);

function headline(decision: Decision, input: DecideInput): string {
  const kind = input.step.kind;
  const said = wordsFor(input);
  switch (decision.kind) {
    case 'stay':
      return `The ${kind} step stays on ${decision.to} (${said(decision.mode)}).`;
    case 'switch':
      return decision.from === undefined
        ? `The ${kind} step starts on ${decision.to} (${said(decision.mode)}).`
        : `The ${kind} step goes from ${decision.from} to ${decision.to} (${said(decision.mode)}).`;
    case 'escalate':
      return `The ${kind} step is escalated from ${decision.from} to ${rowName(decision.candidates[0], decision.to)} (${said(decision.mode)}).`;
    case 'refuse':
      return decision.code === 'budget-exhausted'
        ? `The ${kind} step is refused: the budget does not cover any model.`
        : `The ${kind} step is refused: no model may take it.`;
  }
}

/** The terms in which a row is dearer than the chosen one, the largest first, and what speaks for it. */
function whyLost(row: CandidateRow, chosen: CandidateRow): string {
  const differences = TERMS.map(([, key, words]) => ({
    words,
    nano: minus(row[key] ?? ZERO_USD, chosen[key] ?? ZERO_USD),
  }));
  const against = differences.filter((term) => term.nano > 0).sort((a, b) => b.nano - a.nano);
  const inFavour = differences.filter((term) => term.nano < 0).sort((a, b) => a.nano - b.nano);
  if (against.length === 0) return 'it costs the same and loses the tie: hosts by whose turn it is, models by name.';
  const list = (terms: typeof differences): string =>
    terms
      .slice(0, 2)
      .map((term) => `${term.words} ${formatUsd(toNanoUsd(Math.abs(term.nano)))}`)
      .join(' and ');
  const cold =
    row.mode === 'continue' && row.warmTokens < chosen.warmTokens
      ? ` (it would have to write ${Math.round(row.tokens.cacheWrite + row.tokens.uncached)} tokens that ${chosen.model} mostly has)`
      : '';
  const less = inFavour.length === 0 ? '' : `, against ${list(inFavour)} less`;
  return `dearer by ${list(against)}${cold}${less}.`;
}

function breakEven(row: CandidateRow, chosen: CandidateRow, gap: NanoUsd): string {
  if (row.failureNanoUsd <= chosen.failureNanoUsd || row.billNanoUsd >= chosen.billNanoUsd || gap <= 0) return '';
  const saved = chosen.billNanoUsd - row.billNanoUsd;
  const share = Math.round((saved / (saved + gap)) * 100);
  return `It would have been right if a failed step cost you about ${share} % of what the policy says, or less.`;
}

function whyRejected(decision: Decision, model: string, mode: StepMode | undefined): string {
  const own = decision.rejected.filter(
    (one) => one.model === model && (mode === undefined || one.mode === mode || one.mode === undefined),
  );
  if (own.length === 0)
    return `${model} was not considered in ${mode ?? 'any'} mode: the step does not offer that mode.`;
  return `${model} was not eligible. ${own.map((one) => `${one.mode === undefined ? '' : `In ${one.mode} mode: `}${one.why}`).join(' ')}`;
}

function nameOf(rejection: Rejection, said: SaidMode): string {
  return rejection.mode === undefined ? rejection.model : `${rejection.model} (${said(rejection.mode)})`;
}
