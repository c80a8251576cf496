import type { CallRequest } from '../../domain/call.ts';
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
import { DIALECT_FACTS } from '../openai-shared/dialects.ts';
import { planMarkers, type MarkerField, type MarkerPlan } from '../openai-shared/openai-markers.ts';
import { tierField } from '../openai-shared/service-tier.ts';
import { isStrictSchema } from '../openai-shared/strict-schema.ts';
import { writtenArguments } from '../openai-shared/written-arguments.ts';
import { effortNow, fitEffort } from '../shared/effort.ts';
import type { Dialect } from '../shared/endpoint-config.ts';
import type { Encoded } from '../shared/stream-decoder.ts';
import { OPENAI_CALL_ID, OPENAI_TOOL_NAME, mapName } from '../shared/tool-ids.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import {
  ERROR_PREFIX,
  mayReceive,
  mediaNote,
  outputLimit,
  splitUserParts,
  toolNameMaps,
  withSchemaText,
} from '../shared/translate.ts';
import type { ResponsesFormat, ResponsesInputPart, ResponsesItem, ResponsesRequest } from './responses-wire.ts';

/**
 * Writes a call as Responses. Nothing is stored at the vendor: encrypted reasoning comes back with each answer and goes
 * out again byte for byte. Pure.
 */
export function encodeResponses(model: Model, request: CallRequest, dialect: Dialect): Encoded<ResponsesRequest> {
  const names = toolNameMaps(OPENAI_TOOL_NAME, request);
  const plan = planMarkers(model, request, dialect);
  const asText = (request.responseSchema !== undefined || request.isJsonAnswer === true) && !model.structuredOutput;
  const { effort, losses: effortLosses } = fitEffort(effortNow(request), model.efforts);
  const limit = outputLimit(model, request);
  const system = withSchemaText(request, asText);
  const losses: TranslationLoss[] = [];
  const input = encodeItems(model, request.messages, plan, names.toWire, losses);
  const thinks = model.efforts.length > 0;
  return {
    body: {
      model: model.wireModel,
      ...(plan.system === undefined && system !== '' ? { instructions: system } : {}),
      input: [...markedSystem(system, plan), ...input],
      ...encodeTools(request, names.toWire),
      ...(limit.tokens === undefined ? {} : { max_output_tokens: limit.tokens }),
      ...(thinks ? { reasoning: { ...(effort === undefined ? {} : { effort }), summary: 'auto' } } : {}),
      ...(thinks ? { include: ['reasoning.encrypted_content'] } : {}),
      ...textForm(request, asText),
      ...(DIALECT_FACTS[dialect].native ? request.openaiFields : {}),
      ...tierField(model),
      ...(DIALECT_FACTS[dialect].cacheKey ? { prompt_cache_key: request.cacheKey } : {}),
      store: false,
      stream: true,
    },
    losses: [...losses, ...effortLosses, ...(asText ? [{ kind: 'schema-as-text' } as const] : []), ...limit.losses],
    toolNames: names.fromWire,
  };
}

/** `instructions` is a string and carries no marker; a developer message does. */
function markedSystem(text: string, plan: MarkerPlan): readonly ResponsesItem[] {
  if (text === '' || plan.system === undefined) return [];
  return [{ type: 'message', role: 'developer', content: withMarker([{ type: 'input_text', text }], plan.system) }];
}

function withMarker(
  parts: readonly ResponsesInputPart[],
  field: MarkerField | undefined,
): readonly ResponsesInputPart[] {
  if (field === undefined) return parts;
  return [...parts.slice(0, -1), ...parts.slice(-1).map((part) => ({ ...part, ...field }))];
}

function encodeTools(
  request: CallRequest,
  toWire: (name: string) => string,
): Pick<ResponsesRequest, 'tools' | 'tool_choice'> {
  if (request.tools.length === 0) return {};
  const { toolChoice } = request;
  return {
    tools: request.tools.map(({ name, description, inputSchema, strict }) => {
      const { schema, note } = toolSchema(inputSchema);
      return {
        type: 'function',
        name: toWire(name),
        description: describedWith(description, note),
        parameters: schema,
        strict: strict === true && isStrictSchema(schema),
      };
    }),
    ...(toolChoice === undefined || toolChoice === 'auto'
      ? {}
      : {
          tool_choice:
            typeof toolChoice === 'string' ? toolChoice : { type: 'function', name: toWire(toolChoice.tool) },
        }),
  };
}

function textForm(request: CallRequest, asText: boolean): Pick<ResponsesRequest, 'text'> {
  const format = asText ? undefined : answerFormat(request);
  if (format === undefined && request.verbosity === undefined) return {};
  return {
    text: {
      ...(format === undefined ? {} : { format }),
      ...(request.verbosity === undefined ? {} : { verbosity: request.verbosity }),
    },
  };
}

