import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import type { TranslationLoss } from '../../domain/translation-loss.ts';
import { placeMarkers, type PlacedMarker } from '../shared/cache-markers.ts';
import { effortNow, fitEffort } from '../shared/effort.ts';
import type { Fields } from '../shared/fields.ts';
import type { Sampling } from '../shared/inbound-call.ts';
import type { Encoded } from '../shared/stream-decoder.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import { asReminder, outputLimit, toolNameMaps, withSchemaText } from '../shared/translate.ts';
import type { SamplingForm, WrittenSampling } from '../shared/wire-format.ts';
import { CONVERSE_NAME } from './converse-names.ts';
import { encodeTurns, type ConverseTurns } from './converse-turns.ts';
import type {
  ConverseCachePoint,
  ConverseInference,
  ConverseMessage,
  ConverseRequest,
  ConverseTool,
  ConverseToolChoice,
} from './converse-wire.ts';

/** Amazon Bedrock user guide, prompt caching, read 2026-11: at most four cache points in one request. */
const MAX_CACHE_POINTS = 4;

/** Writes a call as Converse. Its model and whether it streams stand in the address. Pure. */
export function encodeConverse(model: Model, request: CallRequest): Encoded<ConverseRequest> {
  const names = toolNameMaps(CONVERSE_NAME, request);
  const turns = encodeTurns(model, request.messages, names.toWire);
  const pointLimit = model.cacheRule.kind === 'explicit' ? Math.min(model.cacheRule.maxMarkers, MAX_CACHE_POINTS) : 0;
  const markers = placeMarkers(model, request, pointLimit);
  const wantsForm = request.responseSchema !== undefined || request.isJsonAnswer === true;
  const asText = wantsForm && (request.responseSchema === undefined || !model.structuredOutput);
  const effort = fitEffort(effortNow(request), model.efforts);
  const limit = outputLimit(model, request);
  const system = withSchemaText(request, asText);
  const head = withSystem(model, system, { messages: withPoints(turns, markers), point: pointAt(markers, 'system') });
  const tools = encodeTools(model, request, { turns, toWire: names.toWire, marker: pointAt(markers, 'tools') });
  return {
    body: {
      ...head.fields,
      ...(limit.tokens === undefined ? {} : { inferenceConfig: { maxTokens: limit.tokens } }),
      ...tools.fields,
      ...outputConfig(request, effort.effort, asText),
    },
    losses: [
      ...turns.losses,
      ...head.losses,
      ...tools.losses,
      ...effort.losses,
      ...(asText ? [{ kind: 'schema-as-text' } as const] : []),
      ...limit.losses,
    ],
    toolNames: names.fromWire,
  };
}

/** A model that knows no system prompt hears it first of all, in the user's first turn. */
function withSystem(
  { requestLimits }: Model,
  system: string,
  { messages, point }: { readonly messages: readonly ConverseMessage[]; readonly point: readonly ConverseCachePoint[] },
): {
  readonly fields: Pick<ConverseRequest, 'messages' | 'system'>;
  readonly losses: readonly TranslationLoss[];
} {
  const [first, ...rest] = messages;
  if (system.trim() === '' || first === undefined) return { fields: { messages }, losses: [] };
  if (requestLimits?.system !== 'refused') {
    return { fields: { messages, system: [{ text: system }, ...point] }, losses: [] };
  }
  const opening = { role: first.role, content: [{ text: asReminder(system) }, ...first.content] };
  return { fields: { messages: [opening, ...rest] }, losses: [{ kind: 'system-folded', messageIndex: 0 }] };
}

function pointAt(markers: readonly PlacedMarker[], at: 'tools' | 'system'): readonly ConverseCachePoint[] {
  return markers.filter((marker) => marker.at === at).map(cachePoint);
}

function cachePoint({ longTtl }: PlacedMarker): ConverseCachePoint {
  return { cachePoint: { type: 'default', ...(longTtl ? { ttl: '1h' as const } : {}) } };
}

/** A cache point is a block of its own, behind the last one that it keeps. */
function withPoints({ messages, ends }: ConverseTurns, markers: readonly PlacedMarker[]): readonly ConverseMessage[] {
  const points = new Map<unknown, ConverseCachePoint>();
  for (const marker of markers) {
    const end = typeof marker.at === 'object' ? ends.get(marker.at.messageIndex) : undefined;
    if (end !== undefined) points.set(end, cachePoint(marker));
  }
  if (points.size === 0) return messages;
  return messages.map(({ role, content }) => ({
    role,
    content: content.flatMap((block) => {
      const point = points.get(block);
      return point === undefined ? [block] : [block, point];
    }),
  }));
}

