import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import { finishIn } from '../shared/answer-tap.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';
import { fieldsIn, isFields, numberIn, textIn, type Fields } from '../shared/fields.ts';
import { frameDecoder, type WireReader } from '../shared/frame-decoder.ts';
import { cutStreamError, protocolError, type CodecPart, type StreamDecoder } from '../shared/stream-decoder.ts';
import { argumentsText, parseToolInput, ToolArguments } from '../shared/tool-input.ts';
import { CONVERSE_FINISH, failureOfStop } from './converse-finish.ts';
import { converseUsage } from './converse-usage.ts';

/** Reads the events of one ConverseStream, each an object of one field, which is its name. */
export function createConverseDecoder(model: Model, toolNames: ReadonlyMap<string, string> = new Map()): StreamDecoder {
  return frameDecoder(new ConverseReader(model, toolNames));
}

type OpenBlock =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking'; text: string; signature: string; redacted: string }
  | { readonly kind: 'tool-call'; readonly input: ToolArguments };

class ConverseReader implements WireReader {
  readonly #model: Model;
  readonly #toolNames: ReadonlyMap<string, string>;
  #hasStarted = false;
  readonly #open = new Map<number, OpenBlock>();
  #callCount = 0;
  #reason: FinishReason | undefined;
  #report: unknown;
  #brokenTool: PointsmanError | undefined;

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return converseUsage(this.#report);
  }

  read(event: unknown): readonly CodecPart[] {
    if (!isFields(event)) throw protocolError('An event does not have its documented shape', event);
    const error = event['error'];
    if (isFields(error)) throw classifyFailure({ type: textIn(error['type']), message: textIn(error['message']) });
    const parts: CodecPart[] = [];
    for (const [name, value] of Object.entries(event)) parts.push(...this.#event(name, fieldsIn(value)));
    return parts;
  }

  /** A tool call that was cut by the output limit is left out; one that is broken for no such reason is an error. */
  end(): readonly CodecPart[] {
    if (this.#reason === undefined) throw cutStreamError();
    const reason = this.#reason === 'stop' && this.#callCount > 0 ? 'tool-calls' : this.#reason;
    const left = [...this.#open.keys()].flatMap((index) => this.#stop(index));
    if (this.#brokenTool !== undefined && reason !== 'length') throw this.#brokenTool;
    return [...left, { type: 'finish', reason, usage: this.usage() }];
  }

  #event(name: string, data: Fields): readonly CodecPart[] {
    const index = numberIn(data['contentBlockIndex']) ?? 0;
    switch (name) {
      case 'messageStart':
        return this.#start();
      case 'contentBlockStart':
        return [...this.#start(), ...this.#startBlock(index, fieldsIn(data['start']))];
      case 'contentBlockDelta':
        return [...this.#start(), ...this.#delta(index, fieldsIn(data['delta']))];
      case 'contentBlockStop':
        return this.#stop(index);
      case 'messageStop': {
        const reason = textIn(data['stopReason']) ?? '';
        const failure = failureOfStop(reason);
        if (failure !== undefined) throw failure;
        this.#reason = finishIn(CONVERSE_FINISH, reason) ?? 'other';
        return [];
      }
      case 'metadata':
        this.#report = data['usage'];
        return [];
      default:
        return [];
    }
  }

  /** It does not say which model answers: that stands in the address. */
  #start(): readonly CodecPart[] {
    if (this.#hasStarted) return [];
    this.#hasStarted = true;
    return [{ type: 'start', servedModel: undefined, requestId: undefined }];
  }

  #startBlock(index: number, start: Fields): readonly CodecPart[] {
    const call = start['toolUse'];
    if (!isFields(call)) {
      const kind = Object.keys(start)[0];
      if (kind === undefined) return [];
      throw protocolError(`The answer holds a block ${kind}, which cannot be translated`);
    }
    const name = textIn(call['name']);
    const toolCallId = textIn(call['toolUseId']);
    if (name === undefined || toolCallId === undefined) throw protocolError('A tool call without its name or id', call);
    this.#callCount += 1;
    this.#open.set(index, { kind: 'tool-call', input: new ToolArguments() });
    return [{ type: 'tool-call-start', index, toolCallId, toolName: this.#toolNames.get(name) ?? name }];
  }

  #delta(index: number, delta: Fields): readonly CodecPart[] {
    const text = textIn(delta['text']);
    if (text !== undefined) return this.#say(index, text);
    if (isFields(delta['reasoningContent'])) return this.#think(index, delta['reasoningContent']);
    if (isFields(delta['toolUse'])) return this.#argue(index, argumentsText(delta['toolUse']['input']));
    const kind = Object.keys(delta)[0];
    // Sources of what is said beside it.
    if (kind === undefined || kind === 'citation') return [];
    throw protocolError(`The answer holds a part ${kind}, which cannot be translated`);
  }

  #say(index: number, text: string): readonly CodecPart[] {
    const isNew = !this.#open.has(index);
    if (isNew && text === '') return [];
    if (isNew) this.#open.set(index, { kind: 'text' });
    return [
      ...(isNew ? [{ type: 'text-start', index } as const] : []),
      ...(text === '' ? [] : [{ type: 'text-delta', index, text } as const]),
    ];
  }

  #think(index: number, piece: Fields): readonly CodecPart[] {
    const known = this.#open.get(index);
    const block =
      known?.kind === 'thinking' ? known : { kind: 'thinking' as const, text: '', signature: '', redacted: '' };
    if (block !== known) this.#open.set(index, block);
    const text = textIn(piece['text']) ?? '';
    block.text += text;
    block.signature += textIn(piece['signature']) ?? '';
    block.redacted += textIn(piece['redactedContent']) ?? '';
    return [
      ...(block === known ? [] : [{ type: 'thinking-start', index } as const]),
      ...(text === '' ? [] : [{ type: 'thinking-delta', index, text } as const]),
    ];
  }

  #argue(index: number, piece: string): readonly CodecPart[] {
    const block = this.#open.get(index);
    if (block?.kind !== 'tool-call') throw protocolError('Arguments of a tool call that has not begun');
    const inputJson = block.input.push(piece);
    return inputJson === '' ? [] : [{ type: 'tool-call-delta', index, inputJson }];
  }

  #stop(index: number): readonly CodecPart[] {
    const block = this.#open.get(index);
    this.#open.delete(index);
    switch (block?.kind) {
      case undefined:
        return [];
      case 'text':
        return [{ type: 'text-end', index }];
      case 'thinking':
        return [{ type: 'thinking-end', index, issued: this.#issued(block) }];
      case 'tool-call': {
        const input = parseToolInput(block.input.json);
        if (input !== undefined) return [{ type: 'tool-call-end', index, input }];
        this.#brokenTool = protocolError('The input of a tool call is not a JSON object', block.input.json);
        return [];
      }
    }
  }

  #issued({ text, signature, redacted }: Extract<OpenBlock, { kind: 'thinking' }>): IssuedState {
    const said: JsonObject =
      redacted === ''
        ? { reasoningText: { text, ...(signature === '' ? {} : { signature }) } }
        : { redactedContent: redacted };
    return { by: modelIdentity(this.#model), wire: { reasoningContent: said } };
  }
}
