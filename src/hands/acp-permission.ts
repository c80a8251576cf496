import type { RequestPermissionRequest, RequestPermissionResponse } from '@agentclientprotocol/sdk';
import type { JsonObject } from '../domain/json.ts';
import { CHANGING_KINDS, type SeenTool } from './acp-turn.ts';
import type { HandsAsk } from './hands.ts';

/** `undefined`: it may think as it likes. */
export function askOf({ kind, files, title = '', input = {} }: SeenTool): HandsAsk | undefined {
  if (kind === 'think') return undefined;
  // Input of which no place is known could name one: a person sees it whole.
  if (CHANGING_KINDS.has(kind) && files.length > 0) return { kind: 'edit', files };
  if ((kind === 'read' || kind === 'search') && files.length > 0) return { kind: 'read', files };
  return { kind: kind === 'execute' ? 'command' : 'other', title, input: input as JsonObject };
}

type Option = RequestPermissionRequest['options'][number];

/** This once, and never for what comes later: that is asked about again. */
export function answerWith(options: readonly Option[], isAllowed: boolean): RequestPermissionResponse {
  const wanted = isAllowed ? ['allow_once'] : ['reject_once', 'reject_always'];
  const option = wanted.map((kind) => options.find((one) => one.kind === kind)).find((one) => one !== undefined);
  return {
    outcome: option === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option.optionId },
  };
}
