import type { Catalog } from '../../catalog/catalog.ts';
import type { Model } from '../../domain/model.ts';
import type { NeedReader } from '../../predict/need/need-reader.ts';
import type { Predictor } from '../../predict/predictor.ts';
import type { SessionTrace, StepTrace, ThreadTrace } from '../../sessions/session-trace.ts';
import { createEventKeeper, type EventKeeper } from '../report/avoidable-events.ts';
import { createCacheTally, type CacheMiss } from '../report/cache-report.ts';
import { createTimeSums, type TimeSums } from '../report/cost-over-time.ts';
import type { AvoidableEvent, Timeline } from '../report/replay-report.ts';
import { createTimelineKeeper, type TimelineKeeper } from '../report/timelines.ts';
import { createWarmthTally, type WarmthTally } from '../report/warmth-tally.ts';
import { fixedModel } from '../rules/baselines.ts';
import type { Assumptions } from '../simulation/assumptions.ts';
import { buildWorkload, candidateModels } from '../simulation/build-workload.ts';
import { optimumSteps, statesFor, type Optimum } from '../simulation/optimum.ts';
import { createRecordedModels, withAssumedCalls, type RecordedModels } from '../simulation/recorded-models.ts';
import type { KindPrices, ReplayPolicy } from '../simulation/replay-policy.ts';
import { RunBuffers, pathNano, simulateSteps, type ThreadRun } from '../simulation/simulate.ts';
import { predictThread, type StepOutlook } from '../simulation/step-success.ts';
import type { Workload } from '../simulation/workload.ts';
import { addRun, noPolicyFigures, type PolicyFigures } from './policy-tally.ts';
import { createRecordedTally } from './recorded-tally.ts';
import { noHeads, noOptimum, type OptimumFigures, type SessionFigures } from './session-figures.ts';
import { createTurns } from './turns.ts';

/** How sessions are priced, settled to the last number; plain data but for who reads and predicts. */
export interface PricingOptions {
  readonly catalog: Catalog;
  readonly pool: readonly Model[];
  readonly policies: readonly ReplayPolicy[];
  readonly predictor: Predictor;
  readonly needs: NeedReader | undefined;
  readonly assumptions: Assumptions;
  readonly failureNanoUsd: KindPrices;
  readonly optimum: 'off' | { readonly maxStates: number } | undefined;
  readonly eventCount: number;
  readonly timelineCount: number;
  readonly withText: boolean;
}

/** Models as one set of assumptions has them. */
interface AssumedModels {
  readonly recorded: RecordedModels;
  readonly pool: readonly Model[];
}

/** Prices one session after the other; of a session it keeps nothing but what is dearest of all that it has seen. */
export class SessionPricer {
  private readonly options: PricingOptions;
  private readonly models: AssumedModels;
  /** The same models with the fewest and the most calls that a cheap one is taken to need. */
  private readonly ends: readonly AssumedModels[];
  private readonly fixed: readonly ReplayPolicy[];
  private readonly buffers = new Map<ReplayPolicy, RunBuffers>();
  private readonly turns = createTurns();
  private readonly events: EventKeeper;
  private readonly timelines: TimelineKeeper;
  private keptEvents: AvoidableEvent[] = [];
  private keptTimelines: Timeline[] = [];

  constructor(options: PricingOptions) {
    this.options = options;
    this.models = assumedModels(options, options.assumptions);
    const { low, high } = options.assumptions.cheapCallsRatio;
    this.ends = [low, high].map((value) => {
      const cheapCallsRatio = { ...options.assumptions.cheapCallsRatio, value };
      return assumedModels(options, { ...options.assumptions, cheapCallsRatio });
    });
    this.fixed = options.pool.map((model) => fixedModel(model.id));
    this.events = createEventKeeper(options.eventCount, options.withText, (event) => this.keptEvents.push(event));
    this.timelines = createTimelineKeeper(options.timelineCount, (timeline) => this.keptTimelines.push(timeline));
  }

  /**
   * What a session comes to. Stopped within it: what the threads before came to, as if they were all of it; `undefined` where there is none.
   */
  async price(session: SessionTrace, stop?: AbortSignal): Promise<SessionFigures | undefined> {
    const sums = new SessionSums(this.options, this.models.recorded);
    const priced: ThreadTrace[] = [];
    for (const thread of session.threads) {
      const models = candidateModels({ thread, ...this.models });
      const outlook = await predictThread(thread, models, this.options);
      const work = this.workloadOf(session, thread, outlook, this.models);
      const ends = this.ends.map((end) => this.workloadOf(session, thread, outlook, end));
      if (work !== undefined && !(await this.priceWorkload(work, { ends, sums, stop }))) break;
      priced.push(thread);
    }
    // What a stop has left unpriced is counted nowhere: else its calls would be there, and their bill would not.
    if (priced.length === 0 && session.threads.length > 0) return undefined;
    sums.tally.addSession({ ...session, threads: priced }, this.models.recorded);
    const [events, timelines] = [this.keptEvents, this.keptTimelines];
    [this.keptEvents, this.keptTimelines] = [[], []];
    return { ...sums.figures(), events, timelines };
  }

