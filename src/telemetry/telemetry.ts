import type { At, Ms } from '../domain/time.ts';
import type { InstrumentName } from './names.ts';
import type { TraceParent } from './trace-context.ts';

/** By name of `names.ts`; what is `undefined` is left out. No words of a prompt, an answer or a tool. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** One span that is over. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** `isRemote`: another process's. Absent: it is the root of its trace. */
  readonly parent?: (TraceParent & { readonly isRemote: boolean }) | undefined;
  readonly name: string;
  readonly kind: 'client' | 'server' | 'internal';
  readonly startedAt: At;
  readonly durationMs: Ms;
  readonly attributes: Attributes;
  /** Low in cardinality, such as an error's code. Absent: nothing failed. */
  readonly errorType?: string | undefined;
}

/**
 * Where spans and figures go. Nothing here waits, throws or says anything about a collector that is slow or gone, but once in a
 * while to the log: what cannot be kept is dropped.
 */
export interface Telemetry {
  span(span: FinishedSpan): void;
  record(instrument: InstrumentName, value: number, attributes: Attributes): void;
  /** Whether a span of that trace would be kept. */
  isSampled(traceId: string, parent: TraceParent | undefined): boolean;
  /** Whether the context of a trace may be handed on. */
  readonly propagates: boolean;
  /** Sends what is held, for a moment and no longer, and ends. */
  close(): Promise<void>;
}