function answerFormat({ responseSchema, isJsonAnswer }: CallRequest): ResponsesFormat | undefined {
  if (responseSchema === undefined) return isJsonAnswer === true ? { type: 'json_object' } : undefined;
  const { name, schema } = responseSchema;
  const strict = responseSchema.strict !== false && isStrictSchema(schema);
  return { type: 'json_schema', name: mapName(OPENAI_TOOL_NAME, name), schema, strict };
}

function encodeItems(
  model: Model,
  messages: readonly Message[],
  plan: MarkerPlan,
  toWire: (name: string) => string,
  losses: TranslationLoss[],
): readonly ResponsesItem[] {
  return messages.flatMap((message, index): readonly ResponsesItem[] => {
    const field = plan.messages.get(index);
    if (message.role === 'system') {
      const text = messageText(message);
      if (text === '') return [];
      return [{ type: 'message', role: 'developer', content: withMarker([{ type: 'input_text', text }], field) }];
    }
    if (message.role === 'assistant') return encodeAssistant(model, message.content, index, toWire, losses);
    const { results, others } = splitUserParts(message.content);
    const content = others.flatMap((part) => encodePart(part, index, losses));
    const lastResult = content.length === 0 ? results.at(-1) : undefined;
    return [
      ...results.map((result) => encodeResult(result, index, result === lastResult ? field : undefined, losses)),
      ...(content.length === 0
        ? []
        : [{ type: 'message', role: 'user', content: withMarker(content, field) } as const]),
    ];
  });
}

function encodeAssistant(
  model: Model,
  parts: readonly AssistantPart[],
  messageIndex: number,
  toWire: (name: string) => string,
  losses: TranslationLoss[],
): readonly ResponsesItem[] {
  return parts.flatMap((part): readonly ResponsesItem[] => {
    const issued = part.type === 'text' ? undefined : part.issued;
    const native =
      issued !== undefined && mayReceive(model, issued) ? (issued.wire as unknown as ResponsesItem) : undefined;
    switch (part.type) {
      case 'text':
        if (part.text === '') return [];
        return [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: part.text }] }];
      case 'thinking':
        if (native !== undefined) return [native];
        losses.push({ kind: 'thinking-dropped', messageIndex, issuedBy: issued?.by });
        return [];
      case 'tool-call':
        if (native !== undefined) return [native];
        if (issued !== undefined) losses.push({ kind: 'issued-dropped', messageIndex, issuedBy: issued.by });
        return [
          {
            type: 'function_call',
            call_id: mapName(OPENAI_CALL_ID, part.toolCallId),
            name: toWire(part.toolName),
            arguments: writtenArguments(part.input),
          },
        ];
    }
  });
}

function encodePart(
  part: TextPart | ImagePart,
  messageIndex: number,
  losses: TranslationLoss[],
): readonly ResponsesInputPart[] {
  if (part.type === 'text') return part.text === '' ? [] : [{ type: 'input_text', text: part.text }];
  const { mediaType, source } = part;
  const url = source.kind === 'url' ? source.url : `data:${mediaType};base64,${source.data}`;
  if (mediaType.startsWith('image/')) return [{ type: 'input_image', image_url: url, detail: 'auto' }];
  if (mediaType === 'application/pdf') {
    return [
      source.kind === 'url'
        ? { type: 'input_file', file_url: url }
        : { type: 'input_file', filename: 'document.pdf', file_data: url },
    ];
  }
  losses.push({ kind: 'media-dropped', messageIndex, mediaType });
  return [{ type: 'input_text', text: mediaNote(mediaType).text }];
}

function encodeResult(
  result: ToolResultPart,
  messageIndex: number,
  field: MarkerField | undefined,
  losses: TranslationLoss[],
): ResponsesItem {
  const { toolCallId, isError } = result;
  if (isError) losses.push({ kind: 'error-flag-as-text', messageIndex, toolCallId });
  const said = result.content.flatMap((part) => encodePart(part, messageIndex, losses));
  const first = said[0];
  const flagged: readonly ResponsesInputPart[] = !isError
    ? said
    : first?.type === 'input_text'
      ? [{ ...first, text: ERROR_PREFIX + first.text }, ...said.slice(1)]
      : [{ type: 'input_text', text: ERROR_PREFIX }, ...said];
  const only = flagged.length === 1 ? flagged[0] : undefined;
  const plain = only?.type === 'input_text' && field === undefined ? only.text : undefined;
  return {
    type: 'function_call_output',
    call_id: mapName(OPENAI_CALL_ID, toolCallId),
    output: flagged.length === 0 ? '' : (plain ?? withMarker(flagged, field)),
  };
}
