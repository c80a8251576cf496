import type { IssuedState } from '../../domain/transcript.ts';

/**
 * The vendors' state of tool calls whose callers have no place to keep it, such as Google's thought signatures: by transcript
 * and call id, since some servers number the calls of every answer alike. A bounded memory, oldest first out. What is lost
 * with it costs quality, not the call: a placeholder stands in.
 */
export interface ToolStates {
  /** `transcript`: whatever stands for the conversation, always the same object. */
  note(transcript: object, toolCallId: string, state: IssuedState): void;
  stateOf(transcript: object, toolCallId: string): IssuedState | undefined;
}

const LIMIT_COUNT = 20_000;

export function createToolStates(limitCount: number = LIMIT_COUNT): ToolStates {
  const states = new Map<string, IssuedState>();
  const names = new WeakMap<object, number>();
  let nextName = 0;
  const keyOf = (transcript: object, toolCallId: string): string => {
    let name = names.get(transcript);
    if (name === undefined) names.set(transcript, (name = nextName++));
    return `${name}\n${toolCallId}`;
  };
  return {
    note(transcript, toolCallId, state) {
      const key = keyOf(transcript, toolCallId);
      states.delete(key);
      states.set(key, state);
      if (states.size <= limitCount) return;
      const oldest = states.keys().next();
      if (oldest.done !== true) states.delete(oldest.value);
    },
    stateOf: (transcript, toolCallId) => states.get(keyOf(transcript, toolCallId)),
  };
}
