import { createHash } from 'node:crypto';
import type { DecisionId } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { HandoffDrift, RewardScale } from '../../domain/quality.ts';
import type { At, Ratio } from '../../domain/time.ts';
import type { OutcomeRecord } from '../../recorder/record.ts';
import { betaMean } from '../../stats/beta-posterior.ts';
import type { StepFact } from '../step-fact.ts';
import { judgeLadder, likelihoodOf, type JudgedStep, type RatesOf } from '../training/judge-ladder.ts';
import { abilityParts } from './ability-parts.ts';
import { foldAbilities, type LearnedAbilities, type SaidResult } from './ability-shifts.ts';
import { boundedWeights, abilityWeights, RECORDS, saidBy, type Saying } from './bounded-weights.ts';
import { escalationsOf, type SeenCheck } from './escalations.ts';
import { learnDrift, type DriftSample, type PriorDrift } from './learn-drift.ts';
import { rightByReward } from './right-by-reward.ts';
import { countObservation, verifierRates, type VerifierCounts } from './verifier-posteriors.ts';

/** What was learned from records, as decisions use it. Plain JSON; the same evidence on the same day gives the same bytes. */
export interface Beliefs {
  readonly v: 2;
  /** Names exactly these numbers: kept in every record whose decision used them. */
  readonly version: string;
  /** How far checks can be trusted. */
  readonly verifiers: VerifierCounts;
  /** How much abler than estimated models have shown to be, by the keys of `abilityParts`. */
  readonly abilities: LearnedAbilities['shifts'];
  /** How often the reports of each principal were wrong, as far as that can be told. */
  readonly wrongReports: LearnedAbilities['wrongReports'];
  /** Only pairs of which enough was seen; for the others the router's prior holds. */
  readonly drift: readonly HandoffDrift[];
}

export interface BeliefEvidence {
  readonly facts: readonly StepFact[];
  readonly outcomes: readonly OutcomeRecord[];
}

export interface FoldOptions {
  readonly now: At;
  /** What the router takes as lost at a hand-over of which nothing was learned. */
  readonly priorDrift: PriorDrift;
  /** What rewards mean. Absent: nobody has said, and a report's verdict speaks alone. */
  readonly rewardScale?: RewardScale | undefined;
}

export const NO_BELIEFS: Beliefs = {
  v: 2,
  version: 'beliefs-2.none',
  verifiers: {},
  abilities: {},
  wrongReports: {},
  drift: [],
};

/** Who says that a model was more than was needed says this much of the next cheaper one. */
const CHEAPER_RATIO: Ratio = 0.8;
/** More of what is said of a model than this is never left out as wrong. */
const MOST_DOUBTED_RATIO: Ratio = 0.25;

/**
 * Folds what checks said, how ladders went and what was reported into beliefs. What is true of a check is learned from
 * reports, nearly as much from refusals of what was accepted later, and at a quarter from other escalations; what is true of a model from all of them, each by what it can tell. Reports
 * are bounded per principal. The order of the evidence does not matter. Pure.
 */
export function foldBeliefs(evidence: BeliefEvidence, options: FoldOptions): Beliefs {
  const facts = [...evidence.facts].sort(byTime);
  const byDecision = new Map(facts.map((fact) => [fact.decisionId, fact]));
  const reports = latestReports(evidence.outcomes, byDecision);
  const reported = countVerifiers({}, reports.flatMap(toReportedChecks), options.now);
  const judged = [...Map.groupBy(facts, (fact) => fact.ladder).values()].flatMap((attempts) =>
    judgeLadder(
      attempts.toSorted((a, b) => a.attempt - b.attempt),
      meanRates(reported),
    ),
  );
  const verifiers = countVerifiers(reported, escalationsOf(judged), options.now);
  const checked = new Map(
    judged.map(({ fact, rightRatio }) => [fact.decisionId, likelihoodOf(rightRatio, fact.believedRatio)]),
  );
  const results = [
    ...judged.map(toResult),
    ...reports.map((report) => toReportResult(report, { ...options, checked })),
  ].sort(byResultTime);
  const weights = boundedWeights(results, options.now);
  const weighted = results.map((result, index) => ({ ...result, weight: weights[index] ?? 0 }));
  const abilities = abilitiesFrom([...results, ...reports.flatMap(toCheaperResult)].sort(byResultTime), options.now);
  const learned = {
    verifiers: sortKeys(verifiers),
    abilities: abilities.shifts,
    wrongReports: Object.keys(abilities.shifts).length === 0 ? {} : abilities.wrongReports,
    drift: learnDrift(weighted.map(toDriftSample), options.priorDrift),
  };
  return { v: 2, version: versionOf(learned), ...learned };
}

