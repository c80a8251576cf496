import type { Catalog } from '../catalog/catalog.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { Model } from '../domain/model.ts';
import { roundNanoUsd } from '../domain/money.ts';
import type { NeedReader } from '../predict/need/need-reader.ts';
import type { Predictor } from '../predict/predictor.ts';
import { createPriorPredictor } from '../predict/prior-predictor.ts';
import type { SessionTrace, StepTrace, ThreadTrace } from '../sessions/session-trace.ts';
import { createBootstrap } from '../stats/poisson-bootstrap.ts';
import { PolicyTally } from './policy-tally.ts';
import { createRecordedTally } from './recorded-tally.ts';
import { defaultFailures, ownFailures, withBounds } from './replay-defaults.ts';
import { usd } from './report/amounts.ts';
import { createEventKeeper } from './report/avoidable-events.ts';
import { createCacheTally } from './report/cache-report.ts';
import { createTimeSums } from './report/cost-over-time.ts';
import { limitsOfReplay } from './report/limits.ts';
import type { OptimumReport, PolicyReport, ReplayReport } from './report/replay-report.ts';
import { createTimelineKeeper } from './report/timelines.ts';
import { createWarmthTally } from './report/warmth-tally.ts';
import { alwaysFrontier, fixedModel, neverSwitch } from './rules/baselines.ts';
import { DEFAULT_ASSUMPTIONS, type Assumptions } from './simulation/assumptions.ts';
import { buildWorkload, candidateModels } from './simulation/build-workload.ts';
import { findOptimum, statesFor } from './simulation/optimum.ts';
import { createRecordedModels, withAssumedCalls, type RecordedModels } from './simulation/recorded-models.ts';
import type { KindPrices, ReplayPolicy } from './simulation/replay-policy.ts';
import { RunBuffers, pathNano, simulate, type ThreadRun } from './simulation/simulate.ts';
import { predictThread, type StepOutlook } from './simulation/step-success.ts';
import type { Workload } from './simulation/workload.ts';
import { createTurns } from './turns.ts';
import { verdictOf } from './verdict.ts';

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

/**
 * Prices every session as it was, then under each policy and under the optimum. Reads the sessions once and keeps none of
 * them; memory depends on the number of policies and of distinct models only.
 *
 * @throws PointsmanError `aborted` from the signal; `request-invalid` for two policies of one name.
 */
export async function replay(traces: AsyncIterable<SessionTrace>, options: ReplayOptions): Promise<ReplayReport> {
  const run = new ReplayRun(options);
  for await (const session of traces) {
    if (options.signal?.aborted === true) throw new PointsmanError('aborted', 'Replay was stopped');
    await run.take(session);
    options.onSession?.(run.sessionCount);
  }
  return run.report();
}

class ReplayRun {
  sessionCount = 0;
  private readonly options: ReplayOptions;
  private readonly assumptions: Assumptions;
  private readonly failureNanoUsd: KindPrices;
  private readonly predictor: Predictor;
  readonly recorded: RecordedModels;
  readonly pool: readonly Model[];
  /** The same models with the fewest and the most calls that a cheap one is taken to need. */
  private readonly ends: readonly { readonly recorded: RecordedModels; readonly pool: readonly Model[] }[];
  private readonly seed: number;
  private readonly bootstrap;
  private readonly tally = createRecordedTally();
  private readonly cache = createCacheTally();
  private readonly warmth;
  private readonly events;
  private readonly timelines;
  private readonly timeSums;
  private readonly policies: readonly PolicyTally[];
  private readonly fixed: readonly PolicyTally[];
  private readonly buffers = new Map<PolicyTally, RunBuffers>();
  private readonly best = { cost: 0, failure: 0, bound: 0, exact: 0, beam: 0, fresh: 0, switches: 0 };
  private readonly turns = createTurns();
  private readonly heads = { 'first-prompt': 0, assumed: 0 };

