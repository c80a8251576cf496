import type { CallRequest } from '../../domain/call.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { Model, RequestLimits } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { effortNow, fitEffort } from '../shared/effort.ts';
import type { Fields } from '../shared/fields.ts';
import type { JsonEdit } from '../shared/json-bytes.ts';
import { fieldsAt, nameOf } from './gemini-fields.ts';
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
  const { effort, losses } = fitEffort(effortNow(request), model.efforts);
  if (effort === undefined) return { config: undefined, losses };
  return { config: { ...amountOf(effort, model), ...(effort === 'none' ? {} : { includeThoughts: true }) }, losses };
}

function amountOf(effort: Effort, { requestLimits }: Model): GeminiThinking {
  const range = requestLimits?.thinkingBudget;
  return range === undefined ? { thinkingLevel: effort.toUpperCase() } : { thinkingBudget: budgetFor(effort, range) };
}

/** Another effort in a caller's own body, beside what else it says of thinking. */
export function geminiEffortEdits(body: Fields, effort: Effort, model: Model): readonly JsonEdit[] {
  const generation = fieldsAt(body, 'generationConfig');
  const thinking = fieldsAt(generation, 'thinkingConfig');
  const thinkingConfig = { ...without(thinking, /^thinking(?:_?level|_?budget)$/iu), ...amountOf(effort, model) };
  const value = { ...without(generation, /^thinking_?config$/iu), thinkingConfig } as unknown as JsonValue;
  return [{ op: 'set', path: [nameOf(body, 'generationConfig')], value }];
}

/** A field may stand in either of two spellings. */
function without(fields: Fields, name: RegExp): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => !name.test(key)));
}

function budgetFor(effort: Effort, range: NonNullable<RequestLimits['thinkingBudget']>): Tokens {
  return effort === 'none' ? 0 : Math.min(Math.max(BUDGETS[effort], range.minTokens), range.maxTokens);
}
