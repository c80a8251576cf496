import { STEP_KINDS, type StepKind } from '../domain/step.ts';
import type { StepSize } from '../domain/forecast.ts';
import type { ForecastTables } from './artifact.ts';
import type { StepFeatures } from './step-features.ts';

export type KindSizes = Readonly<Record<StepKind, StepSize>>;

/**
 * Expected size of a step per kind before any record was seen. Calls and tokens are measured: means over 328 steps of 910
 * calls in two coding sessions of one harness (2025-11 and -12), kinds seen rarely drawn to the mean of all by five steps'
 * worth. Calls per step with 95 % intervals: code 4.36 [3.50, 5.40] of 118 steps, explore 2.72 [2.38, 3.08] of 106, other
 * 1.46 [1.23, 1.75] of 52, summarize 1 of 44; review (5), plan (2) and test (1) say little. Another agent with only a shell
 * adds twice as many tokens a call (631, over 145 calls of 23 repository issues). What a fresh context holds is assumed.
 */
export const KIND_SIZES: KindSizes = {
  plan: size(2.8, 2400, 470, 6000, 4000, 900),
  code: size(4.3, 280, 400, 9000, 6000, 1200),
  review: size(2.1, 370, 230, 9000, 6000, 700),
  test: size(2.7, 370, 290, 8000, 5000, 600),
  summarize: size(1, 290, 210, 6000, 4000, 700),
  explore: size(2.7, 630, 150, 6000, 5000, 900),
  other: size(1.6, 110, 250, 7000, 5000, 700),
};

function size(
  callCount: number,
  newTokensPerCall: number,
  outputTokensPerCall: number,
  handoffTokens: number,
  isolateTokens: number,
  resultTokens: number,
): StepSize {
  return {
    callCount,
    newTokensPerCall,
    outputTokensPerCall,
    handoffTokens,
    isolateTokens,
    resultTokens,
    instructionTokens: 200,
  };
}

/** The sizes that were learned, and ours where nothing was. Pure. */
export function sizesFrom(learned: ForecastTables): KindSizes {
  const entries = STEP_KINDS.map((kind) => {
    const base = KIND_SIZES[kind];
    const size = {
      ...base,
      callCount: learned.callCount[kind] ?? base.callCount,
      outputTokensPerCall: learned.outputTokensPerCall[kind] ?? base.outputTokensPerCall,
      newTokensPerCall: learned.newTokensPerCall[kind] ?? base.newTokensPerCall,
    };
    return [kind, size] as const;
  });
  return Object.fromEntries(entries) as KindSizes;
}

/** Size of a step of these features: its kind's, with the artifacts it must read and the text it was given. Pure. */
export function sizeOf(features: StepFeatures, sizes: KindSizes = KIND_SIZES): StepSize {
  const base = sizes[features.kind];
  const instructionTokens = Math.max(50, Math.ceil(features.text.length / 4));
  const toRead = features.structure.artifactTokens + instructionTokens;
  return {
    ...base,
    instructionTokens,
    handoffTokens: Math.max(base.handoffTokens, Math.round(base.handoffTokens * 0.6) + toRead),
    isolateTokens: Math.max(base.isolateTokens, Math.round(base.isolateTokens * 0.6) + toRead),
  };
}
