import { roundNanoUsd } from '../domain/money.ts';
import { intervalOf, ratioInterval, type Bootstrap, type ResampledSum } from '../stats/poisson-bootstrap.ts';
import type { PolicyReport } from './report/replay-report.ts';
import type { ReplayPolicy } from './simulation/replay-policy.ts';
import type { ThreadRun } from './simulation/simulate.ts';
import type { Workload } from './simulation/workload.ts';

/** Sums of one policy over all threads. */
export class PolicyTally {
  readonly policy: ReplayPolicy;
  readonly cost: ResampledSum;
  readonly total: ResampledSum;
  private readonly counts = { calls: 0, modelled: 0, switches: 0, inLoop: 0, under: 0, steps: 0, fresh: 0 };
  private readonly sums = { failure: 0, failures: 0, prompt: 0, warm: 0 };
  private readonly range = { low: 0, high: 0 };
  private readonly callsByModel = new Map<string, number>();

  constructor(policy: ReplayPolicy, bootstrap: Bootstrap) {
    this.policy = policy;
    this.cost = bootstrap.createSum();
    this.total = bootstrap.createSum();
  }

  add(work: Workload, run: ThreadRun): void {
    this.cost.add(run.costNano);
    this.total.add(run.costNano + run.failureNano);
    this.counts.calls += work.callCount;
    this.counts.steps += work.steps.length;
    this.counts.modelled +=
      work.session.inferred?.includes('cache-reads') === true ? work.callCount : run.modelledCallCount;
    this.counts.switches += run.switchCount;
    this.counts.inLoop += run.toolLoopSwitchCount;
    this.counts.under += run.underServedStepCount;
    this.counts.fresh += run.fresh.size;
    this.sums.failure += run.failureNano;
    this.sums.failures += run.expectedFailureCount;
    this.sums.prompt += run.promptTokens;
    this.sums.warm += run.warmTokens;
    for (const [m, count] of run.callsOf.entries()) {
      const id = work.models[m]?.id ?? '';
      if (count > 0) this.callsByModel.set(id, (this.callsByModel.get(id) ?? 0) + count);
    }
  }

  /** The same path billed under the ends of what is assumed. */
  addRange(lowNano: number, highNano: number): void {
    this.range.low += Math.min(lowNano, highNano);
    this.range.high += Math.max(lowNano, highNano);
  }

  report(base: PolicyTally, sessionCount: number, regret: PolicyReport['regret']): PolicyReport {
    const { counts, sums } = this;
    return {
      name: this.policy.name,
      summary: this.policy.summary,
      source: this.policy.source,
      label: counts.modelled === 0 ? 'measured' : 'modelled',
      costNanoUsd: roundNanoUsd(this.cost.total),
      costInterval: intervalOf(this.cost, sessionCount),
      costRangeNanoUsd: { low: Math.round(this.range.low), high: Math.round(this.range.high) },
      failureNanoUsd: roundNanoUsd(sums.failure),
      expectedFailureCount: sums.failures,
      totalNanoUsd: roundNanoUsd(this.total.total),
      costVsRecordedRatio: change(this.cost.total, base.cost.total),
      costVsRecordedInterval: minusOne(ratioInterval(this.cost, base.cost, sessionCount)),
      totalVsRecordedRatio: change(this.total.total, base.total.total),
      totalVsRecordedInterval: minusOne(ratioInterval(this.total, base.total, sessionCount)),
      switchCount: counts.switches,
      toolLoopSwitchCount: counts.inLoop,
      cacheHitRatio: sums.prompt === 0 ? 0 : sums.warm / sums.prompt,
      modelledCallRatio: counts.calls === 0 ? 0 : counts.modelled / counts.calls,
      underServedStepCount: counts.under,
      freshStepCount: counts.fresh,
      meanSuccessRatio: counts.steps === 0 ? 0 : 1 - sums.failures / counts.steps,
      callsByModel: [...this.callsByModel]
        .map(([model, callCount]) => ({ model, callCount }))
        .sort((a, b) => b.callCount - a.callCount),
      regret,
    };
  }
}

function change(value: number, base: number): number {
  return base === 0 ? 0 : value / base - 1;
}

function minusOne(interval: { readonly low: number; readonly high: number } | undefined): typeof interval {
  return interval && { low: interval.low - 1, high: interval.high - 1 };
}
