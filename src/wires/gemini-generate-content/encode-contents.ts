import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import {
  messageText,
  type AssistantPart,
  type ImagePart,
  type Message,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  type UserPart,
} from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { fieldsIn, textIn } from '../shared/fields.ts';
import { asReminder, mayReceive, OPENED_BY_MODEL, splitUserParts } from '../shared/translate.ts';
import { writeMedia } from './gemini-media.ts';
import { FOREIGN_SIGNATURE } from './gemini-signature.ts';
import type { GeminiContent, GeminiPart } from './gemini-wire.ts';

/** The turns of a transcript as contents: results right behind their calls, turns of one side joined. */
export function encodeContents(
  model: Model,
  messages: readonly Message[],
  toWire: (name: string) => string,
): { readonly contents: readonly GeminiContent[]; readonly losses: readonly TranslationLoss[] } {
  const writer = new ContentsWriter(model, toWire);
  messages.forEach((message, index) => writer.add(message, index));
  writer.flush();
  writer.open();
  return writer;
}

class ContentsWriter {
  readonly contents: GeminiContent[] = [];
  readonly losses: TranslationLoss[] = [];
  /** System messages that wait until results have followed their calls. */
  #waiting: string[] = [];
  readonly #model: Model;
  readonly #toWire: (name: string) => string;

  constructor(model: Model, toWire: (name: string) => string) {
    this.#model = model;
    this.#toWire = toWire;
  }

  add(message: Message, index: number): void {
    if (message.role === 'system') {
      this.losses.push({ kind: 'system-folded', messageIndex: index });
      const text = messageText(message);
      if (text !== '') this.#waiting.push(asReminder(text));
    } else if (message.role === 'assistant') {
      this.flush();
      this.#push('model', this.#modelParts(message.content, index));
    } else this.#addUser(message.content, index);
  }

  flush(): void {
    const texts = this.#waiting;
    this.#waiting = [];
    this.#push(
      'user',
      texts.map((text) => ({ text })),
    );
  }

  /** Calls follow a user’s turn: a transcript that begins with them gets one. */
  open(): void {
    const isCall = this.contents[0]?.parts.some((part) => part.functionCall !== undefined) === true;
    if (isCall) this.contents.unshift({ role: 'user', parts: [{ text: asReminder(OPENED_BY_MODEL) }] });
  }

  #push(role: GeminiContent['role'], parts: readonly GeminiPart[]): void {
    if (parts.length === 0) return;
    const last = this.contents.at(-1);
    if (last?.role !== role) this.contents.push({ role, parts });
    else this.contents[this.contents.length - 1] = { role, parts: [...last.parts, ...parts] };
  }

  #addUser(content: readonly UserPart[], index: number): void {
    const { results, others } = splitUserParts(content);
    if (results.length === 0) this.flush();
    const answered = results.map((result) => this.#result(result, index));
    this.#push(
      'user',
      answered.map(({ part }) => part),
    );
    this.#push(
      'user',
      answered.flatMap(({ beside }) => beside),
    );
    this.flush();
    this.#push('user', others.flatMap(userPart));
  }

  /** A result, and what of it must stand beside it where the model takes no media inside. */
  #result(
    { toolCallId, toolName, content, isError }: ToolResultPart,
    messageIndex: number,
  ): { readonly part: GeminiPart; readonly beside: readonly GeminiPart[] } {
    const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
    const media = content.filter((part) => part.type === 'image').map((part) => writeMedia(part) as GeminiPart);
    const isInside = this.#model.requestLimits?.mediaInResults !== 'refused';
    if (media.length > 0 && !isInside) this.losses.push({ kind: 'image-moved', messageIndex, toolCallId });
    return {
      part: {
        functionResponse: {
          id: toolCallId,
          name: this.#toWire(toolName),
          response: { [isError ? 'error' : 'output']: text },
          ...(media.length > 0 && isInside ? { parts: media } : {}),
        },
      },
      beside: isInside ? [] : media,
    };
  }

  #modelParts(content: readonly AssistantPart[], messageIndex: number): readonly GeminiPart[] {
    let hasCall = false;
    return content.flatMap((part): readonly GeminiPart[] => {
      if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
      if (part.type === 'thinking') {
        const { issued } = part;
        if (issued !== undefined && mayReceive(this.#model, issued)) return [issued.wire as unknown as GeminiPart];
        this.losses.push({ kind: 'thinking-dropped', messageIndex, issuedBy: issued?.by });
        return [];
      }
      const call = this.#call(part, messageIndex, !hasCall);
      hasCall = true;
      return [call];
    });
  }

  #call(part: ToolCallPart, messageIndex: number, isFirst: boolean): GeminiPart {
    const { issued } = part;
    const isMine = issued !== undefined && mayReceive(this.#model, issued);
    if (issued !== undefined && !isMine) {
      this.losses.push({ kind: 'issued-dropped', messageIndex, issuedBy: issued.by });
    }
    const own = isMine ? textIn(fieldsIn(issued.wire)['thoughtSignature']) : undefined;
    const isNeeded = isFirst && this.#model.requestLimits?.unsignedCalls === 'refused';
    const signature = own ?? (isNeeded ? FOREIGN_SIGNATURE : undefined);
    return {
      functionCall: { id: part.toolCallId, name: this.#toWire(part.toolName), args: part.input satisfies JsonObject },
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    };
  }
}

function userPart(part: TextPart | ImagePart | ToolResultPart): readonly GeminiPart[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ text: part.text }];
  return part.type === 'image' ? [writeMedia(part)] : [];
}
