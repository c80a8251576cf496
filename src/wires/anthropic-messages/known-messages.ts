import type { Message } from '../../domain/transcript.ts';
import { fieldsIn, type Fields } from '../shared/fields.ts';
import { createNotes, type DecodeNotes } from '../shared/inbound-call.ts';
import type { LossId } from '../shared/lossy-fields.ts';

/** What a message of a transcript was read to be, and what that loses. */
interface KnownMessage {
  readonly message: Message;
  readonly losses: readonly LossId[];
}

const known = new WeakMap<Fields, KnownMessage>();

/**
 * Reads a message with `read`, but for one that was read before: they come again with each call of their transcript, the very same
 * objects. Read anew is what depends on more than its own words: thinking on who issued it, vendors' state on nobody here, a result
 * on what the call that it answers is called now.
 */
export function readOnce(
  raw: unknown,
  { notes, toolNames }: { readonly notes: DecodeNotes; readonly toolNames: ReadonlyMap<string, string> },
  read: (raw: Fields, notes: DecodeNotes) => Message | undefined,
): Message | undefined {
  const fields = fieldsIn(raw);
  const before = known.get(fields);
  if (before !== undefined && answersAsNamed(before.message, toolNames)) {
    for (const loss of before.losses) notes.losses.add(loss);
    return before.message;
  }
  const own = createNotes();
  const message = read(fields, own);
  for (const loss of own.losses) notes.losses.add(loss);
  notes.bounds.push(...own.bounds);
  notes.isBoundToVendor ||= own.isBoundToVendor;
  if (message !== undefined && !own.isBoundToVendor && !hasThinking(message)) {
    known.set(fields, { message, losses: [...own.losses] });
  }
  return message;
}

function hasThinking({ role, content }: Message): boolean {
  return role === 'assistant' && content.some((part) => part.type === 'thinking');
}

function answersAsNamed(message: Message, toolNames: ReadonlyMap<string, string>): boolean {
  if (message.role !== 'user') return true;
  return message.content.every(
    (part) => part.type !== 'tool-result' || part.toolName === (toolNames.get(part.toolCallId) ?? ''),
  );
}
