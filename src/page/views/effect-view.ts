import { setImmediate as turn } from 'node:timers/promises';
import { makeDecision } from '../../decisions/make-decision.ts';
import type { Decide } from '../../decisions/pool-dial.ts';
import { toNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { Ratio } from '../../domain/time.ts';
import { withDial } from '../../policy/with-dial.ts';
import type { StepRecord } from '../../recorder/record.ts';

/** What a policy would have done with recorded steps: modelled, each step by itself with what was known then. */
export interface EffectRow {
  readonly policyId: string;
  readonly dial: number;
  /** Under which the gateway, or the command, decides now. */
  readonly isActive: boolean;
  readonly stepCount: number;
  readonly refusedCount: number;
  /** Steps that would have gone to another model than the one recorded. */
  readonly movedCount: number;
  /** Sum of the expected bills of the steps. */
  readonly billNanoUsd: NanoUsd;
  /** Mean chance that a step succeeds. */
  readonly successRatio: Ratio | undefined;
  /** How many steps each model takes; the most first. */
  readonly models: readonly { readonly model: string; readonly stepCount: number }[];
}

const DIALS = [0, 2, 4, 6, 8, 10];

export interface EffectPolicies {
  readonly active: RouterPolicy;
  readonly all: ReadonlyMap<string, RouterPolicy>;
  readonly decide: Decide;
}

/** Decides again under every policy and notch of the dial. Gives way to calls between any two decisions. */
export async function effectRows(
  steps: readonly StepRecord[],
  { active, all, decide }: EffectPolicies,
): Promise<readonly EffectRow[]> {
  const others = [...all.values()].filter(({ id }) => id !== active.id);
  const dials = DIALS.filter((dial) => dial !== active.dial).map((dial) => withDial(active, dial));
  const rows: EffectRow[] = [];
  for (const policy of [active, ...dials, ...others]) {
    rows.push({ ...(await effectOf(steps, policy, decide)), isActive: policy === active });
  }
  return rows;
}

async function effectOf(
  steps: readonly StepRecord[],
  policy: RouterPolicy,
  decide: Decide,
): Promise<Omit<EffectRow, 'isActive'>> {
  const counts = new Map<string, number>();
  let [bill, success, moved, refused] = [0, 0, 0, 0];
  for (const step of steps) {
    await turn();
    const { decision } = makeDecision({ ...step.input, policy, override: undefined }, { decide, shadows: [] });
    if (decision.kind === 'refuse') {
      refused += 1;
      continue;
    }
    const [chosen] = decision.candidates;
    bill += chosen?.billNanoUsd ?? 0;
    success += chosen?.successRatio ?? 0;
    if (step.decision.kind === 'refuse' || step.decision.to !== decision.to) moved += 1;
    counts.set(decision.to, (counts.get(decision.to) ?? 0) + 1);
  }
  const decidedCount = steps.length - refused;
  return {
    policyId: policy.id,
    dial: policy.dial,
    stepCount: steps.length,
    refusedCount: refused,
    movedCount: moved,
    billNanoUsd: toNanoUsd(bill),
    successRatio: decidedCount === 0 ? undefined : success / decidedCount,
    models: [...counts]
      .map(([model, stepCount]) => ({ model, stepCount }))
      .sort((a, b) => b.stepCount - a.stepCount || (a.model < b.model ? -1 : 1)),
  };
}
