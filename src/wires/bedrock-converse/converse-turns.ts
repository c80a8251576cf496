import type { Model } from '../../domain/model.ts';
import {
  messageText,
  type AssistantPart,
  type ImagePart,
  type Message,
  type TextPart,
  type ToolResultPart,
  type UserPart,
} from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { mapName } from '../shared/tool-ids.ts';
import { asReminder, mayReceive, OPENED_BY_MODEL, splitUserParts } from '../shared/translate.ts';
import { fitsInResult, writeConverseMedia } from './converse-media.ts';
import { CONVERSE_NAME } from './converse-names.ts';
import type { ConverseBlock, ConverseMedia, ConverseMessage, ConverseText } from './converse-wire.ts';

const HANDED_FILE = 'The user hands this file over.';
/** A result of nothing. */
const EMPTY_RESULT = '(no output)';

export interface ConverseTurns {
  readonly messages: readonly ConverseMessage[];
  /** Neutral message index → the last block that was written of it, behind which a cache point may stand. */
  readonly ends: ReadonlyMap<number, ConverseBlock>;
  readonly losses: readonly TranslationLoss[];
}

/** The turns of a transcript: the user's and the model's in alternation, results right behind their calls. Pure. */
export function encodeTurns(
  model: Model,
  messages: readonly Message[],
  toWire: (name: string) => string,
): ConverseTurns {
  const writer = new TurnsWriter(model, toWire);
  messages.forEach((message, index) => writer.add(message, index));
  writer.flush();
  writer.open();
  return { messages: writer.messages.map(withWords), ends: writer.ends, losses: writer.losses };
}

class TurnsWriter {
  readonly messages: ConverseMessage[] = [];
  readonly ends = new Map<number, ConverseBlock>();
  readonly losses: TranslationLoss[] = [];
  /** System messages that wait until results have followed their calls. */
  #waiting: { readonly index: number; readonly text: string }[] = [];
  #mediaCount = 0;
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
      if (text.trim() !== '') this.#waiting.push({ index, text: asReminder(text) });
    } else if (message.role === 'assistant') {
      this.flush();
      this.#push('assistant', index, this.#modelBlocks(message.content, index));
    } else this.#addUser(message.content, index);
  }

  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { index, text } of waiting) this.#push('user', index, [{ text }]);
  }

  /** A user begins, whoever spoke first. */
  open(): void {
    if (this.messages[0]?.role !== 'assistant') return;
    this.messages.unshift({ role: 'user', content: [{ text: asReminder(OPENED_BY_MODEL) }] });
  }

  #push(role: ConverseMessage['role'], index: number, blocks: readonly ConverseBlock[]): void {
    const end = blocks.at(-1);
    if (end === undefined) return;
    this.ends.set(index, end);
    const last = this.messages.at(-1);
    if (last?.role !== role) this.messages.push({ role, content: blocks });
    else this.messages[this.messages.length - 1] = { role, content: [...last.content, ...blocks] };
  }

  #addUser(content: readonly UserPart[], index: number): void {
    const { results, others } = splitUserParts(content);
    if (results.length === 0) this.flush();
    const answered = results.map((result) => this.#result(result, index));
    const inside = answered.map(({ block }) => block);
    this.#push('user', index, [...inside, ...answered.flatMap(({ beside }) => beside)]);
    this.flush();
    this.#push(
      'user',
      index,
      others.flatMap((part) => this.#shown(part)),
    );
  }

  #result(
    { toolCallId, content, isError }: ToolResultPart,
    messageIndex: number,
  ): { readonly block: ConverseBlock; readonly beside: readonly ConverseBlock[] } {
    const takesMedia = this.#model.requestLimits?.mediaInResults !== 'refused';
    const mayStay = (part: TextPart | ImagePart): boolean => part.type === 'text' || (takesMedia && fitsInResult(part));
    const moved = content.filter((part) => !mayStay(part));
    if (moved.length > 0) this.losses.push({ kind: 'image-moved', messageIndex, toolCallId });
    const shown = content.filter(mayStay).flatMap((part) => this.#shown(part));
    return {
      block: {
        toolResult: {
          toolUseId: mapName(CONVERSE_NAME, toolCallId),
          content: shown.length === 0 ? [{ text: EMPTY_RESULT }] : shown,
          ...(isError ? { status: 'error' as const } : {}),
        },
      },
      beside: moved.flatMap((part) => this.#shown(part)),
    };
  }

  /** Blank texts are refused. */
  #shown(part: TextPart | ImagePart): readonly (ConverseText | ConverseMedia)[] {
    if (part.type === 'text') return part.text.trim() === '' ? [] : [{ text: part.text }];
    this.#mediaCount += 1;
    return [writeConverseMedia(part, this.#mediaCount)];
  }

  #modelBlocks(content: readonly AssistantPart[], messageIndex: number): readonly ConverseBlock[] {
    return content.flatMap((part): readonly ConverseBlock[] => {
      if (part.type === 'text') return part.text.trim() === '' ? [] : [{ text: part.text }];
      const { issued } = part;
      const isMine = issued !== undefined && mayReceive(this.#model, issued);
      if (part.type === 'thinking') {
        if (isMine) return [issued.wire as unknown as ConverseBlock];
        this.losses.push({ kind: 'thinking-dropped', messageIndex, issuedBy: issued?.by });
        return [];
      }
      if (issued !== undefined && !isMine)
        this.losses.push({ kind: 'issued-dropped', messageIndex, issuedBy: issued.by });
      const toolUseId = mapName(CONVERSE_NAME, part.toolCallId);
      return [{ toolUse: { toolUseId, name: this.#toWire(part.toolName), input: part.input } }];
    });
  }
}

/** A document is taken only beside a text. Amazon Bedrock API reference, DocumentBlock, read 2026-11. */
function withWords(message: ConverseMessage): ConverseMessage {
  const { role, content } = message;
  const isMute = content.some((block) => 'document' in block) && !content.some((block) => 'text' in block);
  return isMute ? { role, content: [...content, { text: HANDED_FILE }] } : message;
}
