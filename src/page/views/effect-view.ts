import { effectOf, type PolicyEffect } from '../../decisions/policy-effect.ts';
import type { Decide } from '../../decisions/pool-dial.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { withDial } from '../../policy/with-dial.ts';
import type { StepRecord } from '../../recorder/record.ts';

/** What a policy would have done with recorded steps, and whether it is the one at work. */
export interface EffectRow extends PolicyEffect {
  /** Under which the gateway, or the command, decides now. */
  readonly isActive: boolean;
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