/** Converse cannot forbid calls: where none is wanted, tools go only beside a transcript that has calls, which is not taken without. */
function encodeTools(
  model: Model,
  { tools, toolChoice }: CallRequest,
  {
    turns,
    toWire,
    marker,
  }: {
    readonly turns: ConverseTurns;
    readonly toWire: (name: string) => string;
    readonly marker: readonly ConverseCachePoint[];
  },
): { readonly fields: Pick<ConverseRequest, 'toolConfig'>; readonly losses: readonly TranslationLoss[] } {
  const called = calledNames(turns);
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  const mayForce = model.requestLimits?.forcedTool === undefined;
  const isRelaxed = (isForced && !mayForce) || (toolChoice === 'none' && called.size > 0);
  const losses = isRelaxed ? [{ kind: 'tool-choice-relaxed' } as const] : [];
  if (toolChoice === 'none' && called.size === 0) return { fields: {}, losses };
  const offered = tools.map((tool): ConverseTool => {
    const { schema, note } = toolSchema(tool.inputSchema);
    const description = describedWith(tool.description, note);
    const name = toWire(tool.name);
    called.delete(name);
    return {
      toolSpec: { name, ...(description.trim() === '' ? {} : { description }), inputSchema: { json: schema } },
    };
  });
  const all = [...offered, ...[...called].map(withdrawn)];
  if (all.length === 0) return { fields: {}, losses };
  const choice = isForced && mayForce ? encodeToolChoice(toolChoice, toWire) : {};
  return { fields: { toolConfig: { tools: [...all, ...marker], ...choice } }, losses };
}

/** A transcript with calls is taken only beside tools: one that is no longer offered stands there by its name. */
function withdrawn(name: string): ConverseTool {
  const json = { type: 'object', properties: {} };
  return { toolSpec: { name, description: 'No longer offered: do not call it.', inputSchema: { json } } };
}

function calledNames({ messages }: ConverseTurns): Set<string> {
  const blocks = messages.flatMap(({ content }) => content);
  return new Set(blocks.flatMap((block) => ('toolUse' in block ? [block.toolUse.name] : [])));
}

function encodeToolChoice(
  choice: 'required' | { readonly tool: string },
  toWire: (name: string) => string,
): { readonly toolChoice: ConverseToolChoice } {
  return { toolChoice: choice === 'required' ? { any: {} } : { tool: { name: toWire(choice.tool) } } };
}

function outputConfig(
  { responseSchema }: CallRequest,
  effort: string | undefined,
  asText: boolean,
): Pick<ConverseRequest, 'outputConfig'> {
  const form = asText ? undefined : responseSchema;
  if (effort === undefined && form === undefined) return {};
  return {
    outputConfig: {
      ...(effort === undefined ? {} : { effort }),
      ...(form === undefined
        ? {}
        : {
            textFormat: {
              type: 'json_schema' as const,
              structure: { jsonSchema: { schema: JSON.stringify(form.schema), name: form.name } },
            },
          }),
    },
  };
}

/** Amazon Bedrock API reference, InferenceConfiguration, read 2026-11. */
const MAX_STOP_COUNT = 2500;
const MAX_TEMPERATURE = 1;

/** Temperature, top-p and stop texts stand beside the limit of the answer. */
export const converseSampling: SamplingForm = {
  write: writeSampling,
  maxStopCount: MAX_STOP_COUNT,
  takesSerialCalls: false,
  // Nobody calls in this format, so that these name nothing that a caller wrote.
  loss: 'any.parallel_calls',
  stopLoss: 'any.stop_count',
};

function writeSampling({ temperature, topP, stop }: Sampling, body: object, model: Model): WrittenSampling {
  const isTaken = model.requestLimits?.sampling !== 'refused';
  // Temperatures above one and empty stop texts, which OpenAI and Google take, are refused.
  const cut = temperature === undefined ? undefined : Math.min(temperature, MAX_TEMPERATURE);
  const kept = isTaken ? { temperature: cut, topP } : { temperature: undefined, topP: undefined };
  const stops = stop
    .filter((text) => text !== '')
    .slice(0, Math.min(MAX_STOP_COUNT, model.requestLimits?.maxStopCount ?? Infinity));
  const more: ConverseInference = {
    ...(kept.temperature === undefined ? {} : { temperature: kept.temperature }),
    ...(kept.topP === undefined ? {} : { topP: kept.topP }),
    ...(stops.length === 0 ? {} : { stopSequences: stops }),
  };
  const { inferenceConfig } = body as ConverseRequest;
  const fields: Fields = Object.keys(more).length === 0 ? {} : { inferenceConfig: { ...inferenceConfig, ...more } };
  return { fields, ...kept };
}
