import type { Figure } from '../../domain/figure.ts';
import type { NanoUsd } from '../../domain/money.ts';
import type { StepKind } from '../../domain/step.ts';
import type { At, Ratio, Tokens } from '../../domain/time.ts';
import type { ClientName, DroppedRows } from '../../sessions/session-trace.ts';
import type { Interval } from '../../stats/interval.ts';
import type { Assumptions } from '../simulation/assumptions.ts';
import type { WarmthReport } from './warmth-report.ts';

/** Over what stands under `proved`. */
export const PROVED_HEADING = 'What is proved of these policies, on held-out rows and not on these sessions';

/** What a replay found. Plain JSON without any prompt text; tables, HTML and checks are made of it. */
export interface ReplayReport {
  readonly v: 1;
  readonly verdict: Verdict;
  /** Ids of the models that policies could choose, beside the recorded ones. */
  readonly pool: readonly string[];
  readonly assumptions: Assumptions;
  /** γ used, per kind of step. */
  readonly failureNanoUsd: Readonly<Record<StepKind, NanoUsd>>;
  readonly predictorVersion: string;
  readonly seed: number;
  readonly recorded: RecordedSummary;
  readonly reconciliation: Reconciliation;
  readonly cache: CacheReport;
  readonly warmth: WarmthReport;
  readonly money: MoneyBreakdown;
  /** As given, `as-recorded` first. */
  readonly policies: readonly PolicyReport[];
  readonly optimum: OptimumReport | undefined;
  /** Bill and failures of always taking the same model, for each of the pool. */
  readonly fixed: readonly { readonly model: string; readonly totalNanoUsd: NanoUsd }[];
  readonly events: readonly AvoidableEvent[];
  readonly costOverTime: CostOverTime;
  /** The dearest sessions, call by call. */
  readonly timelines: readonly Timeline[];
  readonly dropped: DroppedRows;
  /** What held-out rows have proved of policies in it, a sentence each. Absent: nothing has been. */
  readonly proved?: readonly string[];
  /** What these figures cannot know, as sentences. */
  readonly limits: readonly string[];
}

/** What a reader needs first: what was paid, the simplest rule that would have been better, and whether routing adds to it. */
export interface Verdict {
  /** One short sentence. */
  readonly headline: string;
  /** This and the next two: a line of 80 columns each, whatever the amounts; 95 % intervals stand in brackets. */
  readonly paid: string;
  readonly simplest: string;
  readonly routing: string;
  /** What stands behind the three lines, a sentence or two each. */
  readonly more: readonly string[];
  /** Whether ours is shown to be better than what was done and than every simple rule. */
  readonly pays: boolean;
  /** Share of the bill at steps that a cheaper model is predicted to be enough for. Modelled. */
  readonly routableRatio: Ratio;
}

export interface RecordedSummary {
  readonly sessionCount: number;
  /** Sessions whose logs do not hold what was read from the cache: their bills are modelled, not measured. */
  readonly inferredReadsSessionCount: number;
  readonly threadCount: number;
  readonly callCount: number;
  readonly callsWithoutUsageCount: number;
  /** Calls with usage whose model nobody here has a price for; they are in no policy's bill. */
  readonly unpriced: readonly { readonly model: string; readonly callCount: number }[];
  /** Calls priced from the dated price list because the model has left the catalogue. */
  readonly priceListCallCount: number;
  readonly tokens: {
    readonly uncached: Tokens;
    readonly cacheRead: Tokens;
    readonly cacheWrite: Tokens;
    readonly output: Tokens;
  };
  readonly callsWithUnknownCacheCount: number;
  /** Tokens at standard prices: what policies are held against. */
  readonly billedNanoUsd: NanoUsd;
  /** What fast mode, batch, places and searches added to it, or took off. */
  readonly surchargeNanoUsd: NanoUsd;
  /** Terms that change a price by an amount that is not known here. */
  readonly unpricedTerms: readonly { readonly term: string; readonly callCount: number }[];
  /** Share of the bill at steps that a cheaper model than the recorded one is predicted to be enough for. */
  readonly routableRatio: Ratio;
  readonly firstAt: At | undefined;
  readonly lastAt: At | undefined;
  readonly byClient: readonly {
    readonly client: ClientName;
    readonly sessionCount: number;
    readonly callCount: number;
  }[];
  readonly correctionCount: number;
  readonly toolErrorCount: number;
}

/** Our bill beside the one that logs carry. */
export interface Reconciliation {
  readonly comparedCallCount: number;
  /** Equal to the billionth of a dollar. */
  readonly equalCallCount: number;
  readonly loggedNanoUsd: NanoUsd;
  readonly recomputedNanoUsd: NanoUsd;
  /** Models whose logged cost differs, dearest difference first, at most ten. */
  readonly differences: readonly {
    readonly model: string;
    readonly callCount: number;
    readonly differenceNanoUsd: number;
  }[];
}

/** Why a call found no warm prefix. `user-message`, `tool-result`: inside the time to live, for no reason the log shows. */
export type MissCause =
  | 'pause'
  | 'model-switch'
  | 'user-message'
  | 'tool-result'
  | 'compaction'
  | 'tools-changed'
  | 'system-changed'
  | 'effort-changed'
  | 'history-rewound'
  | 'prompt-shrunk';

