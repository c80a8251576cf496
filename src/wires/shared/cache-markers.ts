import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';

/** Where one cache marker goes: behind the tools, behind the system prompt, or behind a message. */
export interface PlacedMarker {
  readonly at: 'tools' | 'system' | { readonly messageIndex: number };
  readonly longTtl: boolean;
}

/** No text has more tokens than bytes / 2 for long; a prefix that is short even so is never cached. */
const MIN_BYTES_PER_TOKEN = 2;

/**
 * Chooses the markers of one request, in prompt order, at most `limit`: the newest position, the system prompt and the
 * latest re-anchor first, then other positions, then the tools. A prefix that is surely shorter than the model's minimum
 * gets none. A one-hour marker makes every earlier one a one-hour marker, as vendors demand. Pure.
 */
export function placeMarkers(model: Model, request: CallRequest, limit: number): readonly PlacedMarker[] {
  const rule = model.cacheRule;
  if (rule.kind === 'none' || limit <= 0) return [];
  const longTtlOffered = rule.longTtlMs !== undefined;
  const wanted = request.cacheMarkers.filter((marker) => request.messages[marker.messageIndex] !== undefined);
  const messages = [...new Map(wanted.map((marker) => [marker.messageIndex, marker])).values()]
    .toSorted((a, b) => b.messageIndex - a.messageIndex)
    .map((marker) => ({
      at: { messageIndex: marker.messageIndex },
      longTtl: longTtlOffered && wanted.some((other) => same(other, marker) && other.ttl === '1h'),
      purpose: marker.purpose,
    }));
  const newest = messages.find((marker) => marker.purpose === 'newest') ?? messages[0];
  const reanchor = messages.find((marker) => marker !== newest);
  const rest = messages.filter((marker) => marker !== newest && marker !== reanchor);
  const system = request.system === '' ? undefined : { at: 'system' as const, longTtl: false };
  const tools = request.tools.length === 0 ? undefined : { at: 'tools' as const, longTtl: false };

  const minBytes = rule.minTokens * MIN_BYTES_PER_TOKEN;
  const chosen: PlacedMarker[] = [];
  for (const marker of [newest, system, reanchor, ...rest, tools]) {
    if (marker === undefined || chosen.length === limit) continue;
    if (!prefixReaches(request, marker.at, minBytes)) continue;
    chosen.push({ at: marker.at, longTtl: marker.longTtl });
  }
  return longBeforeShort(chosen.toSorted((a, b) => position(a.at) - position(b.at)));
}

function same(a: { readonly messageIndex: number }, b: { readonly messageIndex: number }): boolean {
  return a.messageIndex === b.messageIndex;
}

function position(at: PlacedMarker['at']): number {
  return at === 'tools' ? -2 : at === 'system' ? -1 : at.messageIndex;
}

function longBeforeShort(markers: readonly PlacedMarker[]): readonly PlacedMarker[] {
  const lastLong = markers.findLastIndex((marker) => marker.longTtl);
  return markers.map((marker, index) => (index <= lastLong ? { ...marker, longTtl: true } : marker));
}

/** Whether the prefix up to `at` has at least `minBytes`; reads no more of the request than it must. */
function prefixReaches(request: CallRequest, at: PlacedMarker['at'], minBytes: number): boolean {
  let bytes = 0;
  for (const tool of request.tools) {
    bytes += Buffer.byteLength(tool.name) + Buffer.byteLength(tool.description);
    if (bytes < minBytes) bytes += Buffer.byteLength(JSON.stringify(tool.inputSchema));
    if (bytes >= minBytes) return true;
  }
  if (at === 'tools') return false;
  bytes += Buffer.byteLength(request.system);
  if (bytes >= minBytes) return true;
  if (at === 'system') return false;
  for (const message of request.messages.slice(0, at.messageIndex + 1)) {
    bytes += Buffer.byteLength(JSON.stringify(message.content));
    if (bytes >= minBytes) return true;
  }
  return false;
}
