import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import {
  messageText,
  type AssistantPart,
  type ImagePart,
  type Message,
  type TextPart,
  type ToolResultPart,
} from '../../domain/transcript.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import type { DialectFacts } from '../openai-shared/dialects.ts';
import type { MarkerPlan } from '../openai-shared/openai-markers.ts';
import { writtenArguments } from '../openai-shared/written-arguments.ts';
import { mapName } from '../shared/tool-ids.ts';
import { ERROR_PREFIX, asReminder, mayReceive, mediaNote, splitUserParts } from '../shared/translate.ts';
import type { ChatMessage, ChatPart, ChatTextPart, ChatToolCall } from './chat-wire.ts';
import { joinThoughts } from './join-thoughts.ts';
import { signatureOf } from './repair-chat.ts';
import {
  type ChatTarget,
  type DraftMessage,
  keepWritten,
  type PlaceBefore,
  writtenBefore,
  type WrittenTranscript,
} from './written-transcript.ts';

/** Writes a transcript. What the last call of it wrote for the same model is taken over as far as nothing has changed. */
export function writeConversation(
  target: ChatTarget,
  messages: readonly Message[],
): { readonly messages: readonly ChatMessage[]; readonly losses: readonly TranslationLoss[] } {
  const conversation = new ChatConversation(target);
  const before = writtenBefore(target, messages);
  if (before !== undefined) conversation.goOn(before.written, before.count);
  conversation.addAll(messages);
  const written = conversation.done();
  keepWritten(target, messages, written);
  return { messages: written.messages, losses: written.losses };
}

/** Builds the messages in order; keeps tool results right behind their calls and system messages behind those. */
class ChatConversation {
  #losses: TranslationLoss[] = [];
  #drafts: DraftMessage[] = [];
  #places: PlaceBefore[] = [];
  /** What an earlier call made of the first drafts. */
  #messages: ChatMessage[] = [];
  #waiting: { readonly index: number; readonly text: string }[] = [];
  #messageIndex = 0;
  readonly #model: Model;
  readonly #facts: DialectFacts;
  readonly #plan: MarkerPlan;
  readonly #toWire: (name: string) => string;

  constructor({ model, facts, plan, toWire }: ChatTarget) {
    this.#model = model;
    this.#facts = facts;
    this.#plan = plan;
    this.#toWire = toWire;
  }

  /** Takes the first `count` neutral messages as they were written before. */
  goOn({ drafts, losses, places, messages }: WrittenTranscript, count: number): void {
    const place = places[count];
    if (place === undefined) return;
    this.#messageIndex = count;
    this.#places = places.slice(0, count);
    this.#drafts = drafts.slice(0, place.draftCount);
    this.#messages = messages.slice(0, place.draftCount);
    this.#losses = losses.slice(0, place.lossCount);
  }

