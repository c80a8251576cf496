import type { DecideInput, Decision } from '../../domain/decision.ts';
import type { Model } from '../../domain/model.ts';
import type { DraftCandidate } from '../candidates.ts';
import { decisionFrameOf } from './decision-frame.ts';
import { Future } from './future.ts';
import type { LookOptions } from './look-options.ts';
import { Race } from './race.ts';
import { departureOf } from './roots.ts';

type Look = Decision['lookahead'];

/**
 * Fills each draft's `future` and, for writes of the long class, `longFuture`: the expected cost of the steps to come
 * under the caches that it leaves behind, taken by whichever models and modes are cheapest from there; and in `gap` by
 * how much a better plan might at most undercut that. Exact where the plan is small enough or nothing but provably worse
 * plans was dropped, a beam otherwise. Uncertain forecasts are averaged over their scenarios, each with its own best plan.
 * A draft that is beaten whatever its future brings is marked so, and its future is the least that it may cost.
 */
export function lookAhead(
  input: DecideInput,
  pool: readonly Model[],
  drafts: readonly DraftCandidate[],
  options: LookOptions,
): Look {
  const none: Look = { method: 'none', stepCount: 0, stateCount: 0 };
  const { maxSteps } = input.policy.lookahead;
  if (drafts.length === 0 || maxSteps < 1) return none;
  const scenarios = input.scenarios ?? [];
  const rest = 1 - scenarios.reduce((sum, scenario) => sum + scenario.weightRatio, 0);
  const weighted = [{ weightRatio: rest, forecast: input.forecast }, ...scenarios].filter(
    ({ weightRatio, forecast }) => weightRatio > 1e-9 && forecast.length > 0,
  );
  if (weighted.length === 0) return none;
  const frame = decisionFrameOf(input, pool);
  const departure = departureOf(input, drafts);
  const futures = weighted.map(
    ({ weightRatio: weight, forecast }) =>
      new Future(frame, { steps: forecast.slice(0, maxSteps), weight, departure, options }, drafts),
  );
  new Race(input, pool, { drafts, futures, isWhole: options.isWhole }).run();
  for (const future of futures) future.close();
  return {
    method: futures.some((future) => future.isBeam) ? 'beam' : 'exact',
    stepCount: Math.max(...futures.map((future) => future.stepCount)),
    stateCount: futures.reduce((sum, future) => sum + future.stateCount, 0),
  };
}
