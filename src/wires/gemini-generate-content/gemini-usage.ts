import { promptTokens, type Usage } from '../../domain/usage.ts';
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
