import { CAPABILITY_DIMENSIONS, type CapabilityDimension } from './capability-dimensions.ts';

/** What the catalogue knows of a model's abilities. An absent benchmark was not run; it is not a zero. */
export interface ModelCapabilities {
  /** General index of the source, higher is better; `undefined`: no source has one. */
  readonly abilityIndex: number | undefined;
  /** Benchmark key (see `BENCHMARKS`) → score in percent, one publisher and harness per key. */
  readonly benchmarks: Readonly<Record<string, number>>;
}

/** An ability on the logit scale, 0 = a mid-2026 mid-field model, with one standard deviation of belief. */
export interface Ability {
  readonly mean: number;
  readonly width: number;
}
export type Abilities = Readonly<Record<CapabilityDimension, Ability>>;

interface Benchmark {
  readonly dimensions: readonly CapabilityDimension[];
  readonly meanPct: number;
  readonly deviationPct: number;
}

/**
 * Benchmarks that say something about a dimension, with mean and spread over the models of the catalogue. Scores are only
 * compared within one publisher and harness. Source: catalogue of 2026-11-21 (LiveBench of 2026-01-08; publishers by host).
 */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  plan_reasoning: { dimensions: ['planning'], meanPct: 73.9, deviationPct: 13 },
  math: { dimensions: ['maths'], meanPct: 82.9, deviationPct: 8.9 },
  data_analysis: { dimensions: ['tools'], meanPct: 65.5, deviationPct: 10.4 },
  summarize_if: { dimensions: ['summarizing'], meanPct: 59.2, deviationPct: 14.3 },
  summarize_task: { dimensions: ['summarizing'], meanPct: 61.8, deviationPct: 15.5 },
  language: { dimensions: ['language'], meanPct: 73.7, deviationPct: 9.2 },
  livebench_coding: { dimensions: ['coding'], meanPct: 73, deviationPct: 6.2 },
  livebench_agentic_coding: { dimensions: ['coding', 'debugging', 'tools'], meanPct: 53.1, deviationPct: 10.8 },
  'refactor@labs.scale.com': { dimensions: ['coding'], meanPct: 34, deviationPct: 9.8 },
  'test@labs.scale.com': { dimensions: ['testing'], meanPct: 33.1, deviationPct: 8.7 },
  'review_or_codebase_qna@labs.scale.com': { dimensions: ['review'], meanPct: 26.7, deviationPct: 13.3 },
  'review_or_codebase_qna@artificialanalysis.ai': { dimensions: ['review'], meanPct: 67.2, deviationPct: 10.6 },
  'terminal_agentic@artificialanalysis.ai': { dimensions: ['tools', 'debugging'], meanPct: 68.5, deviationPct: 6.7 },
  'swe_bench_pro@artificialanalysis.ai#hard-aa': { dimensions: ['coding'], meanPct: 20.7, deviationPct: 5.7 },
};

/** θ gained per point of the index: logit of solved repository issues against the index, OpenHands index 2026-06-30. */
const THETA_PER_INDEX_POINT = 0.05;
const MID_INDEX = 34;
/** Residual of that line: an index says this much and no more about one dimension. */
const INDEX_WIDTH = 0.5;
/** A model without an index is believed to be below the field, but not surely. */
const UNKNOWN_ABILITY: Ability = { mean: -0.5, width: 1 };
/** Spread of θ over the field, so that one deviation of a benchmark is one of ability; and how far a benchmark errs. */
const FIELD_DEVIATION = 0.6;
const BENCHMARK_WIDTH = 0.7;

/** Prior abilities of a model: the index for all dimensions, each corrected by its benchmarks (normal updating). Pure. */
export function priorAbilities(capabilities: ModelCapabilities | undefined): Abilities {
  const base = baseAbility(capabilities?.abilityIndex);
  const entries = CAPABILITY_DIMENSIONS.map((dimension): [CapabilityDimension, Ability] => {
    let precision = base.width ** -2;
    let weighted = base.mean * precision;
    for (const [key, score] of Object.entries(capabilities?.benchmarks ?? {})) {
      const benchmark = BENCHMARKS[key];
      if (!benchmark?.dimensions.includes(dimension) || !Number.isFinite(score)) continue;
      const deviations = Math.max(-2.5, Math.min(2.5, (score - benchmark.meanPct) / benchmark.deviationPct));
      precision += BENCHMARK_WIDTH ** -2;
      weighted += deviations * FIELD_DEVIATION * BENCHMARK_WIDTH ** -2;
    }
    return [dimension, { mean: weighted / precision, width: precision ** -0.5 }];
  });
  return Object.fromEntries(entries) as Abilities;
}

function baseAbility(index: number | undefined): Ability {
  if (index === undefined || !Number.isFinite(index)) return UNKNOWN_ABILITY;
  return { mean: (index - MID_INDEX) * THETA_PER_INDEX_POINT, width: INDEX_WIDTH };
}
