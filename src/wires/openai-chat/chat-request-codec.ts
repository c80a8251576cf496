import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import { DIALECT_FACTS } from '../openai-shared/dialects.ts';
import { planMarkers, type MarkerPlan } from '../openai-shared/openai-markers.ts';
import { tierField } from '../openai-shared/service-tier.ts';
import { isStrictSchema } from '../openai-shared/strict-schema.ts';
import { effortNow, fitEffort } from '../shared/effort.ts';
import type { Dialect } from '../shared/endpoint-config.ts';
import type { Encoded } from '../shared/stream-decoder.ts';
import { OPENAI_TOOL_NAME, mapName } from '../shared/tool-ids.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import { outputLimit, toolNameMaps, withSchemaText } from '../shared/translate.ts';
import { writeConversation } from './chat-conversation.ts';
import type { ChatMessage, ChatRequest } from './chat-wire.ts';

/** Writes a call as Chat Completions in the dialect of one endpoint. Pure. */
export function encodeChat(model: Model, request: CallRequest, dialect: Dialect): Encoded<ChatRequest> {
  const facts = DIALECT_FACTS[dialect];
  const names = toolNameMaps(OPENAI_TOOL_NAME, request);
  const plan = planMarkers(model, request, dialect);
  const asText = (request.responseSchema !== undefined || request.isJsonAnswer === true) && !model.structuredOutput;
  const { effort, losses: effortLosses } = fitEffort(effortNow(request), model.efforts);
  const limit = outputLimit(model, request);
  const conversation = writeConversation({ model, facts, plan, toWire: names.toWire }, request.messages);
  const system = withSchemaText(request, asText);
  return {
    body: {
      model: model.wireModel,
      messages: [...systemMessage(system, plan), ...conversation.messages],
      ...encodeTools(request, names.toWire),
      ...(limit.tokens === undefined ? {} : { [facts.maxTokensField]: limit.tokens }),
      ...(effort === undefined
        ? {}
        : facts.effortField === 'reasoning'
          ? { reasoning: { effort } }
          : { reasoning_effort: effort }),
      ...(asText ? {} : responseFormat(request)),
      ...(facts.native ? request.openaiFields : {}),
      ...tierField(model),
      ...(facts.native && request.verbosity !== undefined ? { verbosity: request.verbosity } : {}),
      ...(facts.cacheKey ? { prompt_cache_key: request.cacheKey } : {}),
      stream: true,
      stream_options: { include_usage: true },
    },
    losses: [
      ...conversation.losses,
      ...effortLosses,
      ...(asText ? [{ kind: 'schema-as-text' } as const] : []),
      ...limit.losses,
    ],
    toolNames: names.fromWire,
  };
}

function systemMessage(text: string, plan: MarkerPlan): readonly ChatMessage[] {
  if (text === '') return [];
  const content = plan.system === undefined ? text : [{ type: 'text' as const, text, ...plan.system }];
  return [{ role: 'system', content }];
}

function encodeTools(
  request: CallRequest,
  toWire: (name: string) => string,
): Pick<ChatRequest, 'tools' | 'tool_choice'> {
  if (request.tools.length === 0) return {};
  const { toolChoice } = request;
  return {
    tools: request.tools.map(({ name, description, inputSchema }) => {
      const { schema, note } = toolSchema(inputSchema);
      return {
        type: 'function',
        function: { name: toWire(name), description: describedWith(description, note), parameters: schema },
      };
    }),
    ...(toolChoice === undefined || toolChoice === 'auto'
      ? {}
      : {
          tool_choice:
            typeof toolChoice === 'string'
              ? toolChoice
              : { type: 'function', function: { name: toWire(toolChoice.tool) } },
        }),
  };
}

function responseFormat({ responseSchema, isJsonAnswer }: CallRequest): Pick<ChatRequest, 'response_format'> {
  if (responseSchema === undefined) return isJsonAnswer === true ? { response_format: { type: 'json_object' } } : {};
  const { name, schema } = responseSchema;
  const strict = responseSchema.strict !== false && isStrictSchema(schema);
  return {
    response_format: { type: 'json_schema', json_schema: { name: mapName(OPENAI_TOOL_NAME, name), schema, strict } },
  };
}
