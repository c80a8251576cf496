import type { Capabilities } from '../../catalog/capabilities.ts';
import { ABILITY_DIMENSIONS, type AbilityDimension } from './ability-dimensions.ts';

/** An ability on the logit scale, 0 = a mid-2026 mid-field model, with one standard deviation of belief. */
export interface Ability {
  readonly mean: number;
  readonly width: number;
}
export type Abilities = Readonly<Record<AbilityDimension, Ability>>;

interface Benchmark {
  readonly dimensions: readonly AbilityDimension[];
  readonly meanPct: number;
  readonly deviationPct: number;
}

/**
 * Benchmarks that say something about a dimension, with mean and spread over the models of the catalogue. Scores are only
 * compared within one publisher and harness. Source: catalogue of 2026-11-21 (LiveBench of 2026-01-08; publishers by host).
 */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'livebench-reasoning@livebench.ai': { dimensions: ['planning'], meanPct: 73.9, deviationPct: 13 },
  'livebench-mathematics@livebench.ai': { dimensions: ['maths'], meanPct: 82.9, deviationPct: 8.9 },
  'livebench-data-analysis@livebench.ai': { dimensions: ['tools'], meanPct: 65.5, deviationPct: 10.4 },
  'livebench-if@livebench.ai': { dimensions: ['summarizing'], meanPct: 59.2, deviationPct: 14.3 },
  'livebench-summarize-task@livebench.ai': { dimensions: ['summarizing'], meanPct: 61.8, deviationPct: 15.5 },
  'livebench-language@livebench.ai': { dimensions: ['language'], meanPct: 73.7, deviationPct: 9.2 },
  'livebench-coding@livebench.ai': { dimensions: ['coding'], meanPct: 73, deviationPct: 6.2 },
  'livebench-agentic-coding@livebench.ai': {
    dimensions: ['coding', 'debugging', 'tools'],
    meanPct: 53.1,
    deviationPct: 10.8,
  },
  'swe-atlas-refactoring@labs.scale.com': { dimensions: ['coding'], meanPct: 34, deviationPct: 9.8 },
  'swe-atlas-test-writing@labs.scale.com': { dimensions: ['testing'], meanPct: 33.1, deviationPct: 8.7 },
  'swe-atlas-codebase-qna@labs.scale.com': { dimensions: ['review'], meanPct: 26.7, deviationPct: 13.3 },
  'swe-atlas-codebase-qna@artificialanalysis.ai': { dimensions: ['review'], meanPct: 67.2, deviationPct: 10.6 },
  'terminal-bench@artificialanalysis.ai': { dimensions: ['tools', 'debugging'], meanPct: 68.5, deviationPct: 6.7 },
  'swe-bench-pro@artificialanalysis.ai#hard-aa': { dimensions: ['coding'], meanPct: 20.7, deviationPct: 5.7 },
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

/** What is known of a model before any outcome; the index with one deviation in points where it is only judged. */
export interface KnownOfModel extends Capabilities {
  readonly indexWidthPoints?: number;
}

/** Prior abilities of a model: the index for all dimensions, each corrected by its benchmarks (normal updating). Pure. */
export function priorAbilities(capabilities: KnownOfModel | undefined): Abilities {
  const base = baseAbility(capabilities);
  const entries = ABILITY_DIMENSIONS.map((dimension): [AbilityDimension, Ability] => {
    let precision = base.width ** -2;
    let weighted = base.mean * precision;
    for (const score of capabilities?.scores ?? []) {
      const benchmark = score.effort === undefined ? BENCHMARKS[`${score.benchmark}@${score.publisher}`] : undefined;
      if (!benchmark?.dimensions.includes(dimension)) continue;
      const deviations = Math.max(-2.5, Math.min(2.5, (score.percent - benchmark.meanPct) / benchmark.deviationPct));
      precision += BENCHMARK_WIDTH ** -2;
      weighted += deviations * FIELD_DEVIATION * BENCHMARK_WIDTH ** -2;
    }
    return [dimension, { mean: weighted / precision, width: precision ** -0.5 }];
  });
  return Object.fromEntries(entries) as Abilities;
}

function baseAbility(known: KnownOfModel | undefined): Ability {
  const index = known?.abilityIndex;
  if (index === undefined || !Number.isFinite(index)) return UNKNOWN_ABILITY;
  const judged = (known?.indexWidthPoints ?? 0) * THETA_PER_INDEX_POINT;
  return { mean: (index - MID_INDEX) * THETA_PER_INDEX_POINT, width: Math.hypot(INDEX_WIDTH, judged) };
}
