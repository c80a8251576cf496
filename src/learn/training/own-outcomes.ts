import type { Ratio } from '../../domain/time.ts';
import { abilityKey } from '../../predict/artifact.ts';
import type { OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import { OWN_SOURCE } from './fit-abilities.ts';
import type { OutcomeRow } from './outcome-row.ts';

/** Own steps as outcome rows, and how their scores came about. */
export interface OwnOutcomes {
  readonly rows: readonly OutcomeRow[];
  /** Rows whose score is what somebody reported, not what checks said. */
  readonly reportedCount: number;
  /** Of these, rows where the report is against the checks. */
  readonly correctedCount: number;
}

/**
 * Decisions of the store as outcome rows. What was reported of a decision later counts before what its checks said: the latest
 * word of each principal, all principals alike. Without a report, accepted is right and rejected is wrong; a step whose
 * provider failed, or that was cancelled, says nothing of quality. Pure.
 */
export function toOwnOutcomes(steps: readonly StepRecord[], outcomes: readonly OutcomeRecord[]): OwnOutcomes {
  const reports = Map.groupBy(
    outcomes.toSorted((a, b) => a.at - b.at),
    ({ decisionId }) => decisionId,
  );
  const rows: OutcomeRow[] = [];
  let [reportedCount, correctedCount] = [0, 0];
  for (const step of latestOf(steps)) {
    const { decision } = step;
    if (decision.kind === 'refuse') continue;
    const checked = checkedScore(step);
    const reported = reportedScore(step, reports.get(decision.decisionId) ?? []);
    const score = reported ?? checked;
    if (score === undefined) continue;
    if (reported !== undefined) reportedCount += 1;
    if (reported !== undefined && checked !== undefined && Math.abs(reported - checked) > 0.5) correctedCount += 1;
    rows.push({
      id: `${OWN_SOURCE}/${decision.decisionId}`,
      source: OWN_SOURCE,
      split: undefined,
      taskType: step.kind,
      domain: undefined,
      prompt: undefined,
      outcomes: { [abilityKey(decision.to)]: { score, costUsd: undefined } },
    });
  }
  return { rows, reportedCount, correctedCount };
}

/** A decision is written when it is made and again when its step has ended: the later record counts. */
function latestOf(steps: readonly StepRecord[]): readonly StepRecord[] {
  return [...new Map(steps.map((step) => [step.decision.decisionId, step])).values()];
}

/** What its checks said. `undefined`: nothing, or its provider failed. */
export function checkedScore({ outcome }: StepRecord): Ratio | undefined {
  if (outcome?.status === 'accepted') return 1;
  return outcome?.status === 'rejected' ? 0 : undefined;
}

/** What was reported of it: the latest word of each principal, all alike. */
export function reportedScore(step: StepRecord, reports: readonly OutcomeRecord[]): Ratio | undefined {
  const latest = [...new Map(reports.map((report) => [report.principal, report])).values()];
  if (latest.length === 0) return undefined;
  return latest.reduce((sum, report) => sum + (isRight(step, report) ? 1 : 0), 0) / latest.length;
}

/** `truth` judges what the checks said of this very result; without it the verdict speaks. */
function isRight({ outcome }: StepRecord, { truth, verdict }: OutcomeRecord): boolean {
  if (truth !== undefined && (outcome?.status === 'accepted' || outcome?.status === 'rejected')) {
    return (outcome.status === 'accepted') === (truth === 'right');
  }
  return verdict === 'good_fit' || verdict === 'overprovisioned';
}
