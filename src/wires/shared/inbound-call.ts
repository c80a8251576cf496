import type { CacheMarker, ResponseSchema, Verbosity } from '../../domain/call.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { Wire } from '../../domain/model.ts';
import type { Effort } from '../../domain/step.ts';
import type { Message, IssuedState, ToolSpec } from '../../domain/transcript.ts';
import type { Fields } from './fields.ts';
import type { LossId } from './lossy-fields.ts';

/** A caller's request in no vendor's form, with what the neutral `CallRequest` has no word for beside it. */
export interface InboundCall {
  readonly wire: Wire;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
  /** For each message or item of the caller's transcript, the last of `messages` that it is part of; −1: in `system`. */
  readonly messageEnds: readonly number[];
  readonly maxOutputTokens: number | undefined;
  readonly effort: Effort | undefined;
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly tool: string } | undefined;
  readonly responseSchema: ResponseSchema | undefined;
  /** One JSON object of any shape is wanted. */
  readonly isJsonAnswer: boolean;
  readonly verbosity: Verbosity | undefined;
  /** Fields that only OpenAI's two formats have, alike in both. */
  readonly openaiFields: JsonObject;
  readonly cacheMarkers: readonly CacheMarker[];
  readonly sampling: Sampling;
  /** How a tool that other vendors know only as a function must look when this caller gets it back. */
  readonly toolForms: ReadonlyMap<string, ToolForm>;
  /** Rows of the loss table that apply when the call leaves its wire format. */
  readonly losses: ReadonlySet<LossId>;
  /** What only the wire format that it was written in can say, each in words that name it; empty: all can be translated. */
  readonly bounds: readonly string[];
  /** Part of it lies at a vendor: only that endpoint can take the call. */
  readonly isBoundToVendor: boolean;
  /** The caller wants usage in the stream's last chunk (OpenAI Chat only). */
  readonly includeUsage: boolean;
  /** The caller wants to see what a model thought. */
  readonly includeThoughts: boolean;
}

export interface Sampling {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly stop: readonly string[];
  readonly parallelToolCalls: boolean | undefined;
}

export type ToolForm =
  | { readonly kind: 'custom'; readonly name: string }
  /** OpenAI Chat before tools: one call at a time, without an id. */
  | { readonly kind: 'older-function' }
  | { readonly kind: 'namespaced'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'tool-search' };

/** Says who issued a piece of vendor-bound state; `undefined` when nobody here knows. */
export type IssuedReader = (signature: string, wire: JsonValue) => IssuedState | undefined;

/** Collects what a decoder finds on its way. */
export interface DecodeNotes {
  readonly losses: Set<LossId>;
  readonly toolForms: Map<string, ToolForm>;
  readonly bounds: string[];
  isBoundToVendor: boolean;
}

/** Notes `loss` when a body holds a field that the translator does not know. */
export function noteUnknown(body: Fields, known: ReadonlySet<string>, loss: LossId, notes: DecodeNotes): void {
  for (const [name, value] of Object.entries(body)) {
    if (!known.has(name) && value !== undefined && value !== null) notes.losses.add(loss);
  }
}

export function createNotes(): DecodeNotes {
  return { losses: new Set(), toolForms: new Map(), bounds: [], isBoundToVendor: false };
}

/** Notes a part of the call that lies in a vendor's store, or that only its vendor can read. */
export function noteVendorState(notes: DecodeNotes, what: string): void {
  notes.bounds.push(what);
  notes.isBoundToVendor = true;
}

/**
 * Tools that the vendor runs have no counterpart elsewhere. Beside others they are left out, which is told; a call that
 * offers nothing else, or forces one of them, is about them, and cannot be answered without.
 */
export function noteRemovedTools(
  notes: DecodeNotes,
  removed: readonly string[],
  call: { readonly kept: number; readonly forced: unknown },
): void {
  const needed = removed.filter((name) => name !== '' && (call.kept === 0 || name === call.forced));
  for (const name of needed) notes.bounds.push(`the tool ${name}, which runs on its vendor’s servers`);
}
