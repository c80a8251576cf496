import type { JsonObject } from '../../domain/json.ts';
import { EFFORTS, type Effort } from '../../domain/step.ts';
import type { ToolSpec } from '../../domain/transcript.ts';
import { fieldsIn, isFields, textIn, type Fields } from '../shared/fields.ts';
import {
  createNotes,
  noteRemovedTools,
  noteUnknown,
  noteVendorState,
  type DecodeNotes,
  type InboundCall,
  type IssuedReader,
} from '../shared/inbound-call.ts';
import type { LossId } from '../shared/lossy-fields.ts';
import { decodeContents } from './decode-contents.ts';
import { at, bothSpellings, fieldsAt, manyIn, numericAt, requestIn } from './gemini-fields.ts';
import { toJsonSchema } from './gemini-schema.ts';

/** Fields of the request and of its `generationConfig` that nobody else has. */
const DROPPED: readonly (readonly [string, LossId])[] = [
  ['safetySettings', 'gemini.safety_settings'],
  ['modelArmorConfig', 'gemini.safety_settings'],
  ['labels', 'gemini.labels'],
  ['store', 'gemini.labels'],
  ['serviceTier', 'gemini.service_tier'],
];
const CONFIG_DROPPED: readonly (readonly [string, LossId])[] = [
  ['topK', 'gemini.top_k'],
  ['seed', 'gemini.seed'],
  ['presencePenalty', 'gemini.penalties'],
  ['frequencyPenalty', 'gemini.penalties'],
  ['mediaResolution', 'gemini.media_options'],
  ['audioTimestamp', 'gemini.media_options'],
  ['enableEnhancedCivicAnswers', 'gemini.unknown'],
  ['thinkingConfig', 'gemini.thinking'],
  ['responseSchema', 'gemini.schema'],
];

const KNOWN = new Set([
  ...bothSpellings(DROPPED.map(([name]) => name).join(' ')),
  ...bothSpellings(
    'model contents tools toolConfig systemInstruction generationConfig cachedContent continuationToken',
  ),
]);
const KNOWN_CONFIG = new Set([
  ...bothSpellings(CONFIG_DROPPED.map(([name]) => name).join(' ')),
  ...bothSpellings('temperature topP stopSequences maxOutputTokens candidateCount responseMimeType responseJsonSchema'),
  ...bothSpellings('responseModalities speechConfig imageConfig responseLogprobs logprobs'),
  '_responseJsonSchema',
]);

const KNOWN_FUNCTION = bothSpellings(
  'name description parameters parametersJsonSchema response responseJsonSchema behavior',
);

/** Reads a `generateContent` request; lenient, both spellings of its fields and both forms of its schemas. */
export function decodeGemini(body: Fields, readIssued: IssuedReader): InboundCall {
  const notes = createNotes();
  const request = requestIn(body);
  const config = fieldsAt(request, 'generationConfig');
  noteFields(request, config, notes);
  const transcript = decodeContents(manyIn(request['contents']), notes, readIssued);
  const thinking = fieldsAt(config, 'thinkingConfig');
  const mimeType = textIn(at(config, 'responseMimeType'));
  const responseSchema = mimeType === 'application/json' ? decodeSchema(config) : undefined;
  return {
    wire: 'gemini-generate-content',
    system: decodeSystem(at(request, 'systemInstruction'), notes),
    tools: decodeTools(request, notes),
    ...transcript,
    maxOutputTokens: numericAt(config, 'maxOutputTokens'),
    effort: geminiEffort(thinking),
    toolChoice: decodeToolChoice(fieldsAt(request, 'toolConfig'), notes),
    responseSchema,
    isJsonAnswer: mimeType === 'application/json' && responseSchema === undefined,
    verbosity: undefined,
    openaiFields: {},
    cacheMarkers: [],
    sampling: {
      temperature: numericAt(config, 'temperature'),
      topP: numericAt(config, 'topP'),
      stop: manyIn(at(config, 'stopSequences')).filter((stop) => typeof stop === 'string'),
      parallelToolCalls: undefined,
    },
    toolForms: notes.toolForms,
    losses: notes.losses,
    bounds: notes.bounds,
    isBoundToVendor: notes.isBoundToVendor,
    includeUsage: true,
    includeThoughts: at(thinking, 'includeThoughts') === true,
  };
}

function noteFields(request: Fields, config: Fields, notes: DecodeNotes): void {
  for (const [name, loss] of DROPPED) if (at(request, name) !== undefined) notes.losses.add(loss);
  for (const [name, loss] of CONFIG_DROPPED) if (at(config, name) !== undefined) notes.losses.add(loss);
  noteUnknown(request, KNOWN, 'gemini.unknown', notes);
  noteUnknown(config, KNOWN_CONFIG, 'gemini.unknown', notes);
  for (const name of ['cachedContent', 'continuationToken']) {
    if (at(request, name) !== undefined) noteVendorState(notes, `${name}, which lies on its vendor’s servers`);
  }
  if ((numericAt(config, 'candidateCount') ?? 1) > 1) notes.losses.add('gemini.candidates');
  notes.bounds.push(...onlyHere(config));
}

