import { z } from 'zod';
import type { FinishReason } from '../../domain/call.ts';
import type { PointsmanError } from '../../domain/errors.ts';
import type { JsonValue } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Usage } from '../../domain/usage.ts';
import { servedTierIn } from '../shared/answer-tap.ts';
import { classifyFailure } from '../shared/errors/classify-error.ts';
import { textIn } from '../shared/fields.ts';
import { frameDecoder, namedEvent, type WireReader } from '../shared/frame-decoder.ts';
import {
  type CodecPart,
  cutStreamError,
  protocolError,
  type StreamDecoder,
  tierPart,
} from '../shared/stream-decoder.ts';
import { argumentsText, parseToolInput, ToolArguments } from '../shared/tool-input.ts';
import { responsesUsage } from './responses-usage.ts';

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
    arguments: z.unknown().optional(),
    content: z.array(z.looseObject({ type: z.string() })).nullish(),
    summary: z.array(z.looseObject({})).nullish(),
  }),
});
const whole = z.looseObject({
  output_index: at,
  text: z.string().nullish(),
  refusal: z.string().nullish(),
  arguments: z.unknown().optional(),
});
const response = z.looseObject({
  response: z.looseObject({
    id: z.string().optional(),
    model: z.string().optional(),
    error: failure.nullish(),
    incomplete_details: z.looseObject({ reason: z.string().nullish() }).nullish(),
    usage: z.unknown().optional(),
    service_tier: z.unknown().optional(),
    output: z.array(z.looseObject({ type: z.string() })).nullish(),
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
  'response.output_text.done': whole,
  'response.refusal.done': whole,
  'response.function_call_arguments.done': whole,
  'response.output_item.done': item,
  'response.completed': response,
  'response.incomplete': response,
  'response.failed': response,
  error: z.looseObject({ ...failure.shape, error: failure.nullish() }),
};
type EventName = keyof typeof events;
type ItemEvent = z.infer<typeof item>;
type ResponseEvent = z.infer<typeof response>;

type Open =
  | { readonly kind: 'text' | 'thinking'; hasOutput: boolean }
  | { readonly kind: 'tool'; readonly args: ToolArguments };

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
  readonly #open = new Map<number, Open>();
  readonly #seen = new Set<number>();
  #hasStarted = false;
  #toolCount = 0;
  #refused = false;
  #brokenTool: PointsmanError | undefined;
  #report: unknown;

  constructor(model: Model, toolNames: ReadonlyMap<string, string>) {
    this.#model = model;
    this.#toolNames = toolNames;
  }

  usage(): Usage | undefined {
    return responsesUsage(this.#report);
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
        this.#hasStarted = true;
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
      case 'response.output_text.done':
      case 'response.refusal.done':
      case 'response.function_call_arguments.done':
        if (name === 'response.refusal.done') this.#refused = true;
        return this.#whole(data as z.infer<typeof whole>);
      case 'response.output_item.done':
        return this.#done(data as ItemEvent, (event as { readonly item: JsonValue }).item);
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
    this.#seen.add(index);
    switch (added.type) {
      case 'message':
        this.#open.set(index, { kind: 'text', hasOutput: false });
        return [{ type: 'text-start', index }];
      case 'reasoning':
        this.#open.set(index, { kind: 'thinking', hasOutput: false });
        return [{ type: 'thinking-start', index }];
      case 'function_call': {
        if (added.call_id === undefined || added.name === undefined) {
          throw protocolError('function_call without call_id or name', added);
        }
        this.#open.set(index, { kind: 'tool', args: new ToolArguments() });
        this.#toolCount += 1;
        const toolName = this.#toolNames.get(added.name) ?? added.name;
        return [{ type: 'tool-call-start', index, toolCallId: added.call_id, toolName }];
      }
      default:
        return [];
    }
  }

  #delta({ output_index: index, delta: text }: z.infer<typeof delta>): readonly CodecPart[] {
    const open = this.#open.get(index);
    if (open === undefined || text === '') return [];
    if (open.kind === 'tool') return argumentsPart(index, open.args.push(text));
    open.hasOutput = true;
    return [{ type: open.kind === 'text' ? 'text-delta' : 'thinking-delta', index, text }];
  }

  /** Some servers say only the whole at the end of a part. */
  #whole({ output_index: index, text, refusal, arguments: args }: z.infer<typeof whole>): readonly CodecPart[] {
    const open = this.#open.get(index);
    if (open === undefined) return [];
    if (open.kind === 'tool') return argumentsPart(index, open.args.finish(argumentsText(args)));
    return this.#say(index, open, text ?? refusal ?? '');
  }

  #say(index: number, open: Extract<Open, { hasOutput: boolean }>, text: string): readonly CodecPart[] {
    if (open.hasOutput || text === '') return [];
    open.hasOutput = true;
    return [{ type: open.kind === 'text' ? 'text-delta' : 'thinking-delta', index, text }];
  }

  /** `wire`: the item as it came, whose bytes must go out again unchanged. An item may come whole, without a start. */
  #done(event: ItemEvent, wire: JsonValue): readonly CodecPart[] {
    const { output_index: index } = event;
    if (this.#open.has(index)) return this.#stop(event, wire);
    return this.#seen.has(index) ? [] : [...this.#start(event), ...this.#stop(event, wire)];
  }

  #stop({ output_index: index, item: done }: ItemEvent, wire: JsonValue): readonly CodecPart[] {
    const open = this.#open.get(index);
    this.#open.delete(index);
    if (open === undefined) return [];
    if (open.kind === 'tool') return this.#stopTool(index, open.args, done.arguments, wire);
    const said = this.#say(index, open, wholeText(done));
    if (open.kind === 'text') return [...said, { type: 'text-end', index }];
    return [...said, { type: 'thinking-end', index, issued: { by: modelIdentity(this.#model), wire } }];
  }

  #stopTool(index: number, args: ToolArguments, said: unknown, wire: JsonValue): readonly CodecPart[] {
    const late = argumentsPart(index, args.finish(argumentsText(said)));
    const input = parseToolInput(args.json);
    if (input !== undefined) {
      return [...late, { type: 'tool-call-end', index, input, issued: { by: modelIdentity(this.#model), wire } }];
    }
    this.#brokenTool = protocolError('The input of a tool call is not a JSON object', args.json);
    return late;
  }

  /** A tool call that was cut by the output limit is left out; one that is broken for no such reason is an error. */
  #finish(response: ResponseEvent['response']): readonly CodecPart[] {
    const { usage, incomplete_details: incomplete, service_tier: tier } = response;
    this.#report = usage;
    const unsaid = this.#unsaid(response);
    const reason = this.#reason(incomplete?.reason ?? undefined);
    if (this.#brokenTool !== undefined && reason !== 'length') throw this.#brokenTool;
    return [...unsaid, { type: 'finish', reason, usage: this.usage(), ...tierPart(servedTierIn(tier)) }];
  }

  /** What the last event holds and no event before it said; a whole answer comes as this one event. */
  #unsaid({ id, model, output }: ResponseEvent['response']): readonly CodecPart[] {
    const start: readonly CodecPart[] = this.#hasStarted ? [] : [{ type: 'start', servedModel: model, requestId: id }];
    const items = (output ?? []).flatMap((wire, index) =>
      this.#seen.has(index) ? [] : this.#done({ output_index: index, item: wire }, wire as JsonValue),
    );
    return [...start, ...items];
  }

  #reason(incomplete: string | undefined): FinishReason {
    if (incomplete === 'max_output_tokens') return 'length';
    if (incomplete === 'content_filter') return 'content-filter';
    if (incomplete !== undefined) return 'other';
    if (this.#refused) return 'refusal';
    return this.#toolCount > 0 ? 'tool-calls' : 'stop';
  }

  #failed({ error, usage }: ResponseEvent['response']): never {
    this.#report = usage;
    throw toFailure(error ?? {});
  }
}

function argumentsPart(index: number, inputJson: string): readonly CodecPart[] {
  return inputJson === '' ? [] : [{ type: 'tool-call-delta', index, inputJson }];
}

/** All text of a finished item. */
function wholeText({ content, summary }: ItemEvent['item']): string {
  return [...(content ?? []), ...(summary ?? [])]
    .map((part) => textIn(part['text']) ?? textIn(part['refusal']) ?? '')
    .join('');
}

function toFailure(error: z.infer<typeof failure> | Record<string, never>): PointsmanError {
  return classifyFailure({
    code: error.code ?? undefined,
    type: error.type ?? undefined,
    message: error.message ?? undefined,
  });
}
