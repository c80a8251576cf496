import type { JsonValue } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import { DIALECT_FACTS, OPENAI_ONLY_FIELDS, type DialectFacts } from '../openai-shared/dialects.ts';
import { fieldsIn, isFields, listIn, type Fields } from '../shared/fields.ts';
import {
  createRepairNotes,
  remapId,
  toolIdRule,
  type Repair,
  type RepairNotes,
  type RepairOptions,
} from '../shared/wire-repair.ts';
import { lossOf } from './chat-losses.ts';
import { repairTools } from './chat-tools.ts';

/** Where assistants of this wire keep their thoughts. */
const THOUGHTS = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;

/**
 * The edits that make a body acceptable to another model of the Chat format: the words and fields of its dialect, tool ids
 * alike in call and result, thoughts to nobody but their maker, and the state that a vendor wants back with its calls.
 */
export function repairChat(body: Fields, target: Model, options: RepairOptions): Repair {
  const notes = createRepairNotes();
  const facts = DIALECT_FACTS[options.dialect];
  const rule = toolIdRule(target, facts.toolId);
  if (!facts.native) {
    repairFields(body, facts, notes);
    repairTools(body, notes);
  }
  const messages = listIn(body['messages']);
  const newest = newestPlaces(messages);
  messages.forEach((raw, index) => {
    const message = fieldsIn(raw);
    const at = ['messages', index] as const;
    if (message['role'] === 'developer' && !facts.native) {
      notes.edits.push({ op: 'set', path: [...at, 'role'], value: 'system' });
    }
    if (message['role'] === 'tool') remapId(notes, rule, message['tool_call_id'], () => [...at, 'tool_call_id']);
    if (message['role'] !== 'assistant') return;
    listIn(message['tool_calls']).forEach((raw, place) => {
      const call = fieldsIn(raw);
      remapId(notes, rule, call['id'], () => [...at, 'tool_calls', place, 'id']);
      repairState(call, [...at, 'tool_calls', place], {
        known: newest.get(call['id']) === index ? options.toolStateOf?.(String(call['id'])) : undefined,
        facts,
        target,
        isFirst: place === 0,
        notes,
      });
    });
    repairThoughts(message, at, { facts, options, notes });
  });
  return notes;
}

function repairFields(body: Fields, facts: DialectFacts, notes: RepairNotes): void {
  const limit = body['max_completion_tokens'];
  if (limit !== undefined && facts.maxTokensField === 'max_tokens') {
    notes.edits.push({ op: 'remove', path: ['max_completion_tokens'] });
    if (body['max_tokens'] === undefined) {
      notes.edits.push({ op: 'set', path: ['max_tokens'], value: limit as JsonValue });
    }
  }
  if (!facts.refusesUnknown) return;
  const unknown = facts.cacheKey ? OPENAI_ONLY_FIELDS : [...OPENAI_ONLY_FIELDS, 'prompt_cache_key'];
  for (const field of unknown) {
    if (body[field] === undefined) continue;
    notes.edits.push({ op: 'remove', path: [field] });
    const loss = lossOf(body, field);
    if (loss !== undefined) notes.losses.add(loss);
  }
}

/** Id of a call → the newest message that has it: some servers number the calls of each answer anew. */
function newestPlaces(messages: readonly unknown[]): ReadonlyMap<unknown, number> {
  return new Map(
    messages.flatMap((message, index) =>
      listIn(fieldsIn(message)['tool_calls']).map((call) => [fieldsIn(call)['id'], index] as const),
    ),
  );
}

interface StateRepair {
  /** What is kept of the call. `undefined`: nothing, or only of a newer one with its id. */
  readonly known: IssuedState | undefined;
  readonly facts: DialectFacts;
  readonly target: Model;
  readonly isFirst: boolean;
  readonly notes: RepairNotes;
}

/** The vendor's state of a call: kept by its maker, put back where the client lost it, and never given to another. */
function repairState(call: Fields, path: readonly (string | number)[], repair: StateRepair): void {
  const { facts, target, known, notes } = repair;
  const mine = known?.by === modelIdentity(target) ? fieldsIn(known.wire)['extra_content'] : undefined;
  const has = isFields(call['extra_content']);
  const isForeign = has && known !== undefined && known.by !== modelIdentity(target);
  const placeholder = repair.isFirst ? signatureOf(facts) : undefined;
  const wanted = mine ?? (has && !isForeign ? undefined : placeholder);
  if (wanted !== undefined)
    notes.edits.push({ op: 'set', path: [...path, 'extra_content'], value: wanted as JsonValue });
  else if (isForeign || (has && facts.foreignSignature === undefined && !facts.native && known === undefined)) {
    notes.edits.push({ op: 'remove', path: [...path, 'extra_content'] });
  }
}

/** `extra_content` with the placeholder of a dialect that wants one. */
export function signatureOf({ foreignSignature }: DialectFacts): JsonValue | undefined {
  return foreignSignature === undefined ? undefined : { google: { thought_signature: foreignSignature } };
}

/** Thoughts go to their maker only; a dialect that refuses calls without thoughts gets words that say so. */
function repairThoughts(
  message: Fields,
  path: readonly (string | number)[],
  { facts, options, notes }: Pick<StateRepair, 'facts' | 'notes'> & { readonly options: RepairOptions },
): void {
  const held = THOUGHTS.filter((field) => message[field] !== undefined && message[field] !== null);
  if (held.length > 0 && options.ownThoughts === true && options.stripAll !== true) return;
  const needsWords = facts.foreignThought !== undefined && listIn(message['tool_calls']).length > 0;
  for (const field of held) {
    if (needsWords && field === 'reasoning_content') continue;
    notes.edits.push({ op: 'remove', path: [...path, field] });
    notes.strippedThinkingCount++;
  }
  if (needsWords) {
    notes.edits.push({ op: 'set', path: [...path, 'reasoning_content'], value: facts.foreignThought ?? '' });
  }
}
