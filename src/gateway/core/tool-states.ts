import type { IssuedState } from '../../domain/transcript.ts';

/**
 * The vendors' state of tool calls whose callers have no place to keep it, such as Google's thought signatures: by tenant and
 * call id, a bounded memory, oldest first out. What is lost with it costs quality, not the call: a placeholder stands in.
 */
export interface ToolStates {
  note(tenant: string, toolCallId: string, state: IssuedState): void;
  stateOf(tenant: string, toolCallId: string): IssuedState | undefined;
}

const LIMIT_COUNT = 20_000;

export function createToolStates(limitCount: number = LIMIT_COUNT): ToolStates {
  const states = new Map<string, IssuedState>();
  const keyOf = (tenant: string, toolCallId: string): string => `${tenant}\n${toolCallId}`;
  return {
    note(tenant, toolCallId, state) {
      const key = keyOf(tenant, toolCallId);
      states.delete(key);
      states.set(key, state);
      if (states.size <= limitCount) return;
      const oldest = states.keys().next();
      if (oldest.done !== true) states.delete(oldest.value);
    },
    stateOf: (tenant, toolCallId) => states.get(keyOf(tenant, toolCallId)),
  };
}
