import type { ModelId } from './ids.ts';
import type { Effort } from './step.ts';
import type { Tokens } from './time.ts';

/**
 * What a request lost on its way into one vendor's form. Everything that is not listed arrived. `messageIndex` counts in
 * `CallRequest.messages`.
 */
export type TranslationLoss =
  /** Thinking that another model issued; its text stays in the transcript but is not sent. */
  | { readonly kind: 'thinking-dropped'; readonly messageIndex: number; readonly issuedBy: ModelId | undefined }
  /** Thinking is off for this call: the vendor wants its own signed thinking in an open tool loop, or forbids it here. */
  | { readonly kind: 'thinking-paused'; readonly why: 'foreign-tool-loop' | 'forced-tool' }
  /** Vendor state on a tool call of another model. */
  | { readonly kind: 'issued-dropped'; readonly messageIndex: number; readonly issuedBy: ModelId }
  /** The wire has no flag for a failed tool; the result's text says it instead. */
  | { readonly kind: 'error-flag-as-text'; readonly messageIndex: number; readonly toolCallId: string }
  /** An image of a tool result, sent in the user message after it. */
  | { readonly kind: 'image-moved'; readonly messageIndex: number; readonly toolCallId: string }
  /** Media that the wire cannot carry, replaced by a line of text. */
  | { readonly kind: 'media-dropped'; readonly messageIndex: number; readonly mediaType: string }
  /** A system message in mid-conversation, sent as a reminder in the user's turn. */
  | { readonly kind: 'system-folded'; readonly messageIndex: number }
  /** `to` is what was sent; `undefined`: the model takes no effort. */
  | { readonly kind: 'effort-changed'; readonly from: Effort; readonly to: Effort | undefined }
  /** The model has no structured output: the schema is a sentence in the system prompt. */
  | { readonly kind: 'schema-as-text' }
  /** A tool was forced, which the model refuses: it may choose. */
  | { readonly kind: 'tool-choice-relaxed' }
  /** Asked for more than the model may write. */
  | { readonly kind: 'output-capped'; readonly fromTokens: Tokens; readonly toTokens: Tokens };
