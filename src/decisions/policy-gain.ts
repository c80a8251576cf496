import { setImmediate as turn } from 'node:timers/promises';
import type { CandidateRow, Decision, Route } from '../domain/decision.ts';
import { usdFromNano } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { LoggedAction, LoggedStep } from '../learn/reward/off-policy.ts';
import type { RewardExpression } from '../learn/reward/reward-expression.ts';
import { tenantWeights, type StepWithFacts } from '../learn/reward/step-reward.ts';
import type { StepRecord } from '../recorder/record.ts';
import { makeDecision } from './make-decision.ts';
import { isCandidates } from './policy-trial.ts';
import type { Decide } from './pool-dial.ts';

/** What a policy would have chosen for each step; `undefined` where it refuses it. */
export type PolicyChoices = readonly (LoggedAction | undefined)[];

/** Decides recorded steps again under a policy, each as it came. Gives way to other work between any two decisions. */
export async function choicesUnder(
  steps: readonly StepRecord[],
  policy: RouterPolicy,
  decide: Decide,
): Promise<PolicyChoices> {
  const choices: (LoggedAction | undefined)[] = [];
  for (const step of steps) {
    await turn();
    const { decision } = makeDecision({ ...step.input, policy, override: undefined }, { decide, shadows: [] });
    choices.push(decision.kind === 'refuse' ? undefined : toAction(decision, ratioIn(step)));
  }
  return choices;
}

/** Steps whose reward is known, with what was chosen and what two policies choose; steps that either refuses are left out. */
export function toLoggedSteps(
  rows: readonly StepWithFacts[],
  reward: RewardExpression,
  choices: { readonly current: PolicyChoices; readonly candidate: PolicyChoices },
): readonly LoggedStep[] {
  const weights = tenantWeights(rows);
  return rows.flatMap(({ step, facts }, index) => {
    const value = reward.valueOf(facts);
    const [current, candidate] = [choices.current[index], choices.candidate[index]];
    if (value === undefined || step.decision.kind === 'refuse' || current === undefined || candidate === undefined)
      return [];
    const taken = toAction(step.decision, ratioIn(step));
    return [{ session: step.sessionId, reward: value, weight: weights(step), taken, current, candidate }];
  });
}

/** Steps of a canary in which its two policies differed, as both were recorded. */
export function toTrialSteps(rows: readonly StepWithFacts[], reward: RewardExpression): readonly LoggedStep[] {
  const weights = tenantWeights(rows);
  return rows.flatMap(({ step, facts }) => {
    const { decision, input, shadows } = step;
    const [beside] = shadows;
    const value = reward.valueOf(facts);
    if (input.chance?.by !== 'canary' || decision.kind === 'refuse' || beside === undefined || beside.kind === 'refuse')
      return [];
    if (value === undefined) return [];
    const [taken, other] = [toAction(decision, ratioIn(step)), toAction(beside, ratioIn(step))];
    const [current, candidate] = isCandidates(decision) ? [other, taken] : [taken, other];
    return [{ session: step.sessionId, reward: value, weight: weights(step), taken, current, candidate }];
  });
}

/** Steps that the policy served and its candidate would refuse. Nothing can come of them, so that no reward tells of it. */
export function refusedByCandidate(rows: readonly StepWithFacts[]): number {
  return rows.filter(({ step }) => step.shadows.some((one) => one.kind === 'refuse' && isCandidates(one))).length;
}

/** How likely each choice was when the step came. Without chance what was chosen was certain. */
function ratioIn({ input: { chance }, decision }: StepRecord): (key: string) => number {
  if (chance === undefined) {
    const own = decision.kind === 'refuse' ? '' : keyOf(decision);
    return (key) => (key === own ? 1 : 0);
  }
  const ratios = new Map(chance.among.map((one) => [choiceKey(one.model, one.mode, one.rungCount), one.ratio]));
  return (key) => ratios.get(key) ?? 0;
}

function toAction(route: Route, ratioOf: (key: string) => number): LoggedAction {
  const [row] = route.candidates;
  const key = keyOf(route);
  return { key, ratio: ratioOf(key), features: row === undefined ? NOTHING_KNOWN : featuresOf(row) };
}

const NOTHING_KNOWN = [0, 0, 0];

/** What a reward is fitted on: how likely the choice was right, and what it and what follows it were to bill. */
function featuresOf({ successRatio, billNanoUsd, ladderNanoUsd }: CandidateRow): readonly number[] {
  return [successRatio, usdFromNano(billNanoUsd), usdFromNano(ladderNanoUsd)];
}

const keyOf = ({ to, mode, ladder }: Route): string => choiceKey(to, mode, ladder.length);

const choiceKey = (model: string, mode: string, rungCount: number): string => `${model} ${mode} ${rungCount}`;

/** Who takes how many steps, the most first. */
export function takersOf(decisions: readonly Decision[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const decision of decisions) {
    if (decision.kind !== 'refuse') counts.set(decision.to, (counts.get(decision.to) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)));
}
