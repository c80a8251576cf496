import { usdFromNano } from '../../domain/money.ts';
import { DAY_MS, MINUTE_MS, type At } from '../../domain/time.ts';
import type { CallRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import { hashBucket } from '../../stats/seeded-random.ts';
import { checkedScore, reportedScore } from '../training/own-outcomes.ts';
import type { RewardFacts } from './reward-expression.ts';

/** A step with everything that came of it, whatever tries it took. */
export interface StepWithFacts {
  /** Its first try: the choice that is judged. */
  readonly step: StepRecord;
  readonly facts: RewardFacts;
}

export interface RewardRecords {
  readonly steps: readonly StepRecord[];
  readonly calls: readonly CallRecord[];
  readonly outcomes: readonly OutcomeRecord[];
  /** When they were read: what may yet come of a step is not known. */
  readonly now: At;
}

/** Figures beyond this are somebody's mistake, or worse. */
const MOST_REWARD = 1e6;

/** Steps that a policy chose a model for, the oldest first. Those that somebody named a model for are no choice. Pure. */
export function toStepsWithFacts({ steps, calls, outcomes, now }: RewardRecords): readonly StepWithFacts[] {
  const latest = new Map(steps.map((step) => [step.decision.decisionId, step]));
  const tries = Map.groupBy(latest.values(), placeOf);
  const callsBy = Map.groupBy(calls, placeOf);
  const reportsBy = Map.groupBy(
    outcomes.toSorted((a, b) => a.at - b.at),
    ({ decisionId }) => decisionId,
  );
  const named = Map.groupBy([...latest.values()].filter(isNamed), ({ sessionId }) => sessionId);
  return [...tries.values()]
    .map((own) => own.toSorted((a, b) => a.attempt - b.attempt))
    .flatMap((own) => {
      const [first] = own;
      if (first === undefined || first.attempt !== 0 || first.decision.kind === 'refuse' || isNamed(first)) return [];
      const reports = own.flatMap(({ decision }) => reportsBy.get(decision.decisionId) ?? []);
      const later = named.get(first.sessionId) ?? [];
      const facts = factsOf({ own, calls: callsBy.get(placeOf(first)) ?? [], reports, later, now });
      return [{ step: first, facts }];
    })
    .toSorted(
      (a, b) =>
        a.step.startedAt - b.step.startedAt || (a.step.decision.decisionId < b.step.decision.decisionId ? -1 : 1),
    );
}

const placeOf = ({ sessionId, stepId }: Pick<StepRecord, 'sessionId' | 'stepId'>): string =>
  JSON.stringify([sessionId, stepId]);

/** Whether somebody named the model of a step. */
export function isNamed({ input, decision }: StepRecord): boolean {
  return input.override !== undefined || decision.reasons.some(({ code }) => code === 'override');
}

interface Course {
  /** Its tries in order, one at least. */
  readonly own: readonly StepRecord[];
  readonly calls: readonly CallRecord[];
  readonly reports: readonly OutcomeRecord[];
  /** Steps of its session for which somebody named a model. */
  readonly later: readonly StepRecord[];
  readonly now: At;
}

function factsOf(course: Course): RewardFacts {
  const { own, calls, reports } = course;
  const last = own.at(-1);
  const lastReports = reports.filter(({ decisionId }) => decisionId === last?.decision.decisionId);
  return {
    green: last === undefined ? undefined : (reportedScore(last, lastReports) ?? checkedScore(last)),
    override: overrideOf(course),
    usd: billOf(calls),
    minutes: minutesOf(own, calls),
    tries: own.length,
    reward: rewardOf(reports),
  };
}

/** Known after a day, either way: of younger steps only those that were overruled already would have a reward. */
function overrideOf({ own: [first], reports, later, now }: Course): number | undefined {
  if (first === undefined) return undefined;
  const until = first.startedAt + DAY_MS;
  if (now < until) return undefined;
  const isNamedLater = later.some(({ startedAt }) => startedAt > first.startedAt && startedAt <= until);
  const isFaulted = reports.some(
    ({ at, verdict }) => at <= until && (verdict === 'failed' || verdict === 'underpowered'),
  );
  return isNamedLater || isFaulted ? 1 : 0;
}

/** A bill that is not known of one call is not known of the step. */
function billOf(calls: readonly CallRecord[]): number | undefined {
  let usd = 0;
  for (const { billNanoUsd } of calls) {
    if (billNanoUsd === undefined) return undefined;
    usd += usdFromNano(billNanoUsd);
  }
  return calls.length === 0 ? undefined : usd;
}

function minutesOf(own: readonly StepRecord[], calls: readonly CallRecord[]): number | undefined {
  const from = own[0]?.startedAt ?? 0;
  const ends = [
    ...own.map(({ endedAt }) => endedAt ?? 0),
    ...calls.map(({ startedAt, durationMs }) => startedAt + durationMs),
  ];
  const end = Math.max(...ends);
  return end < from ? undefined : (end - from) / MINUTE_MS;
}

/** The latest figure of each principal, all alike. */
function rewardOf(reports: readonly OutcomeRecord[]): number | undefined {
  const latest = [...new Map(reports.map((report) => [report.principal, report.reward])).values()].filter(
    (reward) => reward !== undefined,
  );
  if (latest.length === 0 || latest.some((reward) => !(Math.abs(reward) <= MOST_REWARD))) return undefined;
  return latest.reduce((sum, reward) => sum + reward, 0) / latest.length;
}

/** So many tenants make a crowd, in which nobody weighs more than this. */
const CROWD = 5;
const MOST_SHARE = 0.2;

/** The weight of a step: less for a tenant that has more of them than one may weigh, so that few cannot speak for all. */
export function tenantWeights(rows: readonly StepWithFacts[]): (step: StepRecord) => number {
  const counts = new Map<string, number>();
  for (const { step } of rows) counts.set(step.tenant ?? '', (counts.get(step.tenant ?? '') ?? 0) + 1);
  if (counts.size < CROWD) return () => 1;
  const most = MOST_SHARE * rows.length;
  return ({ tenant = '' }) => Math.min(1, most / (counts.get(tenant) ?? most));
}

/** True of steps that settings are chosen on; the others judge what was chosen. By sessions, half of them. */
export function isChosenOn({ step }: StepWithFacts): boolean {
  return hashBucket(step.sessionId, 'learn') < 50;
}
