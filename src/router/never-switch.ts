import { peakFactorAt } from '../catalog/bill.ts';
import type { Model } from '../domain/model.ts';
import { ZERO_USD, roundNanoUsd, toNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { At, Tokens } from '../domain/time.ts';
import { ratesOf } from './model-rates.ts';
import { priceStep, type StepCost } from './step-cost.ts';

/** The same session on one model that never left its transcript, call by call: what savings and guards are held against. */
export interface NeverSwitch {
  readonly v: 1;
  /** Reference tokens of its one transcript. */
  readonly transcriptTokens: Tokens;
  /** Reference tokens that its cache holds, and since when. */
  readonly heldTokens: Tokens;
  readonly usedAt: At;
  readonly nanoUsd: NanoUsd;
}

export const NEVER_SWITCHED: NeverSwitch = {
  v: 1,
  transcriptTokens: 0,
  heldTokens: 0,
  usedAt: 0,
  nanoUsd: ZERO_USD,
};

/**
 * Adds one call. `appendedTokens` is what the call adds to the transcript before it is sent (instruction, tool results),
 * `outputTokens` its answer, both in reference tokens. A pause past the time to live makes the model write everything
 * again. Pure; the state is plain JSON.
 */
export function foldNeverSwitch(
  state: NeverSwitch,
  model: Model,
  call: { readonly at: At; readonly appendedTokens: Tokens; readonly outputTokens: Tokens },
): NeverSwitch {
  const prompt = state.transcriptTokens + call.appendedTokens;
  const output = call.outputTokens * model.outputRatio;
  const rule = model.cacheRule;
  const isWarm = rule.kind !== 'none' && state.heldTokens > 0 && call.at - state.usedAt <= rule.ttlMs;
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  priceStep(
    ratesOf(model),
    {
      callCount: 1,
      promptTokens: prompt * model.tokenRatio,
      growthTokens: 0,
      outputTokens: output * model.tokenRatio,
      workRatio: 1,
    },
    {
      warmTokens: isWarm ? state.heldTokens * model.tokenRatio : 0,
      hitRatio: rule.kind === 'none' ? 0 : rule.priorHitRatio,
      insideHitRatio: 1,
    },
    cost,
  );
  return {
    v: 1,
    transcriptTokens: prompt + output,
    heldTokens: prompt,
    usedAt: call.at,
    nanoUsd: toNanoUsd(state.nanoUsd + roundNanoUsd(cost.nanoUsd * peakFactorAt(model.prices, call.at))),
  };
}