  private workloadOf(
    session: SessionTrace,
    thread: ThreadTrace,
    outlook: ReadonlyMap<StepTrace, StepOutlook>,
    models: AssumedModels,
  ): Workload | undefined {
    return buildWorkload({
      session,
      thread,
      pool: models.pool,
      recorded: models.recorded,
      assumptions: this.options.assumptions,
      failureNanoUsd: this.options.failureNanoUsd,
      success: (step) => outlook.get(step)?.success ?? [],
      needOf: (step) => outlook.get(step)?.need,
    });
  }

  /** False: it was stopped before the thread was priced under every policy, and nothing is counted of it. */
  private async priceWorkload(
    work: Workload,
    to: {
      readonly ends: readonly (Workload | undefined)[];
      readonly sums: SessionSums;
      readonly stop: AbortSignal | undefined;
    },
  ): Promise<boolean> {
    const own = await this.simulateAll(work, this.options.policies, to.stop);
    const fixed = await this.simulateAll(work, this.fixed, to.stop);
    if (own === undefined || fixed === undefined) return false;
    const optimum = await this.optimumOf(work, [...own, ...fixed], to.stop);
    if (optimum === undefined) return false;
    if (optimum !== 'left out') addOptimum(to.sums.optimum, optimum);
    const misses = to.sums.addThread(work, { ends: to.ends, own, fixed });
    this.events.add(work, misses);
    const runs = own.map((run, index) => [this.options.policies[index]?.name ?? '', run] as const);
    this.timelines.add(work, misses, runs);
    return true;
  }

  private async optimumOf(
    work: Workload,
    known: readonly ThreadRun[],
    stop: AbortSignal | undefined,
  ): Promise<Optimum | 'left out' | undefined> {
    if (this.options.optimum === 'off') return 'left out';
    const maxStates = statesFor(work.models.length, this.options.optimum?.maxStates);
    return this.turns.run(optimumSteps(work, { known, maxStates }), stop);
  }

  /** One run for each; `undefined`: it was stopped. */
  private async simulateAll(
    work: Workload,
    policies: readonly ReplayPolicy[],
    stop: AbortSignal | undefined,
  ): Promise<readonly ThreadRun[] | undefined> {
    const runs: ThreadRun[] = [];
    for (const policy of policies) {
      const buffers = this.buffers.get(policy) ?? new RunBuffers();
      this.buffers.set(policy, buffers);
      const run = await this.turns.run(simulateSteps(work, policy, buffers), stop);
      if (run === undefined || stop?.aborted === true) return undefined;
      runs.push(run);
    }
    return runs;
  }
}

function assumedModels({ catalog, pool }: PricingOptions, assumptions: Assumptions): AssumedModels {
  return {
    recorded: createRecordedModels(catalog, assumptions),
    pool: pool.map((model) => withAssumedCalls(model, assumptions)),
  };
}

interface ThreadRuns {
  readonly ends: readonly (Workload | undefined)[];
  readonly own: readonly ThreadRun[];
  readonly fixed: readonly ThreadRun[];
}

/** The sums of one session, thread by thread. */
class SessionSums {
  readonly tally = createRecordedTally();
  readonly optimum = noOptimum();
  private readonly cache = createCacheTally();
  private readonly warmth: WarmthTally;
  private readonly times: TimeSums;
  private readonly policies: readonly PolicyFigures[];
  private readonly fixedNano: number[];
  private readonly heads = noHeads();

  constructor({ policies, pool }: PricingOptions, recorded: RecordedModels) {
    this.warmth = createWarmthTally(recorded);
    this.times = createTimeSums(policies.length);
    this.policies = policies.map(noPolicyFigures);
    this.fixedNano = pool.map(() => 0);
  }

  addThread(work: Workload, { ends, own, fixed }: ThreadRuns): readonly CacheMiss[] {
    this.heads[work.head.basis] += 1;
    this.tally.addWorkload(work);
    const misses = this.cache.add(work);
    this.warmth.add(work, misses);
    for (const [index, run] of own.entries()) this.addRun(work, ends, index, run);
    for (const [index, run] of fixed.entries()) {
      this.fixedNano[index] = (this.fixedNano[index] ?? 0) + (run.costNano + run.failureNano);
    }
    return misses;
  }

  private addRun(work: Workload, ends: readonly (Workload | undefined)[], index: number, run: ThreadRun): void {
    const figures = this.policies[index];
    if (figures === undefined) return;
    const [low, high] = ends.map((end) => (end === undefined ? run.costNano : pathNano(end, run.path, run.fresh)));
    addRun(figures, work, run, [low ?? run.costNano, high ?? run.costNano]);
    for (let i = 0; i < work.callCount; i += 1) {
      this.times.add(work.atMs[i] ?? 0, index, run.callCostNano[i] ?? 0);
    }
  }

  figures(): Omit<SessionFigures, 'events' | 'timelines'> {
    const { optimum, policies, fixedNano, heads } = this;
    return {
      recorded: this.tally.figures,
      cache: this.cache.figures,
      warmth: this.warmth.figures(),
      times: this.times.figures(),
      policies,
      fixedNano,
      optimum,
      heads,
    };
  }
}

function addOptimum(sums: OptimumFigures, found: Optimum): void {
  sums.cost += found.run.costNano;
  sums.failure += found.run.failureNano;
  sums.bound += found.boundNano;
  sums[found.method] += 1;
  sums.switches += found.run.switchCount;
  if (found.run.fresh.size > 0) sums.fresh += 1;
}
