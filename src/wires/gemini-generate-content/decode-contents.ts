import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type {
  AssistantPart,
  ImagePart,
  IssuedState,
  Message,
  TextPart,
  ToolResultPart,
  UserPart,
} from '../../domain/transcript.ts';
import { fieldsIn, isFields, textIn, type Fields } from '../shared/fields.ts';
import {
  noteUnknown,
  noteVendorState,
  type DecodeNotes,
  type InboundCall,
  type IssuedReader,
} from '../shared/inbound-call.ts';
import { at, bothSpellings, manyIn } from './gemini-fields.ts';
import { readMedia } from './gemini-media.ts';
import { FOREIGN_SIGNATURE, isBareSignature, unpackSignature } from './gemini-signature.ts';

/** Says more of a part than other interfaces have words for. */
const PART_OPTIONS = ['videoMetadata', 'mediaResolution', 'mediaProcessing', 'partMetadata', 'speechMetadata'] as const;

/** `function` is what turns of results were called at first. */
const ROLES: ReadonlySet<unknown> = new Set(['user', 'USER', 'function', 'model']);
const KNOWN_TURN = new Set(['role', 'parts']);
const KNOWN_PART = bothSpellings(
  `text inlineData fileData functionCall functionResponse thought thoughtSignature ${PART_OPTIONS.join(' ')}`,
);
const KNOWN_CALL = new Set(['id', 'name', 'args']);
const KNOWN_RESULT = bothSpellings('id name response parts willContinue scheduling');

/** Turns of a transcript in order, with the ids that tell its calls apart. */
export function decodeContents(
  contents: readonly unknown[],
  notes: DecodeNotes,
  readIssued: IssuedReader,
): Pick<InboundCall, 'messages' | 'messageEnds'> {
  const reader = new ContentsReader(notes, readIssued);
  const messageEnds = contents.map((content, index) => reader.add(fieldsIn(content), index));
  return { messages: reader.messages, messageEnds };
}

class ContentsReader {
  readonly messages: Message[] = [];
  /** Calls that wait for their results, oldest first: this format may leave their ids out and go by name and order. */
  #open: { readonly id: string; readonly name: string }[] = [];
  readonly #notes: DecodeNotes;
  readonly #readIssued: IssuedReader;

  constructor(notes: DecodeNotes, readIssued: IssuedReader) {
    this.#notes = notes;
    this.#readIssued = readIssued;
  }

