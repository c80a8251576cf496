import { z } from 'zod';
import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import type { MintedState } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import { classifyFailure } from '../shared/classify-error.ts';
import { frameDecoder, type WireReader } from '../shared/frame-decoder.ts';
import { chatUsage } from '../shared/openai-usage-codec.ts';
import { cutStreamError, protocolError, type CodecPart, type StreamDecoder } from '../shared/stream-decoder.ts';
import { parseToolInput } from '../shared/tool-input.ts';
import type { ChatUsage } from './chat-wire.ts';

const count = z.number().nullish();
const chunkSchema = z.looseObject({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.looseObject({
        delta: z
          .looseObject({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            reasoning: z.string().nullish(),
            reasoning_details: z.array(z.record(z.string(), z.json())).nullish(),
            tool_calls: z
              .array(
                z.looseObject({
                  index: z.number().int().nonnegative().nullish(),
                  id: z.string().nullish(),
                  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
                  extra_content: z.record(z.string(), z.json()).nullish(),
                }),
              )
              .nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .looseObject({
      prompt_tokens: count,
      completion_tokens: count,
      cached_tokens: count,
      prompt_cache_hit_tokens: count,
      prompt_cache_miss_tokens: count,
      prompt_tokens_details: z.looseObject({ cached_tokens: count, cache_write_tokens: count }).nullish(),
      completion_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
    })
    .nullish(),
  error: z.looseObject({ message: z.string().nullish(), type: z.string().nullish(), code: z.unknown() }).nullish(),
});

type Chunk = z.infer<typeof chunkSchema>;
type Delta = NonNullable<NonNullable<NonNullable<Chunk['choices']>[number]>['delta']>;
type ToolDelta = NonNullable<Delta['tool_calls']>[number];

interface OpenTool {
  readonly index: number;
  readonly id: string;
  json: string;
  extra: JsonObject | undefined;
}

const FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'content-filter',
};

/** Reads the chunks of one streamed Chat Completions response, of OpenAI or of any of its relatives. */
export function createChatDecoder(model: Model, toolNames: ReadonlyMap<string, string> = new Map()): StreamDecoder {
  return frameDecoder(new ChatReader(model, toolNames));
}

class ChatReader implements WireReader {
  readonly #model: Model;
  readonly #toolNames: ReadonlyMap<string, string>;
  readonly #tools: OpenTool[] = [];
  /** Position on the wire → the call that is being written there. */
  readonly #toolAt = new Map<number, OpenTool>();
  #started = false;
  #nextIndex = 0;
  #textIndex: number | undefined;
  #thinking: { readonly index: number; text: string; field: string; details: JsonObject[] } | undefined;
  #refused = false;
  #reason: FinishReason | undefined;
  #usage: ChatUsage | undefined;
  #responseId = 'call';

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return this.#usage === undefined ? undefined : chatUsage(this.#usage);
  }

  read(event: unknown): readonly CodecPart[] {
    const parsed = chunkSchema.safeParse(event);
    if (!parsed.success) throw protocolError('A chunk does not have its documented shape', event);
    const { error } = parsed.data;
    if (error !== undefined && error !== null) throw fromErrorChunk(error);
    return [...this.#start(parsed.data), ...this.#read(parsed.data)];
  }

  end(): readonly CodecPart[] {
    if (this.#reason === undefined) throw cutStreamError();
    const parts = [...this.#closeProse(), ...this.#closeTools(this.#reason)];
    return [...parts, { type: 'finish', reason: this.#finishReason(this.#reason), usage: this.usage() }];
  }

  /** Some servers say `stop` though they call tools. */
  #finishReason(said: FinishReason): FinishReason {
    if (this.#refused) return 'refusal';
    return said === 'stop' && this.#tools.length > 0 ? 'tool-calls' : said;
  }

  #start(chunk: Chunk): readonly CodecPart[] {
    if (this.#started || (chunk.id ?? chunk.model ?? chunk.choices ?? undefined) === undefined) return [];
    this.#started = true;
    this.#responseId = chunk.id ?? this.#responseId;
    return [{ type: 'start', servedModel: chunk.model ?? undefined, requestId: chunk.id ?? undefined }];
  }

  #read(chunk: Chunk): readonly CodecPart[] {
    if (chunk.usage !== undefined && chunk.usage !== null) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (choice === undefined) return [];
    const parts = choice.delta === undefined || choice.delta === null ? [] : this.#delta(choice.delta);
    if (typeof choice.finish_reason === 'string') this.#reason = FINISH[choice.finish_reason] ?? 'other';
    return parts;
  }

  #delta(delta: Delta): readonly CodecPart[] {
    const field = typeof delta.reasoning_content === 'string' ? 'reasoning_content' : 'reasoning';
    const thought = delta.reasoning_content ?? delta.reasoning ?? '';
    const refusal = delta.refusal ?? '';
    if (refusal !== '') this.#refused = true;
    return [
      ...this.#think(thought, field, delta.reasoning_details ?? []),
      ...this.#say((delta.content ?? '') + refusal),
      ...(delta.tool_calls ?? []).flatMap((call) => this.#callTool(call)),
    ];
  }

  #think(text: string, field: string, details: readonly JsonObject[]): readonly CodecPart[] {
    if (text === '' && details.length === 0) return [];
    const parts: CodecPart[] = [];
    if (this.#thinking === undefined) {
      parts.push(...this.#closeProse());
      this.#thinking = { index: this.#nextIndex, text: '', field, details: [] };
      this.#nextIndex += 1;
      parts.push({ type: 'thinking-start', index: this.#thinking.index });
    }
    this.#thinking.text += text;
    this.#thinking.details.push(...details);
    if (text !== '') parts.push({ type: 'thinking-delta', index: this.#thinking.index, text });
    return parts;
  }

  #say(text: string): readonly CodecPart[] {
    if (text === '') return [];
    const parts: CodecPart[] = [];
    if (this.#textIndex === undefined) {
      parts.push(...this.#closeProse());
      this.#textIndex = this.#nextIndex;
      this.#nextIndex += 1;
      parts.push({ type: 'text-start', index: this.#textIndex });
    }
    parts.push({ type: 'text-delta', index: this.#textIndex, text });
    return parts;
  }

  /** Ends the thought or text that is open: this wire does not say where they end. */
  #closeProse(): readonly CodecPart[] {
    const parts: CodecPart[] = [];
    if (this.#thinking !== undefined) {
      const { index, text, field, details } = this.#thinking;
      const wire = { [field]: text, ...(details.length === 0 ? {} : { reasoning_details: details }) };
      parts.push({ type: 'thinking-end', index, minted: { by: this.#model.id, wire } });
      this.#thinking = undefined;
    }
    if (this.#textIndex !== undefined) {
      parts.push({ type: 'text-end', index: this.#textIndex });
      this.#textIndex = undefined;
    }
    return parts;
  }

  /** A new call begins with a name; servers that number every call 0 give each its own id. */
  #callTool(call: ToolDelta): readonly CodecPart[] {
    const at = call.index ?? this.#toolAt.size;
    const parts: CodecPart[] = [];
    let tool = this.#toolAt.get(at);
    const name = call.function?.name ?? '';
    const isNew =
      tool === undefined || (name !== '' && typeof call.id === 'string' && call.id !== '' && call.id !== tool.id);
    if (isNew && name !== '') {
      const given = call.id ?? '';
      const id = given === '' ? `${this.#responseId}-${this.#tools.length}` : given;
      parts.push(...this.#closeProse());
      tool = { index: this.#nextIndex, id, json: '', extra: undefined };
      this.#nextIndex += 1;
      this.#tools.push(tool);
      this.#toolAt.set(at, tool);
      const toolName = this.#toolNames.get(name) ?? name;
      parts.push({ type: 'tool-call-start', index: tool.index, toolCallId: id, toolName });
    }
    if (tool === undefined) return parts;
    const json = call.function?.arguments ?? '';
    tool.extra = call.extra_content ?? tool.extra;
    tool.json += json;
    if (json !== '') parts.push({ type: 'tool-call-delta', index: tool.index, inputJson: json });
    return parts;
  }

  /** A call that was cut by the output limit is left out; one that is broken for no such reason is an error. */
  #closeTools(reason: FinishReason): readonly CodecPart[] {
    return this.#tools.flatMap((tool): readonly CodecPart[] => {
      const input = parseToolInput(tool.json);
      if (input === undefined && reason === 'length') return [];
      if (input === undefined) throw protocolError('The input of a tool call is not a JSON object', tool.json);
      const minted = this.#mint(tool, input);
      return [{ type: 'tool-call-end', index: tool.index, input, ...(minted === undefined ? {} : { minted }) }];
    });
  }

  /** The bytes as written, where writing them again would give others, and the vendor's own state. */
  #mint(tool: OpenTool, input: JsonObject): MintedState | undefined {
    const sameBytes = tool.json === '' || JSON.stringify(input) === tool.json;
    if (sameBytes && tool.extra === undefined) return undefined;
    const wire = {
      ...(sameBytes ? {} : { arguments: tool.json }),
      ...(tool.extra === undefined ? {} : { extra_content: tool.extra }),
    };
    return { by: this.#model.id, wire };
  }
}

function fromErrorChunk(error: NonNullable<Chunk['error']>): PointsmanError {
  const { code } = error;
  return classifyFailure({
    status: typeof code === 'number' ? code : undefined,
    code: typeof code === 'string' ? code : undefined,
    type: error.type ?? undefined,
    message: error.message ?? undefined,
  });
}
