import { promptTokens, type Usage } from '../../domain/usage.ts';
import { servedTierIn } from '../shared/answer-tap.ts';
import { bucketsWithin, countIn } from '../shared/counts.ts';
import { fieldsIn } from '../shared/fields.ts';

/**
 * Four buckets of a `usageMetadata`: its prompt includes what was cached, its candidates leave thoughts out, and what tools of
 * the vendor brought back was read like a prompt. Unknown without a prompt count (`undefined`). Never throws. Gemini API
 * reference, UsageMetadata, read 2026-11.
 */
export function geminiUsage(report: unknown): Usage | undefined {
  const wire = fieldsIn(report);
  const prompt = countIn(wire['promptTokenCount']);
  if (prompt === undefined) return undefined;
  const thoughts = countIn(wire['thoughtsTokenCount']);
  return {
    ...bucketsWithin(
      prompt + (countIn(wire['toolUsePromptTokenCount']) ?? 0),
      countIn(wire['cachedContentTokenCount']),
      undefined,
    ),
    outputTokens: (countIn(wire['candidatesTokenCount']) ?? 0) + (thoughts ?? 0),
    reasoningTokens: thoughts,
  };
}

/** The tier that served, as answers say it beside their counts since 2026-05 (googleapis/python-genai#2435). */
export function geminiTier(report: unknown): string | undefined {
  return servedTierIn(fieldsIn(report)['serviceTier'])?.toLowerCase().replace('service_tier_', '');
}

/** Usage as Google words it. */
export function usageMetadata(usage: Usage): Readonly<Record<string, unknown>> {
  const prompt = promptTokens(usage);
  const { cacheReadTokens, reasoningTokens, outputTokens } = usage;
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: Math.max(0, outputTokens - (reasoningTokens ?? 0)),
    totalTokenCount: prompt + outputTokens,
    ...(cacheReadTokens === undefined ? {} : { cachedContentTokenCount: cacheReadTokens }),
    ...(reasoningTokens === undefined ? {} : { thoughtsTokenCount: reasoningTokens }),
  };
}
