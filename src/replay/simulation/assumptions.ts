import type { Figure } from '../../domain/figure.ts';
import type { StepKind } from '../../domain/step.ts';

/** A number that a counterfactual stands on, with what is known about it. */
interface Assumption {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly label: Figure['label'];
  readonly source: string;
}

/**
 * What replay must suppose about calls that were never made. Each number is a parameter, and the report prints all of them
 * with where they come from.
 */
export interface Assumptions {
  /** Calls that a model below the frontier takes for the same step, relative to a frontier model. */
  readonly cheapCallsRatio: Assumption;
  /** Output tokens of any other model for the same call, relative to the recorded one. */
  readonly outputRatio: Assumption;
  /** Share of a prompt that lies in a cacheable prefix, where the recorded provider did not report writes. */
  readonly cacheableRatio: Assumption;
  /** Lost P(success) when a family takes over another family's transcript. */
  readonly driftRatio: Assumption;
  /** Lost P(success) when a step starts from a brief instead of the transcript. */
  readonly freshDriftRatio: Assumption;
  /** Work that a step from a fresh context takes relative to the shared transcript, because it must look things up again. */
  readonly freshWorkRatio: Assumption;
  /** Head (system and tools) of a prompt, in tokens: of an assumed start size, and of a thread whose log does not tell. */
  readonly headTokens: Assumption;
  /** A model is enough for a step when its P(success) is within this of the best candidate's. */
  readonly sufficientSlackRatio: Assumption;
}

export const DEFAULT_ASSUMPTIONS: Assumptions = {
  cheapCallsRatio: {
    value: 1.3,
    low: 1,
    high: 1.96,
    label: 'measured',
    source:
      'calls per solved issue on SWE-bench Verified with one agent (mini-SWE-agent): Sonnet 4.5 51, GLM-4.6 49, DeepSeek V3.2 46, Kimi K2 38, MiniMax M2 74 against Opus 4.5 38; upper end as TwinRouterBench (5,548 against 2,825 steps)',
  },
  outputRatio: { value: 1, low: 0.8, high: 1.25, label: 'assumed', source: 'no public figure per step' },
  cacheableRatio: {
    value: 0.95,
    low: 0.77,
    high: 1,
    label: 'assumed',
    source: 'Weave: 0.77–0.91 of real prompts; the pi sessions: 0.9999',
  },
  driftRatio: {
    value: 0.02,
    low: 0,
    high: 0.05,
    label: 'assumed',
    source: 'arXiv 2603.03111: −8 to +13 points by pair and task',
  },
  freshDriftRatio: { value: 0.01, low: 0, high: 0.05, label: 'assumed', source: 'no public figure per step' },
  freshWorkRatio: {
    value: 1.5,
    low: 1,
    high: 2,
    label: 'assumed',
    source: 'the cautious case of a synthetic study of delegation (10 seeds of 200 sessions)',
  },
  headTokens: {
    value: 3000,
    low: 0,
    high: 15_000,
    label: 'assumed',
    source:
      'the part of an assumed start size that is not brief; threads that show their first prompt are measured by that less its text (modelled)',
  },
  sufficientSlackRatio: { value: 0.05, low: 0.02, high: 0.1, label: 'assumed', source: 'a choice, not a fact' },
};

/** γ: what a failed step costs the user, in USD, where no policy says otherwise. Assumed; TwinRouterBench takes 0.60 a task. */
export const DEFAULT_FAILURE_USD: Readonly<Record<StepKind, number>> = {
  plan: 0.6,
  code: 0.6,
  review: 0.3,
  test: 0.3,
  summarize: 0.1,
  explore: 0.1,
  other: 0.2,
};
