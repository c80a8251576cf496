import type { CallRequest } from '../../domain/call.ts';
import type { Model, RequestLimits } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { fitEffort } from '../shared/effort.ts';
import type { GeminiThinking } from './gemini-wire.ts';

/** What Google's own OpenAI interface makes of an effort where a model counts its thoughts. Gemini API docs, read 2026-11. */
const BUDGETS: Readonly<Record<Effort, Tokens>> = {
  none: 0,
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
};

/** The thinking that an effort asks for, as the model words it: a level, or a budget where it has no levels. */
export function encodeThinking(
  model: Model,
  request: CallRequest,
): { readonly config: GeminiThinking | undefined; readonly losses: readonly TranslationLoss[] } {
  const { effort, losses } = fitEffort(request.effort, model.efforts);
  if (effort === undefined) return { config: undefined, losses };
  const range = model.requestLimits?.thinkingBudget;
  const amount =
    range === undefined ? { thinkingLevel: effort.toUpperCase() } : { thinkingBudget: budgetFor(effort, range) };
  return { config: { ...amount, ...(effort === 'none' ? {} : { includeThoughts: true }) }, losses };
}

function budgetFor(effort: Effort, range: NonNullable<RequestLimits['thinkingBudget']>): Tokens {
  return effort === 'none' ? 0 : Math.min(Math.max(BUDGETS[effort], range.minTokens), range.maxTokens);
}
