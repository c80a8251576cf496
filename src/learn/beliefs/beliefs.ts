import { createHash } from 'node:crypto';
import type { DecisionId } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/json.ts';
import type { BetaCounts, HandoffDrift } from '../../domain/quality.ts';
import type { StepKind } from '../../domain/step.ts';
import type { At, Ratio } from '../../domain/time.ts';
import type { OutcomeRecord } from '../../recorder/record.ts';
import { betaMean } from '../../stats/beta-posterior.ts';
import type { StepFact } from '../step-fact.ts';
import { judgeLadder, type JudgedStep, type RatesOf } from '../training/judge-ladder.ts';
import { boundedWeights, RECORDS, saidBy, type Saying } from './bounded-weights.ts';
import { learnDrift, type DriftSample, type PriorDrift } from './learn-drift.ts';
import { settleCounts } from './settle-counts.ts';
import {
  countObservation,
  verifierRates,
  type VerifierCounts,
  type VerifierObservation,
} from './verifier-posteriors.ts';

/** What was learned from records, as decisions use it. Plain JSON; the same evidence on the same day gives the same bytes. */
export interface Beliefs {
  readonly v: 1;
  /** Names exactly these numbers: kept in every record whose decision used them. */
  readonly version: string;
  /** How far checks can be trusted. */
  readonly verifiers: VerifierCounts;
  /** By `successKey`: how often a model was right at a kind of step, in observations after age and bounds. */
  readonly successes: Readonly<Record<string, BetaCounts>>;
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
}

export const NO_BELIEFS: Beliefs = { v: 1, version: 'beliefs-1.none', verifiers: {}, successes: {}, drift: [] };

/** Both halves of an escalation tell of the check, but the check is also what they are judged by. */
const ESCALATION_WEIGHT: Ratio = 0.25;

export function successKey(kind: StepKind, model: string): string {
  return `${kind}/${model}`;
}

/**
 * Folds what checks said, how ladders went and what was reported into beliefs. What is true of a check is learned from
 * reports and, at a quarter, from escalations; what is true of a model from all of them, each by what it can tell. Reports
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
  const results = [...judged.map(toResult), ...reports.map(reportToResult)].sort(byResultTime);
  const weights = boundedWeights(results, options.now);
  const weighted = results.map((result, index) => ({
    ...result,
    weight: weights[index] ?? 0,
    reportedRatio: result.weight,
  }));
  const learned = {
    verifiers: sortKeys(verifiers),
    successes: settleCounts(weighted),
    drift: learnDrift(weighted.map(toDriftSample), options.priorDrift),
  };
  return { v: 1, version: versionOf(learned), ...learned };
}

/** One observation of a model's success at a kind of step. */
interface Result extends Saying {
  readonly fact: StepFact;
  readonly rightRatio: Ratio;
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

type SeenCheck = VerifierObservation & Omit<Saying, 'cell'>;

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

/** A check that refused one attempt and let a later one of the same step through: what that says of the check itself. */
function escalationsOf(judged: readonly JudgedStep[]): readonly SeenCheck[] {
  return [...Map.groupBy(judged, ({ fact }) => fact.ladder).values()].flatMap((attempts) =>
    attempts.flatMap((one, index) =>
      one.checks
        .filter((check) => check.verifier !== 'contract' && !check.passed)
        .flatMap(({ verifier }) => {
          const passed = attempts
            .slice(index + 1)
            .find(({ checks }) => checks.some((c) => c.verifier === verifier && c.passed));
          if (passed === undefined || verifier === 'contract') return [];
          return [...inParts(one, verifier, true), ...inParts(passed, verifier, false)];
        }),
    ),
  );
}

/** An observation whose truth is only likely counts on both sides. */
function inParts(
  { fact, rightRatio }: JudgedStep,
  verifier: VerifierObservation['verifier'],
  rejected: boolean,
): readonly SeenCheck[] {
  const base = { kind: fact.kind, verifier, family: fact.family, rejected, principal: RECORDS, at: fact.at };
  return [
    { ...base, truth: 'right', weight: ESCALATION_WEIGHT * rightRatio },
    { ...base, truth: 'wrong', weight: ESCALATION_WEIGHT * (1 - rightRatio) },
  ];
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

function toResult({ fact, rightRatio, weight }: JudgedStep): Result {
  return { cell: successKey(fact.kind, fact.model), principal: RECORDS, at: fact.at, weight, fact, rightRatio };
}

/** A model that was more than was needed was right as well. The reward has no known scale, so the verdict speaks. */
function reportToResult({ fact, outcome, weight }: Report): Result {
  const isRight = outcome.verdict === 'good_fit' || outcome.verdict === 'overprovisioned';
  return {
    cell: successKey(fact.kind, fact.model),
    principal: saidBy(outcome.principal),
    at: outcome.at,
    weight,
    fact,
    rightRatio: isRight ? 1 : 0,
  };
}

function toDriftSample({ fact, rightRatio, weight, principal }: Result): DriftSample {
  const { model, family, mode, fromFamily, believedRatio } = fact;
  return { model, fromFamily, toFamily: family, mode, gainRatio: rightRatio - believedRatio, weight, principal };
}

function versionOf(learned: Omit<Beliefs, 'v' | 'version'>): string {
  const isEmpty = [learned.verifiers, learned.successes, learned.drift].every((part) => Object.keys(part).length === 0);
  if (isEmpty) return NO_BELIEFS.version;
  return `beliefs-1.${createHash('sha256').update(canonicalJson(learned)).digest('hex').slice(0, 8)}`;
}

function byTime(a: StepFact, b: StepFact): number {
  return a.at - b.at || compare(a.decisionId, b.decisionId);
}

function byResultTime(a: Result, b: Result): number {
  return a.at - b.at || compare(a.fact.decisionId, b.fact.decisionId) || compare(a.principal, b.principal);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sortKeys<Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compare(a, b)));
}
