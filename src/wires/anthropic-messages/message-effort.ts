import type { Effort } from '../../domain/step.ts';
import { bringsWords, type Message } from '../../domain/transcript.ts';
import { toEffort } from '../shared/body-facts.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../shared/fields.ts';
import type { JsonEdit } from '../shared/json-bytes.ts';
import type { AnthropicEffort, AnthropicMessage } from './anthropic-wire.ts';

/**
 * Effort in mid-conversation: a system message that says nothing but the effort from there on. What was cached before it stays, as the
 * request's own effort does. It holds at once behind a user's turn that brings more than results of tools, elsewhere from the next such turn
 * on. platform.claude.com/docs/en/build-with-claude/effort-per-message, read 2026-11-30.
 */
export function effortMessage(effort: AnthropicEffort): AnthropicMessage {
  return { role: 'system', content: [], output_config: { effort } };
}

/** The beta flag without which the vendor refuses such a message. */
export const MESSAGE_EFFORT_BETA = 'mid-conversation-output-config-2026-07-01';

/** The effort that a message sets; `undefined`: it sets none. */
function effortSaidIn(message: Fields): Effort | undefined {
  return message['role'] === 'system' ? toEffort(fieldsIn(message['output_config'])['effort']) : undefined;
}

/** Flags that a body needs beside those of its caller. */
export function betasOf(body: Fields): readonly string[] {
  const says = listIn(body['messages']).some((message) => effortSaidIn(fieldsIn(message)) !== undefined);
  return says ? [MESSAGE_EFFORT_BETA] : [];
}

/** An effort behind messages of a body, each with the index of its message. */
export function effortEdits(
  marks: readonly { readonly messageIndex: number; readonly effort: Effort }[],
): readonly JsonEdit[] {
  return marks.map(({ messageIndex, effort }) => ({
    op: 'insert',
    path: ['messages', messageIndex],
    value: { ...effortMessage(effort as AnthropicEffort), content: [] },
  }));
}

/** Efforts said in the middle of a caller's transcript, put onto the user's messages from which on they hold. */
export class SaidEfforts {
  readonly #messages: Message[];
  #waiting: Effort | undefined;

  /** @param messages those read so far: they grow */
  constructor(messages: Message[]) {
    this.#messages = messages;
  }

  /** Takes note of what a message says of the effort; whether it says nothing else. */
  isAllOf(message: Fields): boolean {
    const said = effortSaidIn(message);
    if (said === undefined) return false;
    const last = this.#messages.at(-1);
    if (last !== undefined && bringsWords(last)) this.#messages.splice(-1, 1, { ...last, effort: said });
    else this.#waiting = said;
    return listIn(message['content']).length === 0 && (textIn(message['content']) ?? '') === '';
  }

  /** A message with the effort that waited for it. */
  onto(message: Message): Message {
    if (this.#waiting === undefined || !bringsWords(message)) return message;
    const effort = this.#waiting;
    this.#waiting = undefined;
    return { ...message, effort };
  }
}
