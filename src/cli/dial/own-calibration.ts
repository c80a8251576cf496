import { openViewsOf } from '../../app/open-views.ts';
import { dialFor, type DialAnswer, type DialTarget } from '../../decisions/own-dial.ts';
import { effectOf, type PolicyEffect } from '../../decisions/policy-effect.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { roundNanoUsd, type NanoUsd } from '../../domain/money.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { DAY_MS, type Ratio } from '../../domain/time.ts';
import { withLearned } from '../../policy/learned-settings.ts';
import { withDial } from '../../policy/with-dial.ts';
import type { StepRecord } from '../../recorder/record.ts';
import { decide } from '../../router/decide.ts';
import type { CommandIo } from '../input/command.ts';
import type { Settings } from '../input/load-settings.ts';

export interface OwnCalibration {
  readonly stepCount: number;
  /** Between the first and the last step, at least one day. */
  readonly days: number;
  /** All notches, for the same steps, with the ladders that the policy allows. */
  readonly effects: readonly PolicyEffect[];
  /** Absent: no target was given. */
  readonly answer?: DialAnswer;
}

export interface OwnTarget {
  readonly days: number;
  readonly dayNanoUsd: NanoUsd | undefined;
  readonly leastSuccessRatio: Ratio | undefined;
}

const NOTCHES = Array.from({ length: 11 }, (_, notch) => notch);
const MOST_STEPS = 1000;

/**
 * What each notch of the dial would have done with the user's own steps: modelled, as each was seen when it came.
 * @throws PointsmanError `not-found` where no step is recorded, `request-invalid` where the policy takes none of them
 */
export async function calibrateOnRecords(
  policy: RouterPolicy,
  { config }: Settings,
  target: OwnTarget,
  io: CommandIo,
): Promise<OwnCalibration> {
  const { views, close } = await openViewsOf(config.store);
  try {
    const since = Date.now() - target.days * DAY_MS;
    const steps = (await views.newestSteps(MOST_STEPS)).filter(({ startedAt }) => startedAt >= since);
    if (steps.length === 0) {
      throw new PointsmanError('not-found', `No step of the last ${target.days} days is recorded.`, {
        hint: 'Route some work first, take more --days, or leave out --on records.',
      });
    }
    const effects: PolicyEffect[] = [];
    for (const { notch, maxRungs } of variantsOf(policy, steps)) {
      io.signal.throwIfAborted();
      io.erase?.('line');
      if (io.erase !== undefined) io.stderr(`deciding ${steps.length} steps at dial ${notch}`);
      effects.push(await effectOf(steps, withLearned(withDial(policy, notch), { maxRungs }), decide));
    }
    io.erase?.('line');
    if (effects.every(({ stepCount, refusedCount }) => refusedCount === stepCount)) {
      throw new PointsmanError('request-invalid', `The policy "${policy.id}" refuses every one of these steps.`, {
        hint: 'Measure on a policy that admits the models that were there when they came.',
      });
    }
    const times = steps.map(({ startedAt }) => startedAt);
    const days = Math.max(1, (Math.max(...times) - Math.min(...times)) / DAY_MS);
    const wanted: DialTarget = {
      mostNanoUsd: target.dayNanoUsd === undefined ? undefined : roundNanoUsd(target.dayNanoUsd * days),
      leastSuccessRatio: target.leastSuccessRatio,
    };
    const isAsked = wanted.mostNanoUsd !== undefined || wanted.leastSuccessRatio !== undefined;
    const shown = effects.filter(({ maxRungs }) => maxRungs === policy.ladder.maxRungs);
    return { stepCount: steps.length, days, effects: shown, ...(isAsked ? { answer: dialFor(effects, wanted) } : {}) };
  } finally {
    await close();
  }
}

const RUNGS = [1, 2, 3] as const;

/** Each notch under the policy's own ladders, and under shorter and longer ones where steps have checks that ladders could stand on. */
function variantsOf(
  { ladder }: RouterPolicy,
  steps: readonly StepRecord[],
): readonly { readonly notch: number; readonly maxRungs: 1 | 2 | 3 }[] {
  const isChecked = steps.some(({ input }) => input.step.checks.length > 0);
  const lengths = isChecked ? RUNGS : [ladder.maxRungs];
  return lengths.flatMap((maxRungs) => NOTCHES.map((notch) => ({ notch, maxRungs })));
}
