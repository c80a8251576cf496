// One file: one stream and its one state machine; its events mean nothing without what came before.

import { z } from 'zod';
import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { IssuedState } from '../../domain/transcript.ts';
import type { Usage } from '../../domain/usage.ts';
import { servedTierIn } from '../shared/answer-tap.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';
import { fieldsIn, listIn, textIn } from '../shared/fields.ts';
import { frameDecoder, type WireReader } from '../shared/frame-decoder.ts';
import {
  type CodecPart,
  cutStreamError,
  protocolError,
  type StreamDecoder,
  tierPart,
} from '../shared/stream-decoder.ts';
import { argumentsText, parseToolInput, ToolArguments } from '../shared/tool-input.ts';
import { chatUsage } from './chat-usage.ts';

const said = z.union([z.string(), z.array(z.looseObject({ type: z.string().nullish() }))]).nullish();
const called = z.looseObject({ name: z.string().nullish(), arguments: z.unknown().optional() }).nullish();
const delta = z
  .looseObject({
    content: said,
    refusal: z.string().nullish(),
    reasoning_content: z.string().nullish(),
    reasoning: z.string().nullish(),
    reasoning_details: z.array(z.record(z.string(), z.json())).nullish(),
    tool_calls: z
      .array(
        z.looseObject({
          index: z.number().int().nonnegative().nullish(),
          id: z.string().nullish(),
          function: called,
          extra_content: z.record(z.string(), z.json()).nullish(),
        }),
      )
      .nullish(),
    /** The form before tools; some servers still answer in it. */
    function_call: called,
  })
  .nullish();
