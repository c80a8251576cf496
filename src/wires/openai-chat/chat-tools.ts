import type { JsonObject } from '../../domain/json.ts';
import { DIALECT_FACTS } from '../openai-shared/dialects.ts';
import type { Dialect } from '../shared/endpoint-config.ts';
import { fieldsIn, isFields, listIn, textIn, type Fields } from '../shared/fields.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import type { RepairNotes } from '../shared/wire-repair.ts';
import { onlyAtOpenai } from './chat-losses.ts';

/** Schemas of tools in the form that every vendor takes; OpenAI's own callers are told by OpenAI. */
export function repairTools(body: Fields, notes: RepairNotes): void {
  listIn(body['tools']).forEach((raw, index) => {
    const fn = fieldsIn(fieldsIn(raw)['function']);
    if (!isFields(fn['parameters'])) return;
    const given = fn['parameters'] as JsonObject;
    const { schema, note } = toolSchema(given);
    if (schema === given) return;
    const at = ['tools', index, 'function'] as const;
    notes.edits.push({ op: 'set', path: [...at, 'parameters'], value: schema });
    if (note === '') return;
    const description = describedWith(textIn(fn['description']) ?? '', note);
    notes.edits.push({ op: 'set', path: [...at, 'description'], value: description });
  });
}

/**
 * Whether a body has forms that only OpenAI's own servers know: free-form tools and their calls, the older functions, and what
 * would have to be left out in silence. Such a body is written anew for others, or refused.
 */
export function isOpenaiOnly(body: Fields, dialect: Dialect): boolean {
  const { native, refusesUnknown } = DIALECT_FACTS[dialect];
  if (native) return false;
  const isCustom = (raw: unknown): boolean => fieldsIn(raw)['type'] === 'custom';
  return (
    (refusesUnknown && onlyAtOpenai(body).length > 0) ||
    listIn(body['functions']).length > 0 ||
    listIn(body['tools']).some(isCustom) ||
    listIn(body['messages']).some((raw) => {
      const message = fieldsIn(raw);
      return isFields(message['function_call']) || listIn(message['tool_calls']).some(isCustom);
    })
  );
}
