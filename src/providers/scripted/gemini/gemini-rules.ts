import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../../wires/shared/fields.ts';
import type { BodyRule } from '../body-rule.ts';
import { callSignature, textSignature } from './write-gemini.ts';

const asOf = '2026-11-29';
/** Models that came with signatures on calls, thinking levels and media in results. */
const isThird = (model: string): boolean => /^gemini-(?:[3-9]|\d{2})/u.test(model);
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  'skip_thought_signature_validator',
  'context_engineering_is_the_way_to_go',
]);

const FIELDS =
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent serviceTier store continuationToken';
const CONFIG_FIELDS =
  'stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers speechConfig thinkingConfig imageConfig mediaResolution';
const PART_FIELDS =
  'text inlineData fileData functionCall functionResponse executableCode codeExecutionResult toolCall toolResponse thought thoughtSignature videoMetadata mediaResolution mediaProcessing partMetadata';

/** What is refused of such a request. */
export const GEMINI_RULES: readonly BodyRule[] = [
  {
    objection: (body) =>
      unknownName(body, FIELDS) ??
      unknownName(fieldsIn(body['generationConfig']), CONFIG_FIELDS) ??
      partsOf(body).flatMap((part) => unknownName(part, PART_FIELDS) ?? [])[0],
    source: 'google.rpc: "Invalid JSON payload received. Unknown name"',
    asOf,
  },
  {
    objection: (body) =>
      listIn(body['contents']).length === 0
        ? '* GenerateContentRequest.contents: contents is not specified\n'
        : undefined,
    source: 'Gemini API error text, contents',
    asOf,
  },
  {
    objection: (body) => {
      const odd = listIn(body['contents']).findIndex(
        (content) => !['user', 'model'].includes(String(fieldsIn(content)['role'])),
      );
      return odd < 0 ? undefined : 'Please use a valid role: user, model.';
    },
    source: 'Gemini API error text, role',
    asOf,
  },
  {
    objection: (body) => {
      const empty = listIn(body['contents']).findIndex((content) => listIn(fieldsIn(content)['parts']).length === 0);
      return empty < 0
        ? undefined
        : `* GenerateContentRequest.contents[${empty}].parts: contents.parts must not be empty.\n`;
    },
    source: 'Gemini API error text, parts',
    asOf,
  },
  {
    objection: (body) =>
      partsOf(body).some((part) => dataFields(part).length !== 1 && Object.keys(part).join(' ') !== 'thoughtSignature')
        ? "required oneof field 'data' must have one initialized field"
        : undefined,
    source: 'Gemini API error text, Part.data',
    asOf,
  },
  { objection: orderObjection, source: 'Gemini API error text, function calling turns', asOf },
  {
    objection: (body) => {
      const unnamed = partsOf(body).some((part) =>
        ['functionCall', 'functionResponse'].some(
          (kind) => part[kind] !== undefined && !textIn(fieldsIn(part[kind])['name']),
        ),
      );
      return unnamed ? 'function_response.name: Name cannot be empty.' : undefined;
    },
    source: 'Gemini API error text, function_response.name',
    asOf,
  },
  { objection: signatureObjection, source: 'Gemini API docs, thought signatures', asOf },
  {
    objection: (body) => {
      const names = declaredNames(body);
      const odd = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/u.test(name));
      if (odd !== undefined) return 'Invalid function name. Must start with a letter or an underscore.';
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      return twice === undefined ? undefined : `Duplicate function declaration found: ${twice}`;
    },
    source: 'Gemini API reference, FunctionDeclaration; error text, duplicate declarations',
    asOf,
  },
  {
    objection: (body) => {
      const calling = fieldsIn(fieldsIn(body['toolConfig'])['functionCallingConfig']);
      const allowed = listIn(calling['allowedFunctionNames']).map(String);
      const missing = allowed.find((name) => !declaredNames(body).includes(name));
      if (missing !== undefined) return `allowed_function_names: ${missing} is not in function_declarations.`;
      return allowed.length > 0 && !['ANY', 'VALIDATED'].includes(String(calling['mode']))
        ? 'Function calling config is set without function calling mode ANY.'
        : undefined;
    },
    source: 'Gemini API reference, FunctionCallingConfig',
    asOf,
  },
  {
    objection: (body) => {
      const config = fieldsIn(body['generationConfig']);
      return (
        outside(config['temperature'], 0, 2, 'temperature') ??
        outside(config['topP'], 0, 1, 'top_p') ??
        outside(config['maxOutputTokens'], 1, 1_048_576, 'max_output_tokens') ??
        (listIn(config['stopSequences']).length > 5 ? 'The number of stop_sequences must be at most 5.' : undefined)
      );
    },
    source: 'Gemini API reference, GenerationConfig',
    asOf,
  },
  { objection: thinkingObjection, source: 'Gemini API docs, thinking', asOf },
  {
    objection: (body, model) => {
      const config = fieldsIn(body['generationConfig']);
      const hasSchema = config['responseSchema'] !== undefined || config['responseJsonSchema'] !== undefined;
      const isJson = config['responseMimeType'] === 'application/json';
      if (hasSchema && !isJson) return 'response_schema is set but response_mime_type is not application/json';
      return isJson && declaredNames(body).length > 0 && !isThird(model)
        ? "Function calling with a response mime type: 'application/json' is unsupported"
        : undefined;
    },
    source: 'Gemini API error text, structured output beside tools',
    asOf,
  },
  {
    objection: (body, model) =>
      !isThird(model) && partsOf(body).some((part) => listIn(fieldsIn(part['functionResponse'])['parts']).length > 0)
        ? 'Multimodal function responses are not supported for this model.'
        : undefined,
    source: 'Gemini API docs, multimodal function responses',
    asOf,
  },
  {
    objection: (body) => {
      const odd = partsOf(body)
        .map((part) => textIn(fieldsIn(part['inlineData'])['mimeType']))
        .find((type) => type !== undefined && !/^(?:image|audio|video|text)\/[\w.+-]+$|^application\/pdf$/u.test(type));
      return odd === undefined ? undefined : `Unsupported MIME type: ${odd}`;
    },
    source: 'Gemini API error text, MIME types',
    asOf,
  },
];

