import type { CallRequest } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import type { Fields } from '../shared/fields.ts';
import type { Sampling } from '../shared/inbound-call.ts';
import type { Encoded } from '../shared/stream-decoder.ts';
import { GEMINI_TOOL_NAME } from '../shared/tool-ids.ts';
import { describedWith, toolSchema } from '../shared/tool-schema.ts';
import { outputLimit, toolNameMaps, withSchemaText } from '../shared/translate.ts';
import type { SamplingForm, WrittenSampling } from '../shared/wire-format.ts';
import { encodeContents } from './encode-contents.ts';
import { encodeThinking } from './gemini-thinking.ts';
import type { GeminiConfig, GeminiRequest } from './gemini-wire.ts';

/** Writes a call as `generateContent`. Its model and whether it streams stand in the address. Pure. */
export function encodeGemini(model: Model, request: CallRequest): Encoded<GeminiRequest> {
  const names = toolNameMaps(GEMINI_TOOL_NAME, request);
  const { contents, losses } = encodeContents(model, request.messages, names.toWire);
  const wantsForm = request.responseSchema !== undefined || request.isJsonAnswer === true;
  const isRefused = request.tools.length > 0 && model.requestLimits?.schemaBesideTools === 'refused';
  const asText = wantsForm && (!model.structuredOutput || isRefused);
  const limit = outputLimit(model, request);
  const thinking = encodeThinking(model, request);
  const system = withSchemaText(request, asText);
  const config: GeminiConfig = {
    ...(limit.tokens === undefined ? {} : { maxOutputTokens: limit.tokens }),
    ...(asText ? {} : responseForm(request)),
    ...(thinking.config === undefined ? {} : { thinkingConfig: thinking.config }),
  };
  return {
    body: {
      contents,
      ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
      ...encodeTools(request, names.toWire),
      ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
      ...tierField(model),
    },
    losses: [...losses, ...thinking.losses, ...(asText ? [{ kind: 'schema-as-text' } as const] : []), ...limit.losses],
    toolNames: names.fromWire,
  };
}

function tierField({ serviceTier }: Model): Pick<GeminiRequest, 'serviceTier'> {
  return serviceTier === undefined ? {} : { serviceTier };
}

function responseForm({ responseSchema, isJsonAnswer }: CallRequest): GeminiConfig {
  if (responseSchema === undefined) return isJsonAnswer === true ? { responseMimeType: 'application/json' } : {};
  return { responseMimeType: 'application/json', responseJsonSchema: responseSchema.schema };
}

function encodeTools(
  request: CallRequest,
  toWire: (name: string) => string,
): Pick<GeminiRequest, 'tools' | 'toolConfig'> {
  if (request.tools.length === 0) return {};
  const functionDeclarations = request.tools.map(({ name, description, inputSchema }) => {
    const { schema, note } = toolSchema(inputSchema);
    return {
      name: toWire(name),
      description: describedWith(description, note),
      parametersJsonSchema: schema,
    };
  });
  return { tools: [{ functionDeclarations }], ...encodeToolChoice(request.toolChoice, toWire) };
}

function encodeToolChoice(
  choice: CallRequest['toolChoice'],
  toWire: (name: string) => string,
): Pick<GeminiRequest, 'toolConfig'> {
  if (choice === undefined || choice === 'auto') return {};
  if (choice === 'none') return { toolConfig: { functionCallingConfig: { mode: 'NONE' } } };
  const only = choice === 'required' ? {} : { allowedFunctionNames: [toWire(choice.tool)] };
  return { toolConfig: { functionCallingConfig: { mode: 'ANY', ...only } } };
}

/** Gemini API reference, GenerationConfig, read 2026-11. */
const MAX_STOP_COUNT = 5;

/** Temperature, top-p and stop texts stand beside the rest of the configuration. */
export const geminiSampling: SamplingForm = {
  write: writeSampling,
  maxStopCount: MAX_STOP_COUNT,
  takesSerialCalls: false,
  loss: 'gemini.sampling',
  stopLoss: 'gemini.stop_sequences',
};

function writeSampling({ temperature, topP, stop }: Sampling, body: object): WrittenSampling {
  const more: GeminiConfig = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop.length === 0 ? {} : { stopSequences: stop.slice(0, MAX_STOP_COUNT) }),
  };
  const { generationConfig } = body as GeminiRequest;
  const fields: Fields = Object.keys(more).length === 0 ? {} : { generationConfig: { ...generationConfig, ...more } };
  return { fields, temperature, topP };
}

/** The header that opens the endpoint. */
export function geminiHeaders(key: string): Readonly<Record<string, string>> {
  return { 'x-goog-api-key': key };
}