  addAll(messages: readonly Message[]): void {
    for (; this.#messageIndex < messages.length; this.#messageIndex += 1) {
      this.#notePlace();
      const message = messages[this.#messageIndex];
      if (message === undefined) continue;
      if (message.role === 'system') this.#waiting.push({ index: this.#messageIndex, text: messageText(message) });
      else if (message.role === 'assistant') this.#addAssistant(message.content, this.#messageIndex);
      else this.#addUser(message.content, this.#messageIndex);
    }
    this.#notePlace();
    this.#flush();
  }

  done(): WrittenTranscript {
    for (const { role, parts, extra } of this.#drafts.slice(this.#messages.length))
      this.#messages.push({ role, ...this.#content(role, parts, extra), ...extra });
    return { drafts: this.#drafts, messages: this.#messages, losses: this.#losses, places: this.#places };
  }

  #notePlace(): void {
    const [draftCount, lossCount] = [this.#drafts.length, this.#losses.length];
    this.#places.push({ draftCount, lossCount, isOpen: this.#waiting.length > 0 });
  }

  #flush(): void {
    for (const { index, text } of this.#waiting) {
      if (text === '') continue;
      if (this.#facts.native) this.#add('system', [{ type: 'text', text }], index);
      else {
        this.#losses.push({ kind: 'system-folded', messageIndex: index });
        this.#add('user', [{ type: 'text', text: asReminder(text) }], index);
      }
    }
    this.#waiting = [];
  }

  #addUser(content: Extract<Message, { role: 'user' }>['content'], index: number): void {
    const { results, others } = splitUserParts(content);
    if (results.length === 0) this.#flush();
    const moved = results.flatMap((result, at) => {
      const last = at === results.length - 1 && others.length === 0;
      return this.#addResult(result, index, last);
    });
    this.#flush();
    const parts = [...moved, ...others.flatMap((part) => this.#userPart(part, index))];
    if (parts.length > 0) this.#add('user', parts, index);
  }

  /** Returns what the result's message cannot carry: its images, for the user message behind it. */
  #addResult(result: ToolResultPart, messageIndex: number, markable: boolean): readonly ChatPart[] {
    const { toolCallId, isError } = result;
    const texts = result.content.filter((part) => part.type === 'text').map((part) => part.text);
    const images = result.content.filter((part) => part.type === 'image');
    if (isError) this.#losses.push({ kind: 'error-flag-as-text', messageIndex, toolCallId });
    if (images.length > 0) {
      this.#losses.push({ kind: 'image-moved', messageIndex, toolCallId });
      texts.push('[The image follows in the next message.]');
    }
    const text = (isError ? ERROR_PREFIX : '') + texts.join('\n');
    const extra = { tool_call_id: mapName(this.#facts.toolId, toolCallId) };
    this.#add('tool', [{ type: 'text', text }], markable && images.length === 0 ? messageIndex : undefined, extra);
    return images.flatMap((image) => this.#userPart(image, messageIndex));
  }

  #userPart(part: TextPart | ImagePart, messageIndex: number): readonly ChatPart[] {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    const { mediaType, source } = part;
    if (mediaType.startsWith('image/')) {
      const url = source.kind === 'url' ? source.url : `data:${mediaType};base64,${source.data}`;
      return [{ type: 'image_url', image_url: { url } }];
    }
    const reads = this.#model.inputModalities;
    if (mediaType.startsWith('audio/') && source.kind === 'base64' && reads.includes('audio')) {
      const format = mediaType === 'audio/mpeg' ? 'mp3' : mediaType.slice('audio/'.length);
      return [{ type: 'input_audio', input_audio: { data: source.data, format } }];
    }
    if (mediaType.startsWith('video/') && reads.includes('video')) {
      const url = source.kind === 'url' ? source.url : `data:${mediaType};base64,${source.data}`;
      return [{ type: 'video_url', video_url: { url } }];
    }
    if (mediaType === 'application/pdf' && source.kind === 'base64') {
      const file = { filename: 'document.pdf', file_data: `data:${mediaType};base64,${source.data}` };
      return [{ type: 'file', file }];
    }
    this.#losses.push({ kind: 'media-dropped', messageIndex, mediaType });
    return [mediaNote(mediaType)];
  }

  #addAssistant(content: readonly AssistantPart[], messageIndex: number): void {
    this.#flush();
    const parts: ChatTextPart[] = [];
    const calls: ChatToolCall[] = [];
    let thinking: JsonObject = {};
    for (const part of content) {
      if (part.type === 'text' && part.text !== '') parts.push({ type: 'text', text: part.text });
      if (part.type === 'tool-call') calls.push(this.#toolCall(part, messageIndex, calls.length === 0));
      if (part.type !== 'thinking') continue;
      const { issued } = part;
      if (issued !== undefined && mayReceive(this.#model, issued))
        thinking = joinThoughts(thinking, issued.wire as JsonObject);
      else this.#losses.push({ kind: 'thinking-dropped', messageIndex, issuedBy: issued?.by });
    }
    if (parts.length === 0 && calls.length === 0) return;
    const { foreignThought } = this.#facts;
    if (foreignThought !== undefined && calls.length > 0 && Object.keys(thinking).length === 0) {
      thinking = { reasoning_content: foreignThought };
    }
    const extra = { ...thinking, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
    this.#add('assistant', parts, this.#plan.onAssistant ? messageIndex : undefined, extra);
  }

  #toolCall(part: Extract<AssistantPart, { type: 'tool-call' }>, messageIndex: number, isFirst: boolean): ChatToolCall {
    const { issued } = part;
    const mine = issued !== undefined && mayReceive(this.#model, issued);
    if (issued !== undefined && !mine) {
      this.#losses.push({ kind: 'issued-dropped', messageIndex, issuedBy: issued.by });
    }
    const kept = mine ? (issued.wire as JsonObject) : {};
    const written = kept['arguments'];
    const extra = kept['extra_content'] ?? (isFirst ? signatureOf(this.#facts) : undefined);
    return {
      id: mapName(this.#facts.toolId, part.toolCallId),
      type: 'function',
      function: {
        name: this.#toWire(part.toolName),
        arguments: typeof written === 'string' ? written : writtenArguments(part.input),
      },
      ...(extra === undefined ? {} : { extra_content: extra as JsonObject }),
    };
  }

  /** `markedAs`: the neutral message that ends with this one, when a marker may sit here. */
  #add(
    role: DraftMessage['role'],
    parts: readonly ChatPart[],
    markedAs: number | undefined,
    extra: Partial<ChatMessage> = {},
  ): void {
    const field = markedAs === undefined ? undefined : this.#plan.messages.get(markedAs);
    const marked =
      field === undefined ? parts : [...parts.slice(0, -1), ...parts.slice(-1).map((p) => ({ ...p, ...field }))];
    const place = { wroteAt: this.#messageIndex };
    const last = this.#drafts.at(-1);
    // Calls whose results are yet to come are all of one turn, however many it was written in.
    const joins = role === 'assistant' ? last?.extra.tool_calls !== undefined : role === 'user' && !this.#facts.native;
    if (joins && last?.role === role) {
      const calls = [...(last.extra.tool_calls ?? []), ...(extra.tool_calls ?? [])];
      const all = { ...last.extra, ...extra, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
      this.#drafts[this.#drafts.length - 1] = { role, ...place, parts: [...last.parts, ...marked], extra: all };
      this.#messages.splice(this.#drafts.length - 1);
    } else this.#drafts.push({ role, parts: marked, extra, ...place });
  }

  /** Plain text as a string where nothing is marked: what every server of this wire understands. */
  #content(
    role: DraftMessage['role'],
    parts: readonly ChatPart[],
    extra: Partial<ChatMessage>,
  ): Pick<ChatMessage, 'content'> {
    if (parts.length === 0)
      return role === 'assistant' && extra.tool_calls !== undefined ? { content: null } : { content: '' };
    const [first] = parts;
    if (parts.length === 1 && first?.type === 'text' && isPlain(first)) return { content: first.text };
    const plain = parts.filter(isPlain);
    if (plain.length < parts.length) return { content: parts };
    const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
    return parts.length === 1 || !this.#facts.native ? { content: texts.join('\n') } : { content: parts };
  }
}

function isPlain(part: ChatPart): boolean {
  return part.type === 'text' && Object.keys(part).length === 2;
}