const chunkSchema = z.looseObject({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z
    .array(
      z.looseObject({
        delta,
        /** A whole answer, where a server does not stream. */
        message: delta,
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.unknown().optional(),
  service_tier: z.unknown().optional(),
  error: z
    .union([
      z.string(),
      z.looseObject({ message: z.string().nullish(), type: z.string().nullish(), code: z.unknown().optional() }),
    ])
    .nullish(),
});

type Chunk = z.infer<typeof chunkSchema>;
type Delta = NonNullable<z.infer<typeof delta>>;
type ToolDelta = NonNullable<Delta['tool_calls']>[number];

interface OpenTool {
  readonly index: number;
  readonly id: string;
  readonly args: ToolArguments;
  extra: JsonObject | undefined;
}

/** Reasons as vendors of this wire write them, folded to lower case. API references of the vendors, read 2026-11. */
const FINISH: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_calls: 'tool-calls',
  tool_use: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'content-filter',
  sensitive: 'content-filter',
  safety: 'content-filter',
  recitation: 'content-filter',
  blocklist: 'content-filter',
  prohibited_content: 'content-filter',
  refusal: 'refusal',
};

/** Ends that are no ends: the server gave up in the middle. DeepSeek, Z.ai, OpenRouter and vLLM, read 2026-11. */
const GAVE_UP: ReadonlySet<string> = new Set(['insufficient_system_resource', 'network_error', 'error', 'abort']);

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
  /** Arguments of calls whose name is still to come, by the call's number. */
  readonly #nameless = new Map<number | null | undefined, string>();
  #thinking: { readonly index: number; text: string; field: string; details: JsonObject[] } | undefined;
  #refused = false;
  #reason: FinishReason | undefined;
  #report: unknown;
  #servedTier: string | undefined;
  #responseId = 'call';

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return chatUsage(this.#report);
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
    const reason = this.#finishReason(this.#reason);
    return [...parts, { type: 'finish', reason, usage: this.usage(), ...tierPart(this.#servedTier) }];
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
    if (chunk.usage !== undefined && chunk.usage !== null) this.#report = chunk.usage;
    this.#servedTier = servedTierIn(chunk.service_tier) ?? this.#servedTier;
    const choice = chunk.choices?.[0];
    if (choice === undefined) return [];
    const parts = [choice.delta, choice.message].flatMap((said) =>
      said === undefined || said === null ? [] : this.#delta(said),
    );
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') this.#end(choice.finish_reason);
    return parts;
  }

  #end(said: string): void {
    const reason = said.toLowerCase();
    if (GAVE_UP.has(reason))
      throw classifyFailure({ status: 529, code: reason, message: `The endpoint gave up: ${said}` });
    this.#reason = FINISH[reason] ?? 'other';
  }

  #delta(delta: Delta): readonly CodecPart[] {
    const field = typeof delta.reasoning_content === 'string' ? 'reasoning_content' : 'reasoning';
    const thought = delta.reasoning_content ?? delta.reasoning ?? '';
    const refusal = delta.refusal ?? '';
    if (refusal !== '') this.#refused = true;
    const { function_call: legacy } = delta;
    return [
      ...this.#think(thought, field, delta.reasoning_details ?? []),
      ...this.#content(delta.content ?? ''),
      ...this.#say(refusal),
      ...(delta.tool_calls ?? []).flatMap((call) => this.#callTool(call)),
      ...(legacy === undefined || legacy === null ? [] : this.#callTool({ index: 0, function: legacy })),
    ];
  }

  /** Mistral says thoughts and text as parts of one list. */
  #content(content: NonNullable<Delta['content']>): readonly CodecPart[] {
    if (typeof content === 'string') return this.#say(content);
    return content.flatMap((part) => {
      if (part.type === 'thinking') return this.#think(textOf(part['thinking']), 'content', []);
      return this.#say(textOf(part['text']));
    });
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
      const said = field === 'content' ? [{ type: 'thinking', thinking: [{ type: 'text', text }] }] : text;
      const wire = { [field]: said, ...(details.length === 0 ? {} : { reasoning_details: details }) };
      parts.push({ type: 'thinking-end', index, issued: { by: modelIdentity(this.#model), wire } });
      this.#thinking = undefined;
    }
    if (this.#textIndex !== undefined) {
      parts.push({ type: 'text-end', index: this.#textIndex });
      this.#textIndex = undefined;
    }
    return parts;
  }

  /** A new call begins with a name; servers that number every call 0, or none, give each its own id or its own name. */
  #callTool(call: ToolDelta): readonly CodecPart[] {
    const name = call.function?.name ?? '';
    const known =
      call.index === undefined || call.index === null
        ? this.#unnumbered(call.id ?? '', name)
        : this.#toolAt.get(call.index);
    const parts: CodecPart[] = [];
    let tool = known;
    if (name !== '' && this.#isNew(known, call.id ?? '')) {
      const given = call.id ?? '';
      const id = given === '' ? `${this.#responseId}-${this.#tools.length}` : given;
      parts.push(...this.#closeProse());
      tool = { index: this.#nextIndex, id, args: new ToolArguments(), extra: undefined };
      this.#nextIndex += 1;
      this.#tools.push(tool);
      const toolName = this.#toolNames.get(name) ?? name;
      parts.push({ type: 'tool-call-start', index: tool.index, toolCallId: id, toolName });
    }
    const piece = argumentsText(call.function?.arguments);
    const early = this.#nameless.get(call.index) ?? '';
    if (tool === undefined) {
      this.#nameless.set(call.index, early + piece);
      return parts;
    }
    this.#nameless.delete(call.index);
    this.#toolAt.set(call.index ?? tool.index, tool);
    tool.extra = call.extra_content ?? tool.extra;
    const gained = tool.args.push(early + piece);
    if (gained !== '') parts.push({ type: 'tool-call-delta', index: tool.index, inputJson: gained });
    return parts;
  }

  /** Pieces without a number belong to the call of their id, else to the one that was written last. */
  #unnumbered(id: string, name: string): OpenTool | undefined {
    const same = id === '' ? undefined : this.#tools.find((tool) => tool.id === id);
    return same ?? (name === '' ? this.#tools.at(-1) : undefined);
  }

  #isNew(known: OpenTool | undefined, id: string): boolean {
    if (known === undefined) return true;
    return id === '' ? !known.args.isEmpty && parseToolInput(known.args.json) !== undefined : id !== known.id;
  }

  /** A call that was cut by the output limit stays open; one that is broken for no such reason is an error. */
  #closeTools(reason: FinishReason): readonly CodecPart[] {
    return this.#tools.flatMap((tool): readonly CodecPart[] => {
      const input = parseToolInput(tool.args.json);
      if (input === undefined && reason === 'length') return [];
      if (input === undefined) throw protocolError('The input of a tool call is not a JSON object', tool.args.json);
      const issued = this.#issuedState(tool, input);
      return [{ type: 'tool-call-end', index: tool.index, input, ...(issued === undefined ? {} : { issued }) }];
    });
  }

  /** The bytes as written, where writing them again would give others, and the vendor's own state. */
  #issuedState({ args, extra }: OpenTool, input: JsonObject): IssuedState | undefined {
    const sameBytes = args.isEmpty || JSON.stringify(input) === args.json;
    if (sameBytes && extra === undefined) return undefined;
    const wire = {
      ...(sameBytes ? {} : { arguments: args.json }),
      ...(extra === undefined ? {} : { extra_content: extra }),
    };
    return { by: modelIdentity(this.#model), wire };
  }
}

/** Text, or the texts of a list of parts. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return listIn(value)
    .map((part) => textIn(part) ?? textIn(fieldsIn(part)['text']) ?? '')
    .join('');
}

function fromErrorChunk(error: NonNullable<Chunk['error']>): PointsmanError {
  if (typeof error === 'string') return classifyFailure({ message: error });
  const { code } = error;
  return classifyFailure({
    status: typeof code === 'number' ? code : undefined,
    code: typeof code === 'string' ? code : undefined,
    type: error.type ?? undefined,
    message: error.message ?? undefined,
  });
}