/** One observation of a model's success at a kind of step. */
interface Result extends Saying {
  readonly fact: StepFact;
  /** The model whose result it is, with what was believed of it before anything was learned. */
  readonly of: Pick<StepFact, 'model' | 'plainRatio'>;
  /** As it was said, or as likely as the checks make it. */
  readonly rightRatio: Ratio;
  /** How much it tells of ability; that it is only likely counts already. Absent: as much as its weight. */
  readonly abilityWeight?: Ratio;
  /** What the checks said of what is reported on. */
  readonly checkedRatio?: Ratio | undefined;
  /** It counts for its own tenant alone. */
  readonly isOwnOnly?: true;
}

/**
 * What is seen of a model moves its shifts. Who was wrong too often is left out of what is common to all from the first word on, as if
 * nothing had been said: a lie that was believed before it was found out leaves nothing behind, and takes nobody's share of what is
 * heard. What it is to its own tenant it stays: nobody's many words take away what one sees with one's own eyes.
 */
function abilitiesFrom(results: readonly Result[], now: At): LearnedAbilities {
  const said = weighedFor(results, now);
  const all = foldAbilities(said, now);
  const doubted = new Set(
    said.filter(({ reporter, model }) => reporter !== undefined && !all.isTrusted(reporter, model)),
  );
  const outvoted = outvotedModels(said, doubted);
  const kept = results.map((result, index) => {
    const one = said[index];
    return one !== undefined && doubted.has(one) && outvoted.has(one.model) ? ownOnly(result) : result;
  });
  if (kept.every((result, index) => result === results[index])) return all;
  return { ...all, shifts: foldAbilities(weighedFor(kept, now), now).shifts };
}

function ownOnly(result: Result): Result {
  return { ...result, isOwnOnly: true, cell: JSON.stringify([result.fact.tenant, result.cell]) };
}

/** Models of which few are doubted: where many are, it is the model that has changed. */
function outvotedModels(said: readonly SaidResult[], doubted: ReadonlySet<SaidResult>): ReadonlySet<string> {
  const sumOf = (some: readonly SaidResult[]): number => some.reduce((sum, { weight }) => sum + weight, 0);
  const few = [...Map.groupBy(said, ({ model }) => model)].filter(
    ([, own]) => sumOf(own.filter((one) => doubted.has(one))) <= MOST_DOUBTED_RATIO * sumOf(own),
  );
  return new Set(few.map(([model]) => model));
}

/** Who is heard less says less. */
function weighedFor(results: readonly Result[], now: At): readonly SaidResult[] {
  const weights = abilityWeights(
    results.map(({ abilityWeight, ...result }) => ({ ...result, weight: abilityWeight ?? result.weight })),
    now,
  );
  return results.map((result, index) => toSaidResult(result, weights[index] ?? 0));
}

function toSaidResult(result: Result, weight: number): SaidResult {
  const { fact, of, at, principal, rightRatio, checkedRatio, isOwnOnly = false } = result;
  const isReport = principal !== RECORDS;
  return {
    at,
    parts: abilityParts({ ...fact, model: of.model }),
    model: of.model,
    plainRatio: of.plainRatio,
    rightRatio: isReport ? rightRatio : likelihoodOf(rightRatio, fact.believedRatio),
    reporter: isReport ? principal : undefined,
    checkedRatio,
    weight,
    isOwnOnly,
  };
}

interface Report {
  readonly fact: StepFact;
  readonly outcome: OutcomeRecord;
  /** One decision is one observation, however many principals speak of it. */
  readonly weight: Ratio;
}

/** The latest word of each principal on each decision that is known. */
function latestReports(
  outcomes: readonly OutcomeRecord[],
  facts: ReadonlyMap<DecisionId, StepFact>,
): readonly Report[] {
  const ordered = [...outcomes].sort((a, b) => a.at - b.at || compare(canonicalJson(a), canonicalJson(b)));
  const latest = new Map(ordered.map((outcome) => [JSON.stringify([outcome.decisionId, outcome.principal]), outcome]));
  const perDecision = Map.groupBy(latest.values(), (outcome) => outcome.decisionId);
  return [...perDecision].flatMap(([decisionId, own]) => {
    const fact = facts.get(decisionId);
    return fact === undefined ? [] : own.map((outcome) => ({ fact, outcome, weight: 1 / own.length }));
  });
}

