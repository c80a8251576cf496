import type { FinishReason } from '../../domain/call.ts';
import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';
import { fieldsIn, isFields, listIn, numberIn, textIn, type Fields } from '../shared/fields.ts';
import { frameDecoder, type WireReader } from '../shared/frame-decoder.ts';
import {
  type CodecPart,
  cutStreamError,
  protocolError,
  type StreamDecoder,
  tierPart,
} from '../shared/stream-decoder.ts';
import { GEMINI_FINISH, failureOfFinish } from './gemini-finish.ts';
import { geminiTier, geminiUsage } from './gemini-usage.ts';

/** Reads the chunks of one streamed `generateContent`: each is a whole response with what is new in it. */
export function createGeminiDecoder(model: Model, toolNames: ReadonlyMap<string, string> = new Map()): StreamDecoder {
  return frameDecoder(new GeminiReader(model, toolNames));
}

class GeminiReader implements WireReader {
  readonly #model: Model;
  readonly #toolNames: ReadonlyMap<string, string>;
  #hasStarted = false;
  #nextIndex = 0;
  #open:
    | { readonly kind: 'text' | 'thinking'; readonly index: number; text: string; signature: string | undefined }
    | undefined;
  #callCount = 0;
  #reason: FinishReason | undefined;
  #report: Fields = {};
  #responseId = 'call';

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return geminiUsage(this.#report);
  }

  read(event: unknown): readonly CodecPart[] {
    if (!isFields(event)) throw protocolError('A chunk does not have its documented shape', event);
    const error = fieldsIn(event['error']);
    if (isFields(event['error'])) {
      throw classifyFailure({
        status: numberIn(error['code']),
        code: textIn(error['status']),
        message: textIn(error['message']),
      });
    }
    this.#report = { ...this.#report, ...fieldsIn(event['usageMetadata']) };
    const candidate = fieldsIn(listIn(event['candidates'])[0]);
    const parts = listIn(fieldsIn(candidate['content'])['parts']).map(fieldsIn);
    const said = [...this.#start(event), ...parts.flatMap((part) => this.#part(part))];
    this.#end(textIn(candidate['finishReason']), textIn(candidate['finishMessage']));
    if (textIn(fieldsIn(event['promptFeedback'])['blockReason']) !== undefined) this.#reason = 'content-filter';
    return said;
  }

  end(): readonly CodecPart[] {
    if (this.#reason === undefined) throw cutStreamError();
    const reason = this.#reason === 'stop' && this.#callCount > 0 ? 'tool-calls' : this.#reason;
    return [...this.#close(), { type: 'finish', reason, usage: this.usage(), ...tierPart(geminiTier(this.#report)) }];
  }

  #start(event: Fields): readonly CodecPart[] {
    const responseId = textIn(event['responseId']);
    const isResponse = event['candidates'] !== undefined || event['promptFeedback'] !== undefined;
    if (this.#hasStarted || (responseId === undefined && !isResponse)) return [];
    this.#hasStarted = true;
    this.#responseId = responseId ?? this.#responseId;
    return [{ type: 'start', servedModel: textIn(event['modelVersion']), requestId: responseId }];
  }

  #end(reason: string | undefined, message: string | undefined): void {
    if (reason === undefined) return;
    const failure = failureOfFinish(reason, message);
    if (failure !== undefined) throw failure;
    this.#reason = GEMINI_FINISH[reason] ?? 'other';
  }

  #part(part: Fields): readonly CodecPart[] {
    const signature = textIn(part['thoughtSignature']);
    const call = part['functionCall'];
    if (isFields(call)) return this.#call(call, signature);
    const text = textIn(part['text']);
    if (text !== undefined) return this.#say(part['thought'] === true ? 'thinking' : 'text', text, signature);
    const kind = Object.keys(part).find((name) => name !== 'thoughtSignature');
    if (kind === undefined) return [];
    throw protocolError(`The answer holds a part ${kind}, which cannot be translated`);
  }

  #say(kind: 'text' | 'thinking', text: string, signature: string | undefined): readonly CodecPart[] {
    const parts: CodecPart[] = [];
    // The end of an answer may be an empty text with nothing but a signature: that is no text.
    if (text === '' && this.#open?.kind !== kind) return parts;
    if (this.#open?.kind !== kind) {
      parts.push(...this.#close());
      this.#open = { kind, index: this.#nextIndex, text: '', signature: undefined };
      this.#nextIndex += 1;
      parts.push({ type: `${kind}-start`, index: this.#open.index });
    }
    this.#open.text += text;
    this.#open.signature = signature ?? this.#open.signature;
    if (text !== '') parts.push({ type: `${kind}-delta`, index: this.#open.index, text });
    return parts;
  }

  /** Ends the thought or text that is open: this format does not say where they end. */
  #close(): readonly CodecPart[] {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return [];
    if (open.kind === 'text') return [{ type: 'text-end', index: open.index }];
    const { text, signature, index } = open;
    const wire = { text, thought: true, ...(signature === undefined ? {} : { thoughtSignature: signature }) };
    return [{ type: 'thinking-end', index, issued: this.#issued(wire) }];
  }

  /** A call comes whole, with its signature on it. */
  #call(call: Fields, signature: string | undefined): readonly CodecPart[] {
    const name = textIn(call['name']);
    if (name === undefined) throw protocolError('A function call without a name', call);
    const index = this.#nextIndex;
    this.#nextIndex += 1;
    const toolCallId = textIn(call['id']) ?? `${this.#responseId}-${this.#callCount}`;
    this.#callCount += 1;
    const input = fieldsIn(call['args']) as JsonObject;
    return [
      ...this.#close(),
      { type: 'tool-call-start', index, toolCallId, toolName: this.#toolNames.get(name) ?? name },
      { type: 'tool-call-delta', index, inputJson: JSON.stringify(input) },
      {
        type: 'tool-call-end',
        index,
        input,
        ...(signature === undefined ? {} : { issued: this.#issued({ thoughtSignature: signature }) }),
      },
    ];
  }

  #issued(wire: JsonValue): IssuedState {
    return { by: modelIdentity(this.#model), wire };
  }
}
