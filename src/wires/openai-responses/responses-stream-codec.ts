import { z } from 'zod';
import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import type { JsonValue } from '../../domain/json.ts';
import type { Model } from '../../domain/model.ts';
import type { Usage } from '../../domain/usage.ts';
import { classifyFailure } from '../shared/classify-error.ts';
import { frameDecoder, namedEvent, type WireReader } from '../shared/frame-decoder.ts';
import { responsesUsage } from '../shared/openai-usage-codec.ts';
import { cutStreamError, protocolError, type CodecPart, type StreamDecoder } from '../shared/stream-decoder.ts';
import { parseToolInput } from '../shared/tool-input.ts';
import type { ResponsesUsage } from './responses-wire.ts';

const count = z.number().nullish();
const at = z.number().int().nonnegative();
const delta = z.looseObject({ output_index: at, delta: z.string() });
const failure = z.looseObject({
  code: z.string().nullish(),
  type: z.string().nullish(),
  message: z.string().nullish(),
});
const item = z.looseObject({
  output_index: at,
  item: z.looseObject({
    type: z.string(),
    call_id: z.string().optional(),
    name: z.string().optional(),
    arguments: z.string().optional(),
  }),
});
const response = z.looseObject({
  response: z.looseObject({
    id: z.string().optional(),
    model: z.string().optional(),
    error: failure.nullish(),
    incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
    usage: z
      .looseObject({
        input_tokens: count,
        output_tokens: count,
        input_tokens_details: z.looseObject({ cached_tokens: count, cache_write_tokens: count }).nullish(),
        output_tokens_details: z.looseObject({ reasoning_tokens: count }).nullish(),
      })
      .nullish(),
  }),
});
const events = {
  'response.created': response,
  'response.output_item.added': item,
  'response.output_text.delta': delta,
  'response.refusal.delta': delta,
  'response.reasoning_summary_text.delta': delta,
  'response.reasoning_text.delta': delta,
  'response.function_call_arguments.delta': delta,
  'response.output_item.done': item,
  'response.completed': response,
  'response.incomplete': response,
  'response.failed': response,
  error: z.looseObject({ ...failure.shape, error: failure.nullish() }),
};
type EventName = keyof typeof events;
type ItemEvent = z.infer<typeof item>;
type ResponseEvent = z.infer<typeof response>;

type Kind = 'text' | 'thinking' | 'tool';

/** Reads the events of one streamed Responses response. Each output item is one block. */
export function createResponsesDecoder(
  model: Model,
  toolNames: ReadonlyMap<string, string> = new Map(),
): StreamDecoder {
  return frameDecoder(new ResponsesReader(model, toolNames));
}

class ResponsesReader implements WireReader {
  readonly #model: Model;
  readonly #toolNames: ReadonlyMap<string, string>;
  readonly #open = new Map<number, Kind>();
  #toolCount = 0;
  #refused = false;
  #brokenTool: PointsmanError | undefined;
  #usage: ResponsesUsage | undefined;

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return this.#usage === undefined ? undefined : responsesUsage(this.#usage);
  }

  read(event: unknown): readonly CodecPart[] {
    const named = namedEvent(events, event);
    return named === undefined ? [] : this.#read(named.name, named.data, event);
  }

  end(): readonly CodecPart[] {
    throw cutStreamError();
  }

  #read(name: EventName, data: unknown, event: unknown): readonly CodecPart[] {
    switch (name) {
      case 'response.created': {
        const { id, model } = (data as ResponseEvent).response;
        return [{ type: 'start', servedModel: model, requestId: id }];
      }
      case 'response.output_item.added':
        return this.#start(data as ItemEvent);
      case 'response.output_text.delta':
      case 'response.refusal.delta':
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
      case 'response.function_call_arguments.delta':
        if (name === 'response.refusal.delta') this.#refused = true;
        return this.#delta(data as z.infer<typeof delta>);
      case 'response.output_item.done':
        return this.#stop(data as ItemEvent, (event as { readonly item: JsonValue }).item);
      case 'response.completed':
      case 'response.incomplete':
        return this.#finish((data as ResponseEvent).response);
      case 'response.failed':
        return this.#failed((data as ResponseEvent).response);
      case 'error': {
        const said = data as z.infer<(typeof events)['error']>;
        throw toFailure(said.error ?? said);
      }
    }
  }

  #start({ output_index: index, item: added }: ItemEvent): readonly CodecPart[] {
    switch (added.type) {
      case 'message':
        this.#open.set(index, 'text');
        return [{ type: 'text-start', index }];
      case 'reasoning':
        this.#open.set(index, 'thinking');
        return [{ type: 'thinking-start', index }];
      case 'function_call': {
        if (added.call_id === undefined || added.name === undefined) {
          throw protocolError('function_call without call_id or name', added);
        }
        this.#open.set(index, 'tool');
        this.#toolCount += 1;
        const toolName = this.#toolNames.get(added.name) ?? added.name;
        return [{ type: 'tool-call-start', index, toolCallId: added.call_id, toolName }];
      }
      default:
        return [];
    }
  }

  #delta({ output_index: index, delta: text }: z.infer<typeof delta>): readonly CodecPart[] {
    const kind = this.#open.get(index);
    if (kind === undefined || text === '') return [];
    if (kind === 'tool') return [{ type: 'tool-call-delta', index, inputJson: text }];
    return [{ type: kind === 'text' ? 'text-delta' : 'thinking-delta', index, text }];
  }

  /** `wire`: the item as it came, whose bytes must go out again unchanged. */
  #stop({ output_index: index, item: done }: ItemEvent, wire: JsonValue): readonly CodecPart[] {
    const kind = this.#open.get(index);
    this.#open.delete(index);
    if (kind === undefined) return [];
    if (kind === 'text') return [{ type: 'text-end', index }];
    const minted = { by: this.#model.id, wire };
    if (kind === 'thinking') return [{ type: 'thinking-end', index, minted }];
    const input = parseToolInput(done.arguments ?? '');
    if (input !== undefined) return [{ type: 'tool-call-end', index, input, minted }];
    this.#brokenTool = protocolError('The input of a tool call is not a JSON object', done.arguments);
    return [];
  }

  /** A tool call that was cut by the output limit is left out; one that is broken for no such reason is an error. */
  #finish({ usage, incomplete_details: incomplete }: ResponseEvent['response']): readonly CodecPart[] {
    this.#usage = usage ?? undefined;
    const reason = this.#reason(incomplete?.reason ?? undefined);
    if (this.#brokenTool !== undefined && reason !== 'length') throw this.#brokenTool;
    return [{ type: 'finish', reason, usage: this.usage() }];
  }

  #reason(incomplete: string | undefined): FinishReason {
    if (incomplete === 'max_output_tokens') return 'length';
    if (incomplete === 'content_filter') return 'content-filter';
    if (incomplete !== undefined) return 'other';
    if (this.#refused) return 'refusal';
    return this.#toolCount > 0 ? 'tool-calls' : 'stop';
  }

  #failed({ error, usage }: ResponseEvent['response']): never {
    this.#usage = usage ?? undefined;
    throw toFailure(error ?? {});
  }
}

function toFailure(error: z.infer<typeof failure> | Record<string, never>): PointsmanError {
  return classifyFailure({
    code: error.code ?? undefined,
    type: error.type ?? undefined,
    message: error.message ?? undefined,
  });
}