/** What no other interface can answer, and a caller would miss. */
function onlyHere(config: Fields): readonly string[] {
  const choices = numericAt(config, 'candidateCount') ?? 1;
  const spoken = manyIn(at(config, 'responseModalities')).filter((one) => String(one).toUpperCase() !== 'TEXT');
  const mimeType = textIn(at(config, 'responseMimeType')) ?? 'text/plain';
  return [
    ...(choices > 1 ? [`candidateCount: ${choices} candidates`] : []),
    ...(at(config, 'responseLogprobs') === true ? ['responseLogprobs'] : []),
    ...spoken.map((one) => `answers in ${String(one)} (responseModalities)`),
    ...['speechConfig', 'imageConfig'].filter((name) => at(config, name) !== undefined),
    ...(['text/plain', 'application/json'].includes(mimeType) ? [] : [`responseMimeType: ${mimeType}`]),
  ];
}

function decodeSystem(system: unknown, notes: DecodeNotes): string {
  if (typeof system === 'string') return system;
  const parts = manyIn(fieldsIn(system)['parts']).map(fieldsIn);
  const texts = parts.flatMap((part) => textIn(part['text']) ?? []);
  if (texts.length < parts.length) notes.bounds.push('media in the system instruction');
  if (parts.length > 1) notes.losses.add('gemini.system_parts');
  return texts.join('\n\n');
}

function decodeTools(request: Fields, notes: DecodeNotes): readonly ToolSpec[] {
  const specs: ToolSpec[] = [];
  const removed: string[] = [];
  for (const raw of manyIn(request['tools'])) {
    const tool = fieldsIn(raw);
    for (const declared of manyIn(at(tool, 'functionDeclarations'))) {
      const spec = decodeFunction(fieldsIn(declared), notes);
      if (spec !== undefined) specs.push(spec);
    }
    removed.push(
      ...Object.keys(tool).filter((name) => name !== 'functionDeclarations' && name !== 'function_declarations'),
    );
  }
  if (removed.length > 0) notes.losses.add('gemini.server_tool');
  noteRemovedTools(notes, removed, { kept: specs.length, forced: undefined });
  return specs;
}

function decodeFunction(declared: Fields, notes: DecodeNotes): ToolSpec | undefined {
  const name = textIn(declared['name']);
  if (name === undefined) return undefined;
  noteUnknown(declared, KNOWN_FUNCTION, 'gemini.unknown', notes);
  const given = at(declared, 'parametersJsonSchema');
  const { parameters } = declared;
  if (parameters !== undefined) notes.losses.add('gemini.parameters');
  for (const field of ['response', 'responseJsonSchema', 'behavior']) {
    if (at(declared, field) !== undefined) notes.losses.add('gemini.function_response');
  }
  return {
    name,
    description: textIn(declared['description']) ?? '',
    inputSchema: isFields(given)
      ? (given as JsonObject)
      : isFields(parameters)
        ? toJsonSchema(parameters as JsonObject)
        : { type: 'object', properties: {} },
  };
}

function decodeToolChoice(toolConfig: Fields, notes: DecodeNotes): InboundCall['toolChoice'] {
  const calling = fieldsAt(toolConfig, 'functionCallingConfig');
  const names = manyIn(at(calling, 'allowedFunctionNames')).filter((name) => typeof name === 'string');
  const mode = textIn(calling['mode'])?.toUpperCase();
  const only = mode === 'ANY' && names.length === 1 ? names[0] : undefined;
  const isKept = ['AUTO', 'ANY', 'NONE', undefined].includes(mode) && (names.length === 0 || only !== undefined);
  const others = Object.keys(toolConfig).some((key) => !/^function_?calling_?config$/iu.test(key));
  if (!isKept || others || at(calling, 'streamFunctionCallArguments') !== undefined) {
    notes.losses.add('gemini.tool_config');
  }
  return only === undefined ? choiceOf(mode) : { tool: only };
}

function choiceOf(mode: string | undefined): InboundCall['toolChoice'] {
  if (mode === undefined) return undefined;
  return mode === 'ANY' ? 'required' : mode === 'NONE' ? 'none' : 'auto';
}

/** The level as it stands; otherwise a budget as the effort that usually spends it. −1 leaves it to the model. */
export function geminiEffort(thinking: Fields): Effort | undefined {
  const level = textIn(at(thinking, 'thinkingLevel'))?.toLowerCase();
  if (EFFORTS.includes(level as Effort)) return level as Effort;
  const budgetTokens = numericAt(thinking, 'thinkingBudget');
  if (budgetTokens === undefined || budgetTokens < 0) return undefined;
  if (budgetTokens === 0) return 'none';
  if (budgetTokens < 4096) return 'low';
  return budgetTokens < 16_384 ? 'medium' : 'high';
}

function decodeSchema(config: Fields): InboundCall['responseSchema'] {
  const json = at(config, 'responseJsonSchema') ?? config['_responseJsonSchema'];
  if (isFields(json)) return { name: 'answer', schema: json as JsonObject };
  const older = at(config, 'responseSchema');
  return isFields(older) ? { name: 'answer', schema: toJsonSchema(older as JsonObject) } : undefined;
}
