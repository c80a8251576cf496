import type { Catalog } from '../catalog/catalog.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import type { NeedReader } from '../predict/need/need-reader.ts';
import type { Predictor } from '../predict/predictor.ts';
import { createPriorPredictor } from '../predict/prior-predictor.ts';
import type { SessionTrace } from '../sessions/session-trace.ts';
import { priceSessions } from './pricing/price-sessions.ts';
import { recipeFor } from './pricing/pricing-recipe.ts';
import type { StepsReading } from './pricing/recorded-steps-reader.ts';
import type { SessionFigures } from './pricing/session-figures.ts';
import type { PricingOptions } from './pricing/session-pricer.ts';
import { defaultFailures, ownFailures, withBounds } from './replay-defaults.ts';
import { ReplayTotals } from './replay-totals.ts';
import type { ReplayReport } from './report/replay-report.ts';
import { DEFAULT_ASSUMPTIONS, type Assumptions } from './simulation/assumptions.ts';
import type { KindPrices, ReplayPolicy } from './simulation/replay-policy.ts';

export interface ReplayOptions {
  /** Prices of recorded models; older ones come from the dated price list. */
  readonly catalog: Catalog;
  /** What policies may choose from, beside the models a session was recorded on. */
  readonly pool: readonly Model[];
  /** Run in this order; `as-recorded`, `never-switch` and `always-frontier` are always run, because reports compare to them. */
  readonly policies: readonly ReplayPolicy[];
  /** Default: the prior from the catalogue. */
  readonly predictor?: Predictor;
  /** Reads what the words of recorded turns need. Absent: nobody does, and kinds alone are known. */
  readonly needs?: NeedReader | undefined;
  readonly assumptions?: Assumptions;
  /** γ per kind of step. Default: that of the first policy that has one, then our own guess. */
  readonly failureNanoUsd?: KindPrices;
  readonly seed?: number;
  /** Resamples behind each interval. Default 200. */
  readonly resampleCount?: number;
  /**
   * `off` leaves out the optimum and regret against it; otherwise the most states kept per call before the search is cut. Many
   * models leave room for few states, see `statesFor`.
   */
  readonly optimum?: 'off' | { readonly maxStates: number };
  /** Default 10. */
  readonly eventCount?: number;
  /** Default 5. */
  readonly timelineCount?: number;
  /** The report then holds words of the sessions' people, keys masked. Default: none. */
  readonly withText?: boolean;
  readonly signal?: AbortSignal;
  /** Ends early, within the thread that is being priced: the report then holds the threads before it. */
  readonly stop?: AbortSignal;
  /** Called after each session with how many were done. */
  readonly onSession?: (sessionCount: number) => void;
}

/** Other threads price too, where the policies can run there. The report is the same to the last bit. */
export interface ReplayShare {
  readonly threadCount: number;
  /** Who `needs` of the options is, for the other threads to make it again. */
  readonly reading: StepsReading | undefined;
}

/**
 * Prices every session as it was, then under each policy and under the optimum. Reads the sessions once and keeps none of
 * them; memory depends on the number of policies and of distinct models only.
 *
 * @throws PointsmanError `aborted` from the signal; `request-invalid` for two policies of one name.
 */
export async function replay(
  traces: AsyncIterable<SessionTrace>,
  options: ReplayOptions,
  share?: ReplayShare,
): Promise<ReplayReport> {
  const pricing = pricingOptions(options);
  const recipe = share && recipeFor(pricing, share.reading);
  const threads = recipe && { count: share.threadCount, recipe };
  return addUp(priceSessions(traces, pricing, { threads, stop: options.stop }), pricing, options);
}

/** The options with all that was left to us settled. */
function pricingOptions(options: ReplayOptions): PricingOptions {
  return {
    catalog: options.catalog,
    pool: options.pool,
    policies: withBounds(options.policies),
    predictor: options.predictor ?? createPriorPredictor(),
    needs: options.needs,
    assumptions: options.assumptions ?? DEFAULT_ASSUMPTIONS,
    failureNanoUsd: options.failureNanoUsd ?? ownFailures(options.policies, options.pool) ?? defaultFailures(),
    optimum: options.optimum,
    eventCount: options.eventCount ?? 10,
    timelineCount: options.timelineCount ?? 5,
    withText: options.withText === true,
  };
}

/**
 * The report on sessions that were priced, in the order in which they come.
 * @throws PointsmanError `aborted` from the signal
 */
async function addUp(
  sessions: AsyncIterable<SessionFigures>,
  pricing: PricingOptions,
  options: Pick<ReplayOptions, 'seed' | 'resampleCount' | 'signal' | 'onSession'>,
): Promise<ReplayReport> {
  const totals = new ReplayTotals(pricing, options);
  for await (const session of sessions) {
    if (options.signal?.aborted === true) throw new PointsmanError('aborted', 'Replay was stopped');
    totals.add(session);
    options.onSession?.(totals.sessionCount);
  }
  return totals.report();
}
