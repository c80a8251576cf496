import type { AssistantPart, Message, IssuedState, UserPart } from '../../domain/transcript.ts';

/**
 * Every call with an id of its own: servers that number the calls of each turn anew repeat theirs, and vendors refuse a
 * transcript with the same id twice. A repeated call and the results behind it are renamed alike; the first stays. Pure.
 */
export function withUniqueToolIds(messages: readonly Message[]): readonly Message[] {
  const seen = new Map<string, number>();
  const current = new Map<string, string>();
  let hasRepeat = false;
  const renamed = messages.map((message): Message => {
    if (message.role === 'assistant') {
      const content = message.content.map((part): AssistantPart => {
        if (part.type !== 'tool-call') return part;
        const count = (seen.get(part.toolCallId) ?? 0) + 1;
        seen.set(part.toolCallId, count);
        const id = count === 1 ? part.toolCallId : freeId(part.toolCallId, count, seen);
        current.set(part.toolCallId, id);
        if (count === 1) return part;
        hasRepeat = true;
        // What was issued for the old id says the old id.
        return { type: 'tool-call', toolCallId: id, toolName: part.toolName, input: part.input };
      });
      return { ...message, content };
    }
    if (message.role === 'system') return message;
    const content = message.content.map((part): UserPart => {
      const id = part.type === 'tool-result' ? current.get(part.toolCallId) : undefined;
      return part.type !== 'tool-result' || id === undefined ? part : { ...part, toolCallId: id };
    });
    return { ...message, content };
  });
  return hasRepeat ? renamed : messages;
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
  return new Set(
    messages.flatMap((message) =>
      message.role === 'assistant'
        ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
        : [],
    ),
  );
}

/** Gives calls the vendor's state that their caller has no place for: the newest one of an id, which is what its state is of. */
export function withToolStates(
  messages: readonly Message[],
  stateOf: (toolCallId: string) => IssuedState | undefined,
): readonly Message[] {
  const seen = new Set<string>();
  return messages
    .toReversed()
    .map((message): Message => {
      if (message.role !== 'assistant' || !message.content.some(({ type }) => type === 'tool-call')) return message;
      const content = message.content.map((part): AssistantPart => {
        if (part.type !== 'tool-call' || seen.has(part.toolCallId)) return part;
        seen.add(part.toolCallId);
        const issued = part.issued ?? stateOf(part.toolCallId);
        return issued === undefined ? part : { ...part, issued };
      });
      return { ...message, content };
    })
    .toReversed();
}
