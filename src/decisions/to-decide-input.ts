import type { BudgetView, DecideInput } from '../domain/decision.ts';
import { toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { withModalities } from '../predict/success/modality-prior.ts';
import { FOREIGN_STEP, NEW_SESSION } from './defaults.ts';
import type { StepToDecide } from './step-to-decide.ts';

const NO_LIMIT: BudgetView = { jobLeftNanoUsd: undefined, stepLeftNanoUsd: undefined };

/**
 * The whole input of `decide()` from what a door knows: the one place that writes it. A new signal is a field of the domain's
 * `SessionView`, `StepView` or `DecideInput` and, where doors may leave it out, its default here. Pure.
 */
export function toDecideInput(asked: StepToDecide): DecideInput {
  const { session, step, reading, future } = asked;
  return {
    v: 1,
    decisionId: asked.decisionId,
    now: asked.now,
    session: { ...NEW_SESSION, ...session },
    step: {
      ...FOREIGN_STEP,
      ...step,
      size: reading.size,
      ...(reading.need === undefined ? {} : { need: reading.need }),
    },
    ...future,
    models: asked.models,
    warmth: asked.warmth,
    quality: withModalities(reading.quality, asked.models, step.requirements?.inputModalities ?? []),
    drift: reading.drift ?? [],
    ...(asked.hosts === undefined || asked.hosts.length === 0 ? {} : { hosts: asked.hosts }),
    policy: asked.policy,
    budget: asked.budget ?? NO_LIMIT,
    override: asked.override,
    ...(asked.mayWriteLong === undefined ? {} : { mayWriteLong: true }),
    ...(asked.pause === undefined ? {} : { pause: asked.pause }),
  };
}

/** What a policy leaves a session that has spent `spent`; `limitNanoUsd` is another limit, such as what its key has left. */
export function budgetLeft({ budget }: RouterPolicy, spent: NanoUsd, limitNanoUsd?: NanoUsd): BudgetView {
  const { jobNanoUsd, stepNanoUsd } = budget;
  const left = jobNanoUsd === undefined ? undefined : toNanoUsd(Math.max(0, jobNanoUsd - spent));
  return { jobLeftNanoUsd: smaller(left, limitNanoUsd), stepLeftNanoUsd: stepNanoUsd };
}

function smaller(one: NanoUsd | undefined, other: NanoUsd | undefined): NanoUsd | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one < other ? one : other;
}