/** Cache reads predicted from earlier usage and times only, held against what was read. */
export interface CacheReport {
  readonly comparedCallCount: number;
  readonly within50TokensRatio: Ratio;
  readonly medianAbsoluteErrorTokens: Tokens;
  /** Bill of the compared calls had every prediction come true. */
  readonly predictedNanoUsd: NanoUsd;
  readonly billedNanoUsd: NanoUsd;
  /** Calls that read nothing although the model's cache had not outlived its time. */
  readonly coldInsideTtlCount: number;
  /** Those of them that a person's message caused. */
  readonly coldAfterUserCount: number;
  readonly misses: readonly {
    readonly cause: MissCause;
    readonly callCount: number;
    readonly lostTokens: Tokens;
    readonly costNanoUsd: NanoUsd;
  }[];
}

export interface MoneyRow {
  readonly name: string;
  readonly callCount: number;
  readonly costNanoUsd: NanoUsd;
}

export interface MoneyBreakdown {
  readonly byModel: readonly MoneyRow[];
  readonly byKind: readonly MoneyRow[];
  readonly byTrigger: readonly MoneyRow[];
  /** `main`, then sub-agents by type. */
  readonly byAgent: readonly MoneyRow[];
  readonly byBucket: readonly MoneyRow[];
}

export interface PolicyReport {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly label: Figure['label'];
  readonly costNanoUsd: NanoUsd;
  readonly costInterval: Interval | undefined;
  /** The same choices billed with the fewest and the most calls that a cheap model is taken to need. */
  readonly costRangeNanoUsd: Interval;
  /** γ-priced expected failures. Modelled by the predictor, never measured. */
  readonly failureNanoUsd: NanoUsd;
  readonly expectedFailureCount: number;
  /** Cost and failures together. */
  readonly totalNanoUsd: NanoUsd;
  /** Cost over what was billed, minus one. */
  readonly costVsRecordedRatio: number;
  readonly costVsRecordedInterval: Interval | undefined;
  readonly totalVsRecordedRatio: number;
  readonly totalVsRecordedInterval: Interval | undefined;
  readonly switchCount: number;
  readonly toolLoopSwitchCount: number;
  readonly cacheHitRatio: Ratio;
  /** Share of calls whose bill is modelled rather than recorded. */
  readonly modelledCallRatio: Ratio;
  readonly underServedStepCount: number;
  /** Steps that started from a fresh context; their bills stand on the sizes of head, brief and result and on the work repeated. */
  readonly freshStepCount: number;
  /** Mean predicted success over steps, each weighing the same. */
  readonly meanSuccessRatio: Ratio;
  readonly callsByModel: readonly { readonly model: string; readonly callCount: number }[];
  /** How much dearer (cost and failures) than the optimum and than the plain bounds. */
  readonly regret: {
    readonly vsOptimumNanoUsd: number | undefined;
    readonly vsNeverSwitchNanoUsd: number | undefined;
    readonly vsAlwaysFrontierNanoUsd: number | undefined;
    readonly vsBestFixedNanoUsd: number | undefined;
  };
}

export interface OptimumReport {
  readonly costNanoUsd: NanoUsd;
  readonly failureNanoUsd: NanoUsd;
  readonly totalNanoUsd: NanoUsd;
  /** No policy that keeps to the shared transcript can be below this, even where the search was cut. */
  readonly boundNanoUsd: NanoUsd;
  readonly exactThreadCount: number;
  readonly beamThreadCount: number;
  /** Threads whose cheapest known run starts steps afresh: there it is the best that is known, not proved. */
  readonly freshThreadCount: number;
  readonly switchCount: number;
  /** Always this one model would have been the cheapest (cost and failures) of all single models. */
  readonly bestFixedModel: string | undefined;
}

export interface AvoidableEvent {
  readonly cause: MissCause | 'frontier-for-trivial';
  readonly sessionId: string;
  readonly client: ClientName;
  readonly threadId: string;
  /** Index of the call in its thread. */
  readonly callIndex: number;
  readonly at: At | undefined;
  readonly model: string;
  readonly stepKind: StepKind;
  readonly tokens: Tokens;
  /** What it cost beyond what it had to, net of what avoiding it would have cost. */
  readonly costNanoUsd: NanoUsd;
  readonly what: string;
  readonly hint: string;
  /** The person's words that led to it, cut short, keys masked. Only where prompt text was asked for. */
  readonly text?: string;
}

/** Cost per policy in equal spans of time; spans double as the range grows, so that there are at most 400. */
export interface CostOverTime {
  readonly spanMs: number;
  readonly policies: readonly string[];
  readonly spans: readonly { readonly at: At; readonly costNanoUsd: readonly number[] }[];
}

export interface Timeline {
  readonly sessionId: string;
  readonly client: ClientName;
  readonly threadId: string;
  readonly costNanoUsd: NanoUsd;
  readonly models: readonly string[];
  readonly steps: readonly { readonly kind: StepKind; readonly firstCall: number; readonly callCount: number }[];
  readonly calls: readonly TimelineCall[];
  /** Calls beyond the first 2,000 are left out. */
  readonly omittedCallCount: number;
  /** What other policies chose: per policy the index into `models` of each call. */
  readonly paths: readonly { readonly policy: string; readonly models: readonly number[] }[];
}

interface TimelineCall {
  readonly at: At;
  readonly model: number;
  readonly costNanoUsd: number;
  readonly promptTokens: Tokens;
  readonly cacheReadTokens: Tokens | undefined;
  readonly outputTokens: Tokens;
  readonly byUser: boolean;
  readonly miss: MissCause | undefined;
}
