import type { StepKind } from '../domain/step.ts';
import type { StepSize } from '../domain/forecast.ts';
import type { StepFeatures } from './step-features.ts';

/**
 * Expected size of a step per kind before any record was seen. Assumed, from the shape of recorded agent sessions
 * (coding sessions of 2025-11: about 300 output tokens and 1,500 new tokens a call): coding and testing loop over tools,
 * planning and reviewing read and then write, summarizing is one call.
 */
export const KIND_SIZES: Readonly<Record<StepKind, StepSize>> = {
  plan: size(4, 1800, 900, 6000, 4000, 900),
  code: size(14, 1600, 450, 9000, 6000, 1200),
  review: size(4, 2200, 800, 9000, 6000, 700),
  test: size(6, 1500, 400, 8000, 5000, 600),
  summarize: size(1, 0, 700, 6000, 4000, 700),
  explore: size(6, 2200, 250, 6000, 5000, 900),
  other: size(5, 1400, 350, 7000, 5000, 700),
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

/** Size of a step of these features: its kind's, with the artifacts it must read and the text it was given. Pure. */
export function sizeOf(features: StepFeatures, sizes: Readonly<Record<StepKind, StepSize>> = KIND_SIZES): StepSize {
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
