import type { FinishReason } from '../../domain/call.ts';
import { ZERO_USAGE, type AnswerContext, type AnswerEncoder } from '../shared/answer-encoder.ts';
import { formatSse } from '../shared/sse.ts';
import type { CodecPart } from '../shared/stream-decoder.ts';
import { TO_GEMINI_FINISH } from './gemini-finish.ts';
import { packEnvelope } from './gemini-signature.ts';
import { usageMetadata } from './gemini-usage.ts';
import type { GeminiPart } from './gemini-wire.ts';

/** How an end that this format has no word for is told beside it. */
const FINISH_MESSAGE: Partial<Readonly<Record<FinishReason, string>>> = { refusal: 'The model refused to answer.' };

/** Answers a `generateContent` caller, in events or as one body. */
export function createGeminiEncoder(context: AnswerContext): AnswerEncoder {
  const writer = new GeminiWriter(context);
  return { push: (part) => writer.push(part), body: () => writer.body() };
}

class GeminiWriter {
  readonly #context: AnswerContext;
  readonly #parts: GeminiPart[] = [];
  /** Another vendor’s state of the newest thought: it rides on the call that the thought led to. */
  #pending: string | undefined;
  readonly #calls = new Map<number, { readonly id: string; readonly name: string }>();
  #reason: FinishReason = 'other';
  #usage = ZERO_USAGE;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(part: CodecPart): string {
    switch (part.type) {
      case 'text-delta':
        return this.#say({ text: part.text });
      case 'thinking-delta':
        return this.#context.includeThoughts ? this.#say({ text: part.text, thought: true }) : '';
      case 'thinking-end': {
        const before = this.#pending === undefined ? '' : this.#say(this.#carrier());
        this.#pending = packEnvelope(this.#context.seal(part.issued));
        return before;
      }
      case 'tool-call-start':
        this.#calls.set(part.index, { id: part.toolCallId, name: part.toolName });
        return '';
      case 'tool-call-end': {
        const call = this.#calls.get(part.index);
        return call === undefined
          ? ''
          : this.#say({ functionCall: { ...call, args: part.input }, ...this.#takePending() });
      }
      case 'finish':
        this.#reason = part.reason;
        this.#usage = part.usage ?? ZERO_USAGE;
        return this.#event([this.#carrier()], true);
      case 'start':
      case 'text-start':
      case 'text-end':
      case 'thinking-start':
      case 'tool-call-delta':
      case 'error':
        return '';
    }
  }

  body(): string {
    return JSON.stringify(this.#response(joined(this.#parts), true));
  }

  #say(part: GeminiPart): string {
    this.#parts.push(part);
    return this.#event([part], false);
  }

  /** Clients take a last chunk for broken whose only part is an empty text: this one says who answered. */
  #carrier(): GeminiPart {
    const { thoughtSignature } = this.#takePending();
    return { text: '', thoughtSignature: thoughtSignature ?? packEnvelope(this.#context.seal(undefined)) };
  }

  #takePending(): Pick<GeminiPart, 'thoughtSignature'> {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending === undefined ? {} : { thoughtSignature: pending };
  }

  #event(parts: readonly GeminiPart[], isLast: boolean): string {
    if (isLast) this.#parts.push(...parts);
    if (!this.#context.isStream) return '';
    return formatSse(undefined, JSON.stringify(this.#response(parts, isLast)));
  }

  #response(parts: readonly GeminiPart[], isLast: boolean): object {
    const message = FINISH_MESSAGE[this.#reason];
    const end = {
      finishReason: TO_GEMINI_FINISH[this.#reason],
      ...(message === undefined ? {} : { finishMessage: message }),
    };
    return {
      candidates: [{ content: { role: 'model', parts }, ...(isLast ? end : {}), index: 0 }],
      ...(isLast && this.#usage !== ZERO_USAGE ? { usageMetadata: usageMetadata(this.#usage) } : {}),
      modelVersion: this.#context.model,
      responseId: this.#context.answerId,
    };
  }
}

/** Pieces of one text or one thought as one part. */
function joined(parts: readonly GeminiPart[]): readonly GeminiPart[] {
  const found: GeminiPart[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    const isPlain = last !== undefined && isText(last) && isText(part) && last.thought === part.thought;
    if (isPlain) found[found.length - 1] = { ...last, text: `${last.text ?? ''}${part.text ?? ''}` };
    else found.push(part);
  }
  return found;
}

function isText(part: GeminiPart): boolean {
  return part.text !== undefined && part.thoughtSignature === undefined;
}
