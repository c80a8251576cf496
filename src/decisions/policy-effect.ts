import { setImmediate as turn } from 'node:timers/promises';
import type { CandidateRow, Decision } from '../domain/decision.ts';
import { toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { Ratio } from '../domain/time.ts';
import type { StepRecord } from '../recorder/record.ts';
import { stepFailureNanoUsd } from '../router/dial.ts';
import { makeDecision } from './make-decision.ts';
import type { Decide } from './pool-dial.ts';

/** What a policy would have done with recorded steps: modelled, each step by itself with what was known then. */
export interface PolicyEffect {
  readonly policyId: string;
  readonly dial: number;
  /** How many tries its ladders may have. */
  readonly maxRungs: number;
  readonly stepCount: number;
  readonly refusedCount: number;
  /** Steps that would have gone to another model than the one recorded. */
  readonly movedCount: number;
  /** Sum of the expected bills of the steps that it does not refuse, checks and second tries included. */
  readonly billNanoUsd: NanoUsd;
  /** Mean chance that what is accepted in the end is right, checks and second tries included. */
  readonly successRatio: Ratio | undefined;
  /** The same, had each step gone to whoever is likeliest to succeed at it, whatever the bill. */
  readonly bestSuccessRatio: Ratio | undefined;
  /** How many steps each model takes; the most first. */
  readonly models: readonly { readonly model: string; readonly stepCount: number }[];
}

/** Decides recorded steps again under a policy. Gives way to other work between any two decisions. */
export async function effectOf(
  steps: readonly StepRecord[],
  policy: RouterPolicy,
  decide: Decide,
): Promise<PolicyEffect> {
  const counts = new Map<string, number>();
  let [bill, success, best, moved, refused] = [0, 0, 0, 0, 0];
  for (const step of steps) {
    await turn();
    const { decision, input } = makeDecision({ ...step.input, policy, override: undefined }, { decide, shadows: [] });
    if (decision.kind === 'refuse') {
      refused += 1;
      continue;
    }
    const expected = expectedOf(decision, stepFailureNanoUsd(input.policy, input.step));
    bill += expected.billNanoUsd;
    success += expected.successRatio;
    best += expected.bestSuccessRatio;
    if (step.decision.kind === 'refuse' || step.decision.to !== decision.to) moved += 1;
    counts.set(decision.to, (counts.get(decision.to) ?? 0) + 1);
  }
  const decidedCount = steps.length - refused;
  return {
    policyId: policy.id,
    dial: policy.dial,
    maxRungs: policy.ladder.maxRungs,
    stepCount: steps.length,
    refusedCount: refused,
    movedCount: moved,
    billNanoUsd: toNanoUsd(bill),
    successRatio: decidedCount === 0 ? undefined : success / decidedCount,
    bestSuccessRatio: decidedCount === 0 ? undefined : best / decidedCount,
    models: [...counts]
      .map(([model, stepCount]) => ({ model, stepCount }))
      .sort((a, b) => b.stepCount - a.stepCount || (a.model < b.model ? -1 : 1)),
  };
}

/** What is expected of the choice, and of whoever is likeliest to succeed. */
function expectedOf(
  { candidates }: Decision,
  failureNanoUsd: number,
): {
  readonly billNanoUsd: number;
  readonly successRatio: Ratio;
  readonly bestSuccessRatio: Ratio;
} {
  const [chosen] = candidates;
  // What failing is priced at says how likely the end of a ladder is wrong; where it costs nothing there is no ladder.
  const endOf = (row: CandidateRow): Ratio =>
    failureNanoUsd > 0 ? 1 - row.failureNanoUsd / failureNanoUsd : row.successRatio;
  return {
    billNanoUsd: (chosen?.billNanoUsd ?? 0) + (chosen?.ladderNanoUsd ?? 0),
    successRatio: chosen === undefined ? 0 : endOf(chosen),
    bestSuccessRatio: Math.max(0, ...candidates.map(endOf)),
  };
}
