import { z } from 'zod';
import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Usage } from '../../domain/usage.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';
import { fieldsIn, type Fields } from '../shared/fields.ts';
import { frameDecoder, namedEvent, type WireReader } from '../shared/frame-decoder.ts';
import {
  type CodecPart,
  cutStreamError,
  protocolError,
  type StreamDecoder,
  tierPart,
} from '../shared/stream-decoder.ts';
import { argumentsText, parseToolInput, ToolArguments } from '../shared/tool-input.ts';
import { anthropicTier, anthropicUsage, mergeAnthropicUsage } from './anthropic-usage-codec.ts';

const usage = z.unknown().optional();
const index = z.number().int().nonnegative();
const events = {
  message_start: z.looseObject({
    message: z.looseObject({ id: z.string().optional(), model: z.string().optional(), usage }),
  }),
  content_block_start: z.looseObject({
    index,
    content_block: z.looseObject({
      type: z.string(),
      id: z.string().optional(),
      name: z.string().optional(),
      text: z.string().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      data: z.string().optional(),
    }),
  }),
  content_block_delta: z.looseObject({
    index,
    delta: z.looseObject({
      type: z.string(),
      text: z.string().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      partial_json: z.string().optional(),
    }),
  }),
  content_block_stop: z.looseObject({ index }),
  message_delta: z.looseObject({
    delta: z.looseObject({ stop_reason: z.string().nullish() }),
    usage,
  }),
  message_stop: z.looseObject({}),
  error: z.looseObject({ error: z.looseObject({ type: z.string().optional(), message: z.string().optional() }) }),
};

type Event<Name extends keyof typeof events> = z.infer<(typeof events)[Name]>;

type Block =
  | { readonly kind: 'text' }
  | { readonly kind: 'thinking'; text: string; signature: string }
  | { readonly kind: 'redacted'; readonly data: string }
  | { readonly kind: 'tool'; readonly args: ToolArguments; readonly startInput: unknown };

export const ANTHROPIC_FINISH: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
};

/** Reads the events of one streamed Messages response. `toolNames` maps names on the wire back to the tools' own. */
export function createAnthropicDecoder(
  model: Model,
  toolNames: ReadonlyMap<string, string> = new Map(),
): StreamDecoder {
  return frameDecoder(new AnthropicReader(model, toolNames));
}

class AnthropicReader implements WireReader {
  readonly #model: Model;
  readonly #toolNames: ReadonlyMap<string, string>;
  readonly #blocks = new Map<number, Block>();
  #report: Fields | undefined;
  #reason: FinishReason | undefined;
  #brokenTool: PointsmanError | undefined;

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return anthropicUsage(this.#report);
  }

  read(event: unknown): readonly CodecPart[] {
    const named = namedEvent(events, event);
    return named === undefined ? [] : this.#read(named.name, named.data);
  }

  end(): readonly CodecPart[] {
    throw cutStreamError();
  }

