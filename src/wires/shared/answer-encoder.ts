import type { IssuedState } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import type { ToolForm } from './inbound-call.ts';
import type { CodecPart } from './stream-decoder.ts';

/** Says in the caller's wire format what another vendor's model answered. One encoder per answer. */
export interface AnswerEncoder {
  /** What the stream gains by this part; empty where the format has no word for it. */
  push(part: CodecPart): string;
  /** The whole answer as one body, for callers that did not ask for a stream. */
  body(): string;
}

export interface AnswerContext {
  /** Unique per answer; letters, digits and underscores. */
  readonly answerId: string;
  readonly createdAtSeconds: number;
  /** What the body says answered. */
  readonly model: string;
  readonly toolForms: ReadonlyMap<string, ToolForm>;
  readonly includeUsage: boolean;
  /** False: the caller takes one body, and nothing is written for the parts it is made of. */
  readonly isStream: boolean;
  readonly includeThoughts: boolean;
  /** Vendor-bound state in an envelope that this caller carries back unread. */
  readonly seal: (issued: IssuedState | undefined) => string;
}

export const ZERO_USAGE: Usage = {
  uncachedTokens: 0,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  cacheWrite1hTokens: undefined,
  outputTokens: 0,
  reasoningTokens: undefined,
};
