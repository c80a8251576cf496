import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/**
 * What a client writes into the arguments of every tool, and means for itself alone: Gemini CLI offers its model this one beside a
 * tool's own and does not take it out again (0.61, seen 2026-11-30).
 */
const OF_CLIENTS = ['wait_for_previous'];

/** Takes what is a client's own business out of a call before its arguments are checked. */
export function dropClientArguments(message: JSONRPCMessage): void {
  if (!('method' in message) || message.method !== 'tools/call') return;
  const given = message.params?.['arguments'];
  if (typeof given !== 'object' || given === null) return;
  for (const name of OF_CLIENTS) Reflect.deleteProperty(given, name);
}