  #read(name: keyof typeof events, data: unknown): readonly CodecPart[] {
    switch (name) {
      case 'message_start': {
        const { message } = data as Event<'message_start'>;
        this.#report = fieldsIn(message.usage);
        return [{ type: 'start', servedModel: message.model, requestId: message.id }];
      }
      case 'content_block_start':
        return this.#start(data as Event<'content_block_start'>);
      case 'content_block_delta':
        return this.#delta(data as Event<'content_block_delta'>);
      case 'content_block_stop':
        return this.#stop((data as Event<'content_block_stop'>).index);
      case 'message_delta': {
        const { delta, usage: later } = data as Event<'message_delta'>;
        this.#report = mergeAnthropicUsage(this.#report ?? {}, fieldsIn(later));
        if (typeof delta.stop_reason === 'string') this.#reason = ANTHROPIC_FINISH[delta.stop_reason] ?? 'other';
        return [];
      }
      case 'message_stop':
        return this.#finish();
      case 'error': {
        const { error } = data as Event<'error'>;
        throw classifyFailure({ type: error.type, message: error.message });
      }
    }
  }

  #start({ index: at, content_block: block }: Event<'content_block_start'>): readonly CodecPart[] {
    switch (block.type) {
      case 'text':
        this.#blocks.set(at, { kind: 'text' });
        return withText({ type: 'text-start', index: at }, 'text-delta', at, block.text);
      case 'thinking':
        this.#blocks.set(at, { kind: 'thinking', text: block.thinking ?? '', signature: block.signature ?? '' });
        return withText({ type: 'thinking-start', index: at }, 'thinking-delta', at, block.thinking);
      case 'redacted_thinking':
        this.#blocks.set(at, { kind: 'redacted', data: block.data ?? '' });
        return [{ type: 'thinking-start', index: at }];
      case 'tool_use': {
        if (block.id === undefined || block.name === undefined)
          throw protocolError('tool_use without id or name', block);
        this.#blocks.set(at, { kind: 'tool', args: new ToolArguments(), startInput: block['input'] });
        const toolName = this.#toolNames.get(block.name) ?? block.name;
        return [{ type: 'tool-call-start', index: at, toolCallId: block.id, toolName }];
      }
      default:
        return [];
    }
  }

  #delta({ index: at, delta }: Event<'content_block_delta'>): readonly CodecPart[] {
    const block = this.#blocks.get(at);
    if (block === undefined) return [];
    if (block.kind === 'text' && delta.text !== undefined) return [{ type: 'text-delta', index: at, text: delta.text }];
    if (block.kind === 'thinking' && delta.signature !== undefined) block.signature += delta.signature;
    if (block.kind === 'thinking' && delta.thinking !== undefined) {
      block.text += delta.thinking;
      return [{ type: 'thinking-delta', index: at, text: delta.thinking }];
    }
    if (block.kind === 'tool' && delta.partial_json !== undefined && delta.partial_json !== '') {
      const gained = block.args.push(delta.partial_json);
      return gained === '' ? [] : [{ type: 'tool-call-delta', index: at, inputJson: gained }];
    }
    return [];
  }

  #stop(at: number): readonly CodecPart[] {
    const block = this.#blocks.get(at);
    this.#blocks.delete(at);
    if (block === undefined) return [];
    switch (block.kind) {
      case 'text':
        return [{ type: 'text-end', index: at }];
      case 'thinking': {
        const wire = { type: 'thinking', thinking: block.text, signature: block.signature };
        const issued = block.signature === '' ? {} : { issued: { by: modelIdentity(this.#model), wire } };
        return [{ type: 'thinking-end', index: at, ...issued }];
      }
      case 'redacted': {
        const wire = { type: 'redacted_thinking', data: block.data };
        return [{ type: 'thinking-end', index: at, issued: { by: modelIdentity(this.#model), wire } }];
      }
      case 'tool': {
        // Some servers say the whole input where the block begins, and the vendor says an empty one there.
        const late =
          block.args.isEmpty && isFilled(block.startInput) ? block.args.push(argumentsText(block.startInput)) : '';
        const parts: readonly CodecPart[] =
          late === '' ? [] : [{ type: 'tool-call-delta', index: at, inputJson: late }];
        const input = parseToolInput(block.args.json);
        if (input !== undefined) return [...parts, { type: 'tool-call-end', index: at, input }];
        this.#brokenTool = protocolError('The input of a tool call is not a JSON object', block.args.json);
        return parts;
      }
    }
  }

  /** A tool call that was cut by the output limit is left out; one that is broken for no such reason is an error. */
  #finish(): readonly CodecPart[] {
    if (this.#reason === undefined) throw protocolError('message_stop without a stop_reason');
    if (this.#brokenTool !== undefined && this.#reason !== 'length') throw this.#brokenTool;
    return [{ type: 'finish', reason: this.#reason, usage: this.usage(), ...tierPart(anthropicTier(this.#report)) }];
  }
}

function isFilled(input: unknown): boolean {
  return Object.keys(fieldsIn(input)).length > 0;
}

function withText(
  start: CodecPart,
  type: 'text-delta' | 'thinking-delta',
  at: number,
  text: string | undefined,
): readonly CodecPart[] {
  return text === undefined || text === '' ? [start] : [start, { type, index: at, text }];
}
