import { nanoFromUsd } from '../domain/money.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { StepsFile } from './config-file.ts';
import type { StepsConfig } from './config.ts';

/** Agents of published benchmarks are held to 250 calls; an issue of a real repository mostly takes 38 to 74 (2026-11). */
const DEFAULT_CALLS = 250;

/** Of one try of a step: the longest question takes about 8,000 tokens. */
const DEFAULT_ASK = { maxQuestions: 3, maxTokens: 60_000, maxUsd: 0.5 };

/** What one try of a step may take. */
export function resolveSteps({ maxCalls, maxTokens, maxUsd, maxMinutes, ask = {} }: StepsFile = {}): StepsConfig {
  return {
    maxCalls: maxCalls ?? DEFAULT_CALLS,
    maxTokens,
    maxNanoUsd: maxUsd === undefined ? undefined : nanoFromUsd(maxUsd),
    maxMs: maxMinutes === undefined ? undefined : maxMinutes * MINUTE_MS,
    ask: resolveAsk(ask),
  };
}

function resolveAsk(ask: NonNullable<StepsFile['ask']>): StepsConfig['ask'] {
  if (ask === 'off') return undefined;
  return {
    maxQuestions: ask.maxQuestions ?? DEFAULT_ASK.maxQuestions,
    maxTokens: ask.maxTokens ?? DEFAULT_ASK.maxTokens,
    maxNanoUsd: nanoFromUsd(ask.maxUsd ?? DEFAULT_ASK.maxUsd),
  };
}