/** What a report of truth says of the checks whose verdict it judges. */
function toReportedChecks({ fact, outcome, weight }: Report): readonly SeenCheck[] {
  if (outcome.truth === undefined || fact.status === undefined) return [];
  const isRight = (fact.status === 'accepted') === (outcome.truth === 'right');
  return fact.checks.map(({ verifier, passed }) => ({
    kind: fact.kind,
    verifier: verifier === 'contract' ? 'schema' : verifier,
    family: fact.family,
    rejected: !passed,
    truth: isRight ? 'right' : 'wrong',
    principal: saidBy(outcome.principal),
    at: outcome.at,
    weight,
  }));
}

function countVerifiers(counts: VerifierCounts, seen: readonly SeenCheck[], now: At): VerifierCounts {
  const weights = boundedWeights(
    seen.map((one) => ({ ...one, cell: `${one.kind}/${one.verifier}/${one.family}` })),
    now,
  );
  return seen.reduce((sum, one, index) => countObservation(sum, one, weights[index] ?? 0), counts);
}

function meanRates(counts: VerifierCounts): RatesOf {
  return (fact, verifier) => {
    const { sensitivity, falseAlarm } = verifierRates(counts, fact.kind, verifier, fact.family);
    return { sensitivityRatio: betaMean(sensitivity), falseAlarmRatio: betaMean(falseAlarm) };
  };
}

function toResult({ fact, rightRatio, weight, checks }: JudgedStep): Result {
  // How many wrong answers keep the form is assumed and not measured.
  const abilityWeight = checks.some(({ verifier }) => verifier !== 'contract') ? 1 : weight;
  const of = { at: fact.at, fact, of: fact, rightRatio, abilityWeight };
  return { cell: cellOf(fact, fact.model), principal: RECORDS, weight, ...of };
}

/** A model that was more than was needed was right as well. A reward speaks in the verdict's place where it was said what rewards mean. */
function toReportResult(
  { fact, outcome, weight }: Report,
  { rewardScale, checked }: FoldOptions & { readonly checked: ReadonlyMap<DecisionId, Ratio> },
): Result {
  const isRight = outcome.verdict === 'good_fit' || outcome.verdict === 'overprovisioned';
  return {
    cell: cellOf(fact, fact.model),
    principal: saidBy(outcome.principal),
    at: outcome.at,
    weight,
    fact,
    of: fact,
    rightRatio: rightByReward(outcome.reward, rewardScale) ?? (isRight ? 1 : 0),
    checkedRatio: checked.get(fact.decisionId),
  };
}

/** More than was needed: the next cheaper one would have done, most likely. */
function toCheaperResult({ fact, outcome, weight }: Report): readonly Result[] {
  const { cheaper } = fact;
  if (outcome.verdict !== 'overprovisioned' || cheaper === undefined) return [];
  return [
    {
      cell: cellOf(fact, cheaper.model),
      principal: saidBy(outcome.principal),
      at: outcome.at,
      weight,
      fact,
      of: cheaper,
      rightRatio: CHEAPER_RATIO,
    },
  ];
}

function cellOf({ kind }: StepFact, model: string): string {
  return `${kind}/${model}`;
}

function toDriftSample({ fact, rightRatio, weight, principal }: Result): DriftSample {
  const { model, family, mode, fromFamily, believedRatio } = fact;
  return { model, fromFamily, toFamily: family, mode, gainRatio: rightRatio - believedRatio, weight, principal };
}

function versionOf(learned: Omit<Beliefs, 'v' | 'version'>): string {
  const isEmpty = [learned.verifiers, learned.abilities, learned.drift].every((part) => Object.keys(part).length === 0);
  if (isEmpty) return NO_BELIEFS.version;
  return `beliefs-2.${createHash('sha256').update(canonicalJson(learned)).digest('hex').slice(0, 8)}`;
}

function byTime(a: StepFact, b: StepFact): number {
  return a.at - b.at || compare(a.decisionId, b.decisionId);
}

function byResultTime(a: Result, b: Result): number {
  return (
    a.at - b.at ||
    compare(a.fact.decisionId, b.fact.decisionId) ||
    compare(a.principal, b.principal) ||
    compare(a.cell, b.cell)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortKeys<Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compare(a, b)));
}