  constructor(options: ReplayOptions) {
    this.options = options;
    this.assumptions = options.assumptions ?? DEFAULT_ASSUMPTIONS;
    this.failureNanoUsd = options.failureNanoUsd ?? ownFailures(options.policies, options.pool) ?? defaultFailures();
    this.predictor = options.predictor ?? createPriorPredictor();
    this.recorded = createRecordedModels(options.catalog, this.assumptions);
    this.warmth = createWarmthTally(this.recorded);
    this.pool = options.pool.map((model) => withAssumedCalls(model, this.assumptions));
    const { low, high } = this.assumptions.cheapCallsRatio;
    this.ends = [low, high].map((value) => {
      const assumptions = { ...this.assumptions, cheapCallsRatio: { ...this.assumptions.cheapCallsRatio, value } };
      const pool = options.pool.map((model) => withAssumedCalls(model, assumptions));
      return { recorded: createRecordedModels(options.catalog, assumptions), pool };
    });
    this.seed = options.seed ?? 1;
    this.bootstrap = createBootstrap(this.seed, options.resampleCount ?? 200);
    this.events = createEventKeeper(options.eventCount ?? 10, options.withText);
    this.timelines = createTimelineKeeper(options.timelineCount ?? 5);
    const tallyOf = (policy: ReplayPolicy): PolicyTally => new PolicyTally(policy, this.bootstrap);
    this.policies = withBounds(options.policies).map(tallyOf);
    this.fixed = this.pool.map((model) => tallyOf(fixedModel(model.id)));
    this.timeSums = createTimeSums(this.policies.length);
  }

  async take(session: SessionTrace): Promise<void> {
    this.bootstrap.nextSession();
    const priced: ThreadTrace[] = [];
    for (const thread of session.threads) {
      const models = candidateModels({ thread, pool: this.pool, recorded: this.recorded });
      const outlook = await predictThread(thread, models, { predictor: this.predictor, needs: this.options.needs });
      const work = this.workloadOf(session, thread, outlook, this);
      const ends = this.ends.map((end) => this.workloadOf(session, thread, outlook, end));
      if (work !== undefined && !(await this.takeWorkload(work, ends))) break;
      priced.push(thread);
    }
    // What a stop has left unpriced is counted nowhere: else its calls would be there, and their bill would not.
    if (priced.length === 0 && session.threads.length > 0) return;
    this.sessionCount += 1;
    this.tally.addSession({ ...session, threads: priced }, this.recorded);
  }

  private workloadOf(
    session: SessionTrace,
    thread: ThreadTrace,
    outlook: ReadonlyMap<StepTrace, StepOutlook>,
    models: { readonly recorded: RecordedModels; readonly pool: readonly Model[] },
  ): Workload | undefined {
    return buildWorkload({
      session,
      thread,
      pool: models.pool,
      recorded: models.recorded,
      assumptions: this.assumptions,
      failureNanoUsd: this.failureNanoUsd,
      success: (step) => outlook.get(step)?.success ?? [],
      needOf: (step) => outlook.get(step)?.need,
    });
  }

  /** False: it was stopped before the thread was priced under every policy, and nothing is counted of it. */
  private async takeWorkload(work: Workload, ends: readonly (Workload | undefined)[]): Promise<boolean> {
    const own = await this.simulateAll(work, this.policies);
    const fixedRuns = await this.simulateAll(work, this.fixed);
    if (own === undefined || fixedRuns === undefined) return false;
    this.heads[work.head.basis] += 1;
    this.tally.addWorkload(work);
    const misses = this.cache.add(work);
    this.events.add(work, misses);
    this.warmth.add(work, misses);
    for (const [index, run] of own.entries()) this.takeRun(work, ends, index, run);
    for (const [index, tally] of this.fixed.entries()) {
      const run = fixedRuns[index];
      if (run !== undefined) tally.add(work, run);
    }
    const runs = own.map((run, index) => [this.policies[index]?.policy.name ?? '', run] as const);
    this.timelines.add(work, misses, runs);
    if (this.options.optimum !== 'off') this.takeOptimum(work, [...own, ...fixedRuns]);
    return true;
  }

  /** What one policy came to on a thread. */
  private takeRun(work: Workload, ends: readonly (Workload | undefined)[], index: number, run: ThreadRun): void {
    const tally = this.policies[index];
    if (tally === undefined) return;
    tally.add(work, run);
    const [low, high] = ends.map((end) => (end === undefined ? run.costNano : pathNano(end, run.path, run.fresh)));
    tally.addRange(low ?? run.costNano, high ?? run.costNano);
    for (let i = 0; i < work.callCount; i += 1) {
      this.timeSums.add(work.atMs[i] ?? 0, index, run.callCostNano[i] ?? 0);
    }
  }

