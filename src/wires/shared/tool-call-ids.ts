import type { AssistantPart, Message, IssuedState, UserPart } from '../../domain/transcript.ts';

/**
 * Every call with an id of its own: servers that number the calls of each turn anew repeat theirs, and vendors refuse a
 * transcript with the same id twice. A repeated call and the results behind it are renamed alike; the first stays. Of calls side by side
 * under one id each gets the result that comes in its place. Pure.
 */
export function withUniqueToolIds(messages: readonly Message[]): readonly Message[] {
  if (!hasRepeatedCall(messages)) return messages;
  const seen = new Map<string, number>();
  /** Of each id the calls of its newest turn that wait for a result, in order; the last of them takes what comes beyond. */
  const waiting = new Map<string, string[]>();
  return messages.map((message): Message => {
    if (message.role === 'assistant') {
      const inTurn = new Set<string>();
      const content = message.content.map((part): AssistantPart => {
        if (part.type !== 'tool-call') return part;
        const count = (seen.get(part.toolCallId) ?? 0) + 1;
        seen.set(part.toolCallId, count);
        const id = count === 1 ? part.toolCallId : freeId(part.toolCallId, count, seen);
        waiting.set(part.toolCallId, [
          ...(inTurn.has(part.toolCallId) ? (waiting.get(part.toolCallId) ?? []) : []),
          id,
        ]);
        inTurn.add(part.toolCallId);
        if (count === 1) return part;
        // What was issued for the old id says the old id.
        return { type: 'tool-call', toolCallId: id, toolName: part.toolName, input: part.input };
      });
      return { ...message, content };
    }
    if (message.role === 'system') return message;
    const content = message.content.map((part): UserPart => {
      if (part.type !== 'tool-result') return part;
      const ids = waiting.get(part.toolCallId) ?? [];
      const id = ids.length > 1 ? ids.shift() : ids[0];
      return id === undefined ? part : { ...part, toolCallId: id };
    });
    return { ...message, content };
  });
}

/** Few transcripts have one, and the others are long: nothing is copied to find that out. */
function hasRepeatedCall(messages: readonly Message[]): boolean {
  const seen = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const part of message.content) {
      if (part.type !== 'tool-call') continue;
      if (seen.has(part.toolCallId)) return true;
      seen.add(part.toolCallId);
    }
  }
  return false;
}

function freeId(id: string, count: number, seen: Map<string, number>): string {
  let number = count;
  while (seen.has(`${id}_${number}`)) number += 1;
  const free = `${id}_${number}`;
  seen.set(free, 1);
  return free;
}

/** The ids of all calls in a transcript. */
export function toolCallIds(messages: readonly Message[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const part of message.content) if (part.type === 'tool-call') ids.add(part.toolCallId);
  }
  return ids;
}

/**
 * Gives calls the vendor's state that their caller has no place for: the newest one of an id, which is what its state is of. The
 * very messages where no call has one.
 */
export function withToolStates(
  messages: readonly Message[],
  stateOf: (toolCallId: string) => IssuedState | undefined,
): readonly Message[] {
  const seen = new Set<string>();
  let given: Message[] | undefined;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message?.role !== 'assistant') continue;
    const content = withStates(message.content, seen, stateOf);
    if (content !== message.content) (given ??= [...messages])[index] = { ...message, content };
  }
  return given ?? messages;
}

function withStates(
  parts: readonly AssistantPart[],
  seen: Set<string>,
  stateOf: (toolCallId: string) => IssuedState | undefined,
): readonly AssistantPart[] {
  let given: AssistantPart[] | undefined;
  for (const [index, part] of parts.entries()) {
    if (part.type !== 'tool-call' || seen.has(part.toolCallId)) continue;
    seen.add(part.toolCallId);
    const issued = part.issued ?? stateOf(part.toolCallId);
    if (issued !== part.issued && issued !== undefined) (given ??= [...parts])[index] = { ...part, issued };
  }
  return given ?? parts;
}
