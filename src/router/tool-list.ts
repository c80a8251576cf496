import type { Model } from '../domain/model.ts';
import { roundNanoUsd, type NanoUsd } from '../domain/money.ts';
import type { Ratio, Tokens } from '../domain/time.ts';
import { ratesOf } from './model-rates.ts';
import { priceStep, type StepCost } from './step-cost.ts';

/** A choice between sending the tools that the cache knows and sending only those that the step needs. */
export interface ToolListQuestion {
  /** The whole prompt with the present tool list, in the model's tokens. */
  readonly promptTokens: Tokens;
  readonly warmTokens: Tokens;
  readonly hitRatio: Ratio;
  /** What is warm of a prompt with the shorter list, where it was sent before. Absent: nothing. */
  readonly fewerWarmTokens?: Tokens;
  readonly fewerHitRatio?: Ratio;
  /** The two lists, in the model's tokens. */
  readonly presentToolTokens: Tokens;
  readonly neededToolTokens: Tokens;
  /** Calls that will be made with the list, and what each adds to the next prompt. */
  readonly callCount: number;
  readonly growthTokens: Tokens;
  readonly outputTokens: Tokens;
}

export interface ToolListAnswer {
  readonly choice: 'same-tools' | 'fewer-tools';
  /** Warm, with the present list. */
  readonly sameNanoUsd: NanoUsd;
  /** With the shorter one: tools stand first in every prompt, so another list is another prefix. */
  readonly fewerNanoUsd: NanoUsd;
}

/** Prices both; a tie keeps the list. Pure. */
export function chooseToolList(model: Model, question: ToolListQuestion): ToolListAnswer {
  const saved = Math.max(0, question.presentToolTokens - question.neededToolTokens);
  const { promptTokens, warmTokens, hitRatio, fewerWarmTokens = 0, fewerHitRatio = 0 } = question;
  const sameNanoUsd = priceList(model, question, { promptTokens, warmTokens, hitRatio });
  const shorter = { promptTokens: Math.max(0, promptTokens - saved), warmTokens: fewerWarmTokens };
  const fewerNanoUsd = priceList(model, question, { ...shorter, hitRatio: fewerHitRatio });
  return { choice: fewerNanoUsd < sameNanoUsd ? 'fewer-tools' : 'same-tools', sameNanoUsd, fewerNanoUsd };
}

function priceList(
  model: Model,
  question: ToolListQuestion,
  first: Pick<ToolListQuestion, 'promptTokens' | 'warmTokens' | 'hitRatio'>,
): NanoUsd {
  const rule = model.cacheRule;
  const cost: StepCost = { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, nanoUsd: 0 };
  const shape = {
    callCount: Math.max(1, question.callCount),
    promptTokens: first.promptTokens,
    growthTokens: question.growthTokens,
    outputTokens: question.outputTokens,
    workRatio: 1,
  };
  const insideHitRatio = rule.kind === 'none' ? 0 : rule.priorHitRatio;
  priceStep(ratesOf(model), shape, { warmTokens: first.warmTokens, hitRatio: first.hitRatio, insideHitRatio }, cost);
  return roundNanoUsd(cost.nanoUsd);
}