  /** One run for each; `undefined`: it was stopped. Others get their turn in between, Ctrl-C among them. */
  private async simulateAll(
    work: Workload,
    tallies: readonly PolicyTally[],
  ): Promise<readonly ThreadRun[] | undefined> {
    const runs: ThreadRun[] = [];
    for (const tally of tallies) {
      const buffers = this.buffers.get(tally) ?? new RunBuffers();
      this.buffers.set(tally, buffers);
      runs.push(simulate(work, tally.policy, buffers));
      await this.turns.share();
      if (this.options.stop?.aborted === true) return undefined;
    }
    return runs;
  }

  private takeOptimum(work: Workload, runs: readonly ThreadRun[]): void {
    const { optimum } = this.options;
    const most = optimum === undefined || optimum === 'off' ? undefined : optimum.maxStates;
    const found = findOptimum(work, { known: runs, maxStates: statesFor(work.models.length, most) });
    this.best.cost += found.run.costNano;
    this.best.failure += found.run.failureNano;
    this.best.bound += found.boundNano;
    this.best[found.method] += 1;
    this.best.switches += found.run.switchCount;
    if (found.run.fresh.size > 0) this.best.fresh += 1;
  }

  report(): ReplayReport {
    const base = this.policies[0];
    if (base === undefined) throw new PointsmanError('internal', 'A replay without policies');
    const bestFixed = this.fixed.toSorted((a, b) => a.total.total - b.total.total)[0];
    const recorded = this.tally.summary();
    const policies = this.policies.map((tally) =>
      tally.report(base, this.sessionCount, this.regretOf(tally, bestFixed)),
    );
    const report: Omit<ReplayReport, 'verdict'> = {
      v: 1,
      pool: this.pool.map((model) => model.id),
      assumptions: this.assumptions,
      failureNanoUsd: this.failureNanoUsd,
      predictorVersion: this.predictor.version,
      seed: this.seed,
      recorded,
      reconciliation: this.tally.reconciliation(),
      cache: this.cache.report(),
      warmth: this.warmth.report(),
      money: this.tally.money(),
      policies,
      optimum: this.optimumReport(bestFixed),
      fixed: this.fixed.map(({ policy, total }) => ({
        model: policy.name.replace('fixed:', ''),
        totalNanoUsd: roundNanoUsd(total.total),
      })),
      events: this.events.list(),
      costOverTime: this.timeSums.report(this.policies.map((tally) => tally.policy.name)),
      timelines: this.timelines.list(),
      dropped: this.tally.dropped(),
      limits: limitsOfReplay({
        recorded,
        sessionCount: this.sessionCount,
        beamThreadCount: this.best.beam,
        freshThreadCount: this.best.fresh,
        heads: this.heads,
        beamGap: usd(this.best.cost + this.best.failure - this.best.bound),
      }),
    };
    return { ...report, verdict: verdictOf(report) };
  }

  private regretOf(tally: PolicyTally, bestFixed: PolicyTally | undefined): PolicyReport['regret'] {
    const total = tally.total.total;
    const against = (other: number | undefined): number | undefined =>
      other === undefined ? undefined : Math.round(total - other);
    const named = (name: string): number | undefined =>
      this.policies.find((other) => other.policy.name === name)?.total.total;
    return {
      vsOptimumNanoUsd: this.options.optimum === 'off' ? undefined : against(this.best.cost + this.best.failure),
      vsNeverSwitchNanoUsd: against(named(neverSwitch.name)),
      vsAlwaysFrontierNanoUsd: against(named(alwaysFrontier.name)),
      vsBestFixedNanoUsd: against(bestFixed?.total.total),
    };
  }

  private optimumReport(bestFixed: PolicyTally | undefined): OptimumReport | undefined {
    if (this.options.optimum === 'off') return undefined;
    const { best } = this;
    return {
      costNanoUsd: roundNanoUsd(best.cost),
      failureNanoUsd: roundNanoUsd(best.failure),
      totalNanoUsd: roundNanoUsd(best.cost + best.failure),
      boundNanoUsd: roundNanoUsd(best.bound),
      exactThreadCount: best.exact,
      beamThreadCount: best.beam,
      freshThreadCount: best.fresh,
      switchCount: best.switches,
      bestFixedModel: bestFixed?.policy.name.replace('fixed:', ''),
    };
  }
}
