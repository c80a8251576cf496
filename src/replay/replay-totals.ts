import { PointsmanError } from '../domain/errors.ts';
import { roundNanoUsd } from '../domain/money.ts';
import { createBootstrap } from '../stats/poisson-bootstrap.ts';
import { addSums } from './metrics/sums.ts';
import { PolicyTally } from './pricing/policy-tally.ts';
import { createRecordedTally } from './pricing/recorded-tally.ts';
import { noHeads, noOptimum, type SessionFigures } from './pricing/session-figures.ts';
import type { PricingOptions } from './pricing/session-pricer.ts';
import { usd } from './report/amounts.ts';
import { createEventKeeper } from './report/avoidable-events.ts';
import { createCacheTally } from './report/cache-report.ts';
import { createTimeSums } from './report/cost-over-time.ts';
import { limitsOfReplay } from './report/limits.ts';
import type { OptimumReport, PolicyReport, ReplayReport } from './report/replay-report.ts';
import { createTimelineKeeper } from './report/timelines.ts';
import { createWarmthTally } from './report/warmth-tally.ts';
import { alwaysFrontier, neverSwitch } from './rules/baselines.ts';
import { createRecordedModels } from './simulation/recorded-models.ts';
import { verdictOf } from './verdict.ts';

interface FixedTotal {
  readonly model: string;
  readonly totalNano: number;
}

/** Adds up what sessions came to. The same sessions in the same order give the same report, whoever priced them. */
export class ReplayTotals {
  sessionCount = 0;
  private readonly options: PricingOptions;
  private readonly seed: number;
  private readonly bootstrap;
  private readonly tally = createRecordedTally();
  private readonly cache = createCacheTally();
  private readonly warmth;
  private readonly events;
  private readonly timelines;
  private readonly timeSums;
  private readonly policies: readonly PolicyTally[];
  private readonly fixedNano: number[];
  private readonly best = noOptimum();
  private readonly heads = noHeads();

  constructor(options: PricingOptions, draw: { readonly seed?: number; readonly resampleCount?: number }) {
    this.options = options;
    this.seed = draw.seed ?? 1;
    this.bootstrap = createBootstrap(this.seed, draw.resampleCount ?? 200);
    this.warmth = createWarmthTally(createRecordedModels(options.catalog, options.assumptions));
    this.events = createEventKeeper(options.eventCount, options.withText);
    this.timelines = createTimelineKeeper(options.timelineCount);
    this.policies = options.policies.map((policy) => new PolicyTally(policy, this.bootstrap));
    this.fixedNano = options.pool.map(() => 0);
    this.timeSums = createTimeSums(this.policies.length);
  }

  add(session: SessionFigures): void {
    this.bootstrap.nextSession();
    this.sessionCount += 1;
    this.tally.addFigures(session.recorded);
    this.cache.addFigures(session.cache);
    this.warmth.addFigures(session.warmth);
    this.timeSums.addFigures(session.times);
    addSums(this.best, session.optimum);
    addSums(this.heads, session.heads);
    for (const [index, figures] of session.policies.entries()) this.policies[index]?.add(figures);
    for (const [index, nano] of session.fixedNano.entries()) {
      this.fixedNano[index] = (this.fixedNano[index] ?? 0) + nano;
    }
    for (const event of session.events) this.events.offer(event);
    for (const timeline of session.timelines) this.timelines.offer(timeline);
  }

  report(): ReplayReport {
    const base = this.policies[0];
    if (base === undefined) throw new PointsmanError('internal', 'A replay without policies');
    const fixed = this.options.pool.map(({ id }, index) => ({ model: id, totalNano: this.fixedNano[index] ?? 0 }));
    const bestFixed = fixed.toSorted((a, b) => a.totalNano - b.totalNano)[0];
    const recorded = this.tally.summary();
    const policies = this.policies.map((tally) =>
      tally.report(base, this.sessionCount, this.regretOf(tally, bestFixed)),
    );
    const report: Omit<ReplayReport, 'verdict'> = {
      v: 1,
      pool: this.options.pool.map((model) => model.id),
      assumptions: this.options.assumptions,
      failureNanoUsd: this.options.failureNanoUsd,
      predictorVersion: this.options.predictor.version,
      seed: this.seed,
      recorded,
      reconciliation: this.tally.reconciliation(),
      cache: this.cache.report(),
      warmth: this.warmth.report(),
      money: this.tally.money(),
      policies,
      optimum: this.optimumReport(bestFixed),
      fixed: fixed.map(({ model, totalNano }) => ({ model, totalNanoUsd: roundNanoUsd(totalNano) })),
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

  private regretOf(tally: PolicyTally, bestFixed: FixedTotal | undefined): PolicyReport['regret'] {
    const total = tally.total.total;
    const against = (other: number | undefined): number | undefined =>
      other === undefined ? undefined : Math.round(total - other);
    const named = (name: string): number | undefined =>
      this.policies.find((other) => other.policy.name === name)?.total.total;
    return {
      vsOptimumNanoUsd: this.options.optimum === 'off' ? undefined : against(this.best.cost + this.best.failure),
      vsNeverSwitchNanoUsd: against(named(neverSwitch.name)),
      vsAlwaysFrontierNanoUsd: against(named(alwaysFrontier.name)),
      vsBestFixedNanoUsd: against(bestFixed?.totalNano),
    };
  }

  private optimumReport(bestFixed: FixedTotal | undefined): OptimumReport | undefined {
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
      bestFixedModel: bestFixed?.model,
    };
  }
}
