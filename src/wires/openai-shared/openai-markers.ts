import type { CallRequest, CacheMarker } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { placeMarkers, type PlacedMarker } from '../shared/cache-markers.ts';
import type { Dialect } from '../shared/endpoint-config.ts';

/** OpenAI keeps the implicit breakpoint and the latest three explicit ones. SDK 7.57 type declarations, read 2026-11. */
const MAX_EXPLICIT_BREAKPOINTS = 3;

/** The field that marks the end of a prefix, with its value. */
export type MarkerField =
  | { readonly prompt_cache_breakpoint: { readonly mode: 'explicit' } }
  | { readonly cache_control: { readonly type: 'ephemeral'; readonly ttl?: '1h' } };

/** What marks prefixes for one model at one endpoint. */
export interface MarkerPlan {
  readonly system: MarkerField | undefined;
  readonly messages: ReadonlyMap<number, MarkerField>;
  /** OpenAI's breakpoints cannot sit on what an assistant said. */
  readonly onAssistant: boolean;
}

/**
 * OpenAI from 5.6 on: explicit breakpoints beside the implicit one, which already covers the newest message. Only an
 * exact earlier breakpoint is found again, so the end of the previous call is marked too. Vendors with Anthropic-like
 * caches behind the chat wire: `cache_control`. All others: nothing.
 */
export function planMarkers(model: Model, request: CallRequest, dialect: Dialect): MarkerPlan {
  const rule = model.cacheRule;
  if (rule.kind === 'none' || rule.maxMarkers === 0) return NO_MARKERS;
  if (dialect === 'openai') {
    if (!rule.exactBreakpoint) return NO_MARKERS;
    const limit = Math.min(rule.maxMarkers - 1, MAX_EXPLICIT_BREAKPOINTS);
    const field = { prompt_cache_breakpoint: { mode: 'explicit' } } as const;
    return toPlan(placeMarkers(model, breakpointRequest(request), limit), () => field, false);
  }
  if (rule.kind !== 'explicit') return NO_MARKERS;
  const field = ({ longTtl }: PlacedMarker): MarkerField => ({
    cache_control: longTtl ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' },
  });
  return toPlan(placeMarkers(model, request, rule.maxMarkers), field, true);
}

const NO_MARKERS: MarkerPlan = { system: undefined, messages: new Map(), onAssistant: false };

function breakpointRequest(request: CallRequest): CallRequest {
  const last = request.messages.length - 1;
  const lastAnswer = request.messages.findLastIndex((message) => message.role === 'assistant');
  const previousEnd: readonly CacheMarker[] =
    lastAnswer > 0 ? [{ messageIndex: lastAnswer - 1, ttl: 'default', purpose: 'reanchor' }] : [];
  const given = request.cacheMarkers.filter((marker) => marker.messageIndex !== last);
  return { ...request, cacheMarkers: [...given, ...previousEnd] };
}

function toPlan(
  markers: readonly PlacedMarker[],
  field: (marker: PlacedMarker) => MarkerField,
  onAssistant: boolean,
): MarkerPlan {
  const messages = new Map<number, MarkerField>();
  let system: MarkerField | undefined;
  for (const marker of markers) {
    if (marker.at === 'system') system = field(marker);
    else if (marker.at !== 'tools') messages.set(marker.at.messageIndex, field(marker));
  }
  return { system, messages, onAssistant };
}