function unknownName(given: Fields, known: string): string | undefined {
  const names = known.split(' ');
  const odd = Object.keys(given).find((name) => !names.includes(name));
  return odd === undefined ? undefined : `Invalid JSON payload received. Unknown name "${odd}": Cannot find field.`;
}

function partsOf(body: Fields): readonly Fields[] {
  return listIn(body['contents']).flatMap((content) => listIn(fieldsIn(content)['parts']).map(fieldsIn));
}

function dataFields(part: Fields): readonly string[] {
  const options = new Set([
    'thought',
    'thoughtSignature',
    'videoMetadata',
    'mediaResolution',
    'mediaProcessing',
    'partMetadata',
  ]);
  return Object.keys(part).filter((name) => !options.has(name));
}

function declaredNames(body: Fields): readonly string[] {
  return listIn(body['tools']).flatMap((tool) =>
    listIn(fieldsIn(tool)['functionDeclarations']).map((declared) => textIn(fieldsIn(declared)['name']) ?? ''),
  );
}

function countOf(content: Fields, kind: string): number {
  return listIn(content['parts']).filter((part) => fieldsIn(part)[kind] !== undefined).length;
}

/** Calls follow a user’s turn, results follow their calls, as many as there were calls. */
function orderObjection(body: Fields): string | undefined {
  const contents = listIn(body['contents']).map(fieldsIn);
  for (const [index, content] of contents.entries()) {
    const before = contents[index - 1];
    const results = countOf(content, 'functionResponse');
    const open = before === undefined ? 0 : countOf(before, 'functionCall');
    if (countOf(content, 'functionCall') > 0 && before?.['role'] !== 'user') {
      return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
    }
    if (results !== open) {
      return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
    }
  }
  const last = contents.at(-1);
  return last !== undefined && countOf(last, 'functionCall') > 0
    ? 'Please ensure that function response turn comes immediately after a function call turn.'
    : undefined;
}

/** What this model signed comes back as it was; the first call of each step has a signature, since the user last spoke. */
function signatureObjection(body: Fields, model: string): string | undefined {
  const contents = listIn(body['contents']).map(fieldsIn);
  const turn = contents.findLastIndex(
    (content) => content['role'] === 'user' && countOf(content, 'functionResponse') === 0,
  );
  for (const [index, content] of contents.entries()) {
    const parts = listIn(content['parts']).map(fieldsIn);
    if (parts.some((part) => !isValid(part, model))) return 'Corrupted thought signature.';
    const first = parts.find((part) => part['functionCall'] !== undefined);
    if (isThird(model) && index > turn && first !== undefined && first['thoughtSignature'] === undefined) {
      const name = textIn(fieldsIn(first['functionCall'])['name']) ?? '';
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call \`default_api:${name}\`.`;
    }
  }
  return undefined;
}

function isValid(part: Fields, model: string): boolean {
  const signature = textIn(part['thoughtSignature']);
  if (signature === undefined || PLACEHOLDERS.has(signature)) return true;
  const call = fieldsIn(part['functionCall']);
  const own =
    part['functionCall'] === undefined
      ? textSignature(model)
      : callSignature(model, textIn(call['name']) ?? '', fieldsIn(call['args']));
  return signature === own;
}

function thinkingObjection(body: Fields, model: string): string | undefined {
  const { thinkingLevel: level, thinkingBudget: budget } = fieldsIn(
    fieldsIn(body['generationConfig'])['thinkingConfig'],
  );
  if (level === undefined) return budgetObjection(numberIn(budget), model);
  if (budget !== undefined) return 'You can only set only one of thinking budget and thinking level.';
  if (!isThird(model)) return 'Thinking level is not supported for this model.';
  return LEVELS.has(textIn(level) ?? '')
    ? undefined
    : `Invalid value at 'generation_config.thinking_config.thinking_level': ${JSON.stringify(level)}`;
}

const LEVELS: ReadonlySet<string> = new Set(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'XHIGH']);

function budgetObjection(budget: number | undefined, model: string): string | undefined {
  if (budget === undefined || budget === -1) return undefined;
  const [least, most] = model.startsWith('gemini-2.5-pro') ? [128, 32_768] : [0, 24_576];
  return budget >= least && budget <= most
    ? undefined
    : `The thinking budget ${budget} is invalid. Please choose a value between ${least} and ${most}.`;
}

function outside(value: unknown, low: number, high: number, name: string): string | undefined {
  const given = numberIn(value);
  if (given === undefined || (given >= low && given <= high)) return undefined;
  return `Unable to submit request because ${name} must be in the range [${low}, ${high}].`;
}
