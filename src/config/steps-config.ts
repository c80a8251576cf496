import { nanoFromUsd } from '../domain/money.ts';
import { MINUTE_MS } from '../domain/time.ts';
import type { StepsFile } from './config-file.ts';
import type { StepsConfig } from './config.ts';

/** Agents of published benchmarks are held to 250 calls; an issue of a real repository mostly takes 38 to 74 (2026-11). */
const DEFAULT_CALLS = 250;

/** What one try of a step may take. */
export function resolveSteps({ maxCalls, maxTokens, maxUsd, maxMinutes }: StepsFile = {}): StepsConfig {
  return {
    maxCalls: maxCalls ?? DEFAULT_CALLS,
    maxTokens,
    maxNanoUsd: maxUsd === undefined ? undefined : nanoFromUsd(maxUsd),
    maxMs: maxMinutes === undefined ? undefined : maxMinutes * MINUTE_MS,
  };
}