  /** Returns the index of the last message that the content is part of. */
  add(content: Fields, index: number): number {
    const parts = manyIn(content['parts']).map(fieldsIn);
    this.#noteTurn(content);
    for (const part of parts) {
      noteUnknown(part, KNOWN_PART, 'gemini.unknown', this.#notes);
      if (PART_OPTIONS.some((name) => at(part, name) !== undefined)) this.#notes.losses.add('gemini.media_options');
    }
    if (content['role'] === 'model') {
      this.messages.push({ role: 'assistant', content: this.#assistantParts(parts, index) });
    } else this.#addUser(parts.flatMap((part) => this.#userParts(part)));
    return this.messages.length - 1;
  }

  #noteTurn(content: Fields): void {
    noteUnknown(content, KNOWN_TURN, 'gemini.unknown', this.#notes);
    const { role } = content;
    if (role !== undefined && role !== null && !ROLES.has(role)) {
      this.#notes.bounds.push(`a turn of the role ${JSON.stringify(role)}`);
    }
  }

  /** Results of one round may come one by one; vendors that pair them want them together. */
  #addUser(parts: readonly UserPart[]): void {
    const last = this.messages.at(-1);
    const areResults = (given: readonly UserPart[]): boolean =>
      given.length > 0 && given.every((part) => part.type === 'tool-result');
    if (last?.role === 'user' && areResults(last.content) && areResults(parts)) {
      this.messages[this.messages.length - 1] = { role: 'user', content: [...last.content, ...parts] };
    } else this.messages.push({ role: 'user', content: parts });
  }

  #assistantParts(parts: readonly Fields[], index: number): readonly AssistantPart[] {
    const said: AssistantPart[] = [];
    parts.forEach((part, place) => {
      const state = this.#stateOf(part);
      if (state?.kind === 'envelope') insertThought(said, state.issued);
      const own = state?.kind === 'native' ? state.issued : undefined;
      const call = at(part, 'functionCall');
      if (part['thought'] === true) {
        this.#notes.losses.add('gemini.thought');
        if (state?.kind !== 'envelope') said.push(thoughtOf(part, own));
      } else if (isFields(call)) said.push(this.#call(call, `call_${index}_${place}`, own));
      else said.push(...this.#words(part));
    });
    return said;
  }

  #words(part: Fields): readonly AssistantPart[] {
    const text = textIn(part['text']);
    if (text === undefined && !isBareSignature(part))
      noteVendorState(this.#notes, `${nameOfPart(part)} in a turn of the model`);
    return text === undefined || text === '' ? [] : [{ type: 'text', text }];
  }

  #call(call: Fields, fallbackId: string, issued: IssuedState | undefined): AssistantPart {
    noteUnknown(call, KNOWN_CALL, 'gemini.unknown', this.#notes);
    const toolName = textIn(call['name']) ?? '';
    const toolCallId = textIn(call['id']) ?? fallbackId;
    this.#open.push({ id: toolCallId, name: toolName });
    // Of the part only its signature is state: name and arguments are written anew.
    const signature = textIn(fieldsIn(issued?.wire)['thoughtSignature'] ?? fieldsIn(issued?.wire)['thought_signature']);
    return {
      type: 'tool-call',
      toolCallId,
      toolName,
      input: fieldsIn(call['args']) as JsonObject,
      ...(issued === undefined || signature === undefined
        ? {}
        : { issued: { by: issued.by, wire: { thoughtSignature: signature } } }),
    };
  }

  /** What a part’s signature stands for: an envelope of ours with another vendor’s state, or its own vendor’s. */
  #stateOf(
    part: Fields,
  ): { readonly kind: 'envelope' | 'native'; readonly issued: IssuedState | undefined } | undefined {
    const signature = textIn(at(part, 'thoughtSignature'));
    if (signature === undefined || signature === FOREIGN_SIGNATURE) return undefined;
    const unpacked = unpackSignature(signature);
    const issued = this.#readIssued(unpacked, part as JsonValue);
    return { kind: unpacked === signature ? 'native' : 'envelope', issued };
  }

  #userParts(part: Fields): readonly UserPart[] {
    const response = at(part, 'functionResponse');
    if (isFields(response)) return [this.#result(response)];
    return this.#shown(part);
  }

  #shown(part: Fields): readonly (TextPart | ImagePart)[] {
    const text = textIn(part['text']);
    if (text !== undefined) return [{ type: 'text', text }];
    const media = readMedia(part);
    if (typeof media === 'object') return [media];
    const what =
      media === 'vendor-file' ? 'a file by its fileUri, which points into its vendor’s store' : nameOfPart(part);
    noteVendorState(this.#notes, media === 'vendor-file' ? what : `${what} in the transcript`);
    return [];
  }

  #result(response: Fields): ToolResultPart {
    noteUnknown(response, KNOWN_RESULT, 'gemini.unknown', this.#notes);
    const toolName = textIn(response['name']) ?? '';
    const given = textIn(response['id']);
    const place = this.#open.findIndex((call) => (given === undefined ? call.name === toolName : call.id === given));
    const [call] = place < 0 ? [] : this.#open.splice(place, 1);
    for (const field of ['willContinue', 'scheduling']) {
      if (at(response, field) !== undefined) this.#notes.losses.add('gemini.async_tools');
    }
    const { text, isError } = readResult(fieldsIn(response['response']));
    const shown = manyIn(response['parts']).flatMap((part) => this.#shown(fieldsIn(part)));
    return {
      type: 'tool-result',
      toolCallId: given ?? call?.id ?? `call_${toolName}`,
      toolName: call?.name ?? toolName,
      content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...shown],
      isError,
    };
  }
}

function thoughtOf(part: Fields, issued: IssuedState | undefined): AssistantPart {
  const text = textIn(part['text']) ?? '';
  return issued === undefined ? { type: 'thinking', text } : { type: 'thinking', text, issued };
}

/** `output` alone is what a tool said, `error` alone how it failed; anything else is said as it stands. */
function readResult(response: Fields): { readonly text: string; readonly isError: boolean } {
  const keys = Object.keys(response);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only !== 'output' && only !== 'error') {
    return { text: keys.length === 0 ? '' : JSON.stringify(response), isError: false };
  }
  const value = response[only];
  return { text: textIn(value) ?? JSON.stringify(value), isError: only === 'error' };
}

/**
 * Another vendor’s thought travels on the call that it led to, as this format’s own state does: it was thought before the
 * words that stand there.
 */
function insertThought(said: AssistantPart[], issued: IssuedState | undefined): void {
  if (issued === undefined) return;
  const before = said.findLastIndex((part) => part.type !== 'text') + 1;
  said.splice(before, 0, { type: 'thinking', text: '', issued });
}

function nameOfPart(part: Fields): string {
  return `a part ${Object.keys(part)[0] ?? 'without content'}`;
}
