import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shippedModels } from '../../src/catalog/load-catalog.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../src/domain/json.ts';
import type { Model, Wire } from '../../src/domain/model.ts';
import { shapesFolder } from '../../src/testing/internal/vendor-shapes/make-shapes.ts';
import { lostOnTheWay } from '../../src/wires/cannot-carry.ts';
import { translateCall } from '../../src/wires/translate-call.ts';
import { WIRE_FORMATS } from '../../src/wires/wire-formats.ts';
import { propertiesOf, samplesOf, type SchemaFile } from './sample-schema.ts';

/** What became of every field that a vendor's own types have, on the way to every other format. */
export interface FieldAccount {
  readonly triedCount: number;
  /** Neither arrived, nor was told, nor was refused: `caller.field=value → vendor`. */
  readonly unaccounted: readonly string[];
}

const messages = [{ role: 'user', content: 'hi' }];
const schema = { type: 'object', properties: {} };
const claudeTool = { name: 'sample', input_schema: schema };
const chatTool = { type: 'function', function: { name: 'sample', parameters: schema } };
const responsesTool = { type: 'function', name: 'sample', parameters: schema };

/** A request of each format that says little: a question, and the tool that samples of choices name. */
const LEAST: readonly (readonly [Wire, string, JsonObject])[] = [
  ['anthropic-messages', 'ClaudeRequest', { model: 'm', max_tokens: 500, messages, tools: [claudeTool] }],
  ['openai-chat', 'OpenaiChatRequest', { model: 'm', messages, tools: [chatTool] }],
  ['openai-responses', 'OpenaiResponsesRequest', { model: 'm', input: 'hi', tools: [responsesTool] }],
];

/** The transcript, and what the gateway itself reads or writes in every call. */
const STRUCTURE = new Set(['model', 'messages', 'input', 'stream', 'max_tokens']);

/** Values that ask for what happens without the field. */
function isDefault(name: string, value: JsonValue): boolean {
  if (Array.isArray(value) && value.length === 0) return true;
  const text = canonicalJson(value);
  return DEFAULTS.some(([field, said]) => field === name && (said === '*' || said === text));
}

const DEFAULTS: readonly (readonly [string, string])[] = [
  ['tool_choice', '"auto"'],
  ['tool_choice', '{"type":"auto"}'],
  ['parallel_tool_calls', 'true'],
  ['text', '{}'],
  ['reasoning', '{}'],
  ['stream_options', '{}'],
  ['output_config', '{}'],
  ['response_format', '{"type":"text"}'],
  ['modalities', '["text"]'],
  ['function_call', '"auto"'],
];

/** Adds each field alone to the least request, in each of its forms, and looks what that changes on the other side. */
export function accountForFields(): FieldAccount {
  const models = shippedModels();
  const unaccounted: string[] = [];
  let triedCount = 0;
  for (const [wire, name, least] of LEAST) {
    const file = JSON.parse(readFileSync(path.join(shapesFolder(), `${name}.json`), 'utf8')) as SchemaFile;
    for (const model of targetsOf(models, wire)) {
      for (const [field, form] of Object.entries(propertiesOf(file))) {
        if (STRUCTURE.has(field)) continue;
        const { [field]: _own, ...others } = least;
        const without = outcomeOf(wire, others, model);
        for (const value of samplesOf(file, form)) {
          if (isDefault(field, value)) continue;
          triedCount += 1;
          if (outcomeOf(wire, { ...others, [field]: value }, model) !== without) continue;
          unaccounted.push(`${wire}.${field}=${JSON.stringify(value).slice(0, 80)} → ${model.wire}`);
        }
      }
    }
  }
  return { triedCount, unaccounted };
}

/** One model of each other format. */
function targetsOf(models: readonly Model[], wire: Wire): readonly Model[] {
  const others = Object.keys(WIRE_FORMATS).filter((other) => other !== wire);
  return others.flatMap((other) => models.find((model) => model.wire === other) ?? []);
}

/** The request on the other side with what was told of it, or what it was refused for. */
function outcomeOf(wire: Wire, body: JsonObject, model: Model): string {
  const inbound = WIRE_FORMATS[wire].readRequest(body, () => undefined);
  const refused = lostOnTheWay(inbound, model);
  if (refused.length > 0) return `refused: ${refused.join('; ')}`;
  const sent = translateCall(inbound, model, {
    dialect: model.endpoint === 'openai' ? 'openai' : 'generic',
    cacheKey: 's',
    reanchorAt: undefined,
    promptTokens: 10,
  });
  return canonicalJson({ body: sent.body, losses: [...sent.losses].sort() });
}
