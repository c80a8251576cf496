import type { Wire } from '../../domain/model.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { asBlocks, type ReadRequest } from './read-parts.ts';

/** Something a vendor refuses that the types of its SDK allow. Kept apart from the codecs, so that one can err without the other. */
interface VendorRule {
  readonly wires: readonly Wire[];
  /** The vendor's words when a body breaks the rule; `undefined`: it does not. */
  readonly objection: (body: Fields, request: ReadRequest) => string | undefined;
  readonly source: string;
  readonly asOf: string;
}

const ANTHROPIC: readonly Wire[] = ['anthropic-messages'];
const CHAT: readonly Wire[] = ['openai-chat'];
const RESPONSES: readonly Wire[] = ['openai-responses'];
const asOf = '2026-11-29';

const FLEX_MODELS = /^(?:o[34]|gpt-5|gpt-6)(?!.*codex)/u;

const RULES: readonly VendorRule[] = [
  {
    wires: ANTHROPIC,
    objection: (body) =>
      listIn(body['messages']).length === 0 ? 'messages: at least one message is required' : undefined,
    source: 'Anthropic API reference, messages',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) => repeated(idsIn(body, 'tool_use'), (id) => `messages: \`tool_use\` ids must be unique: ${id}`),
    source: 'Anthropic API error text, tool_use ids',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) =>
      blocksIn(body).some((block) => block['type'] === 'text' && (textIn(block['text']) ?? '').trim() === '')
        ? 'messages: text content blocks must contain non-whitespace text'
        : undefined,
    source: 'Anthropic API error text, text content blocks',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) =>
      listIn(body['stop_sequences']).some((stop) => (textIn(stop) ?? '').trim() === '')
        ? 'stop_sequences: each stop sequence must contain non-whitespace'
        : undefined,
    source: 'Anthropic API error text, stop_sequences',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) => {
      const named = textIn(fieldsIn(body['tool_choice'])['name']);
      return named === undefined || offers(body, named) ? undefined : `tool_choice: Tool '${named}' not found in tools`;
    },
    source: 'Anthropic API reference, tool_choice',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) => {
      const bad = listIn(body['tools'])
        .map((tool) => fieldsIn(tool))
        .findIndex(
          (tool) => tool['input_schema'] !== undefined && !isPlainObjectSchema(fieldsIn(tool['input_schema'])),
        );
      return bad === -1 ? undefined : `tools.${bad}.custom.input_schema: type object without oneOf, allOf or anyOf`;
    },
    source: 'Anthropic API error text, input_schema',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) => {
      const format = fieldsIn(fieldsIn(body['output_config'])['format']);
      return format['type'] === 'json_schema' && !isClosed(format['schema'])
        ? "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
        : undefined;
    },
    source: 'Anthropic docs, structured outputs',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body, { model }) =>
      /^claude-(?:opus-(?:4-[7-9]|[5-9])|sonnet-[5-9]|haiku-5-5|fable)/u.test(model) &&
      ['temperature', 'top_p', 'top_k'].some((field) => body[field] !== undefined)
        ? `\`temperature\` is deprecated for this model.`
        : undefined,
    source: 'Anthropic API error text, sampling',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body, { model }) => {
      if (fieldsIn(body['thinking'])['type'] !== 'disabled') return undefined;
      const effort = textIn(fieldsIn(body['output_config'])['effort']) ?? '';
      const isStuck = /^claude-(?:fable|opus-5-5)/u.test(model);
      const isTooMuch = /^claude-opus-5(?!-5)/u.test(model) && /^(?:xhigh|max)$/u.test(effort);
      return isStuck || isTooMuch ? 'thinking.type: "disabled" is not supported for this model' : undefined;
    },
    source: 'Anthropic docs, adaptive thinking',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body, { model }) =>
      /^claude-(?:fable-5-1|opus-5-5)/u.test(model) &&
      /^(?:any|tool)$/u.test(textIn(fieldsIn(body['tool_choice'])['type']) ?? '')
        ? 'tool_choice: forcing a tool is not supported while thinking'
        : undefined,
    source: 'Anthropic docs, adaptive thinking',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body, { model }) =>
      /^claude-(?:(?:opus|sonnet)-(?:4-[6-9]|[5-9])|haiku-5-5|fable)/u.test(model) && endsWithAssistant(body)
        ? 'This model does not support assistant message prefill. The conversation must end with a user message.'
        : undefined,
    source: 'Anthropic docs, what is new in Claude 4.6, prefill removal',
    asOf,
  },
  {
    wires: ANTHROPIC,
    objection: (body) => outside(body['temperature'], 0, 1, 'temperature'),
    source: 'Anthropic API reference, temperature',
    asOf,
  },
  {
    wires: CHAT,
    objection: (body, { model }) =>
      /^(?:gpt-|o\d)/u.test(model) && listIn(body['stop']).length > 4
        ? `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${listIn(body['stop']).length} instead.`
        : undefined,
    source: 'OpenAI API reference, chat: stop has up to 4 sequences',
    asOf,
  },
  {
    wires: CHAT,
    objection: (body) => (listIn(body['messages']).length === 0 ? "Invalid 'messages': empty array." : undefined),
    source: 'OpenAI API reference, chat',
    asOf,
  },
  {
    wires: CHAT,
    objection: (body) => {
      const named = textIn(fieldsIn(fieldsIn(body['tool_choice'])['function'])['name']);
      return named === undefined || offers(body, named) ? undefined : `Tool choice '${named}' not in 'tools'.`;
    },
    source: 'OpenAI API error text, tool_choice',
    asOf,
  },
  {
    wires: CHAT,
    objection: (body) => {
      if (body['max_tokens'] !== undefined && body['max_completion_tokens'] !== undefined) {
        return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
      }
      return outside(body['max_tokens'] ?? body['max_completion_tokens'], 1, Number.POSITIVE_INFINITY, 'max_tokens');
    },
    source: 'OpenAI API error text, max_tokens',
    asOf,
  },
  {
    wires: [...CHAT, ...RESPONSES],
    objection: (body) => {
      const bad = listIn(body['tools'])
        .map((tool) => fieldsIn(fieldsIn(tool)['function'] ?? tool)['parameters'])
        .find((schema) => schema !== undefined && fieldsIn(schema)['type'] === 'object' && !hasProperties(schema));
      return bad === undefined ? undefined : 'Invalid schema for function: object schema missing properties.';
    },
    source: 'OpenAI API error text, function schemas',
    asOf,
  },
  {
    wires: [...CHAT, ...RESPONSES],
    objection: (body) => outside(body['temperature'], 0, 2, 'temperature'),
    source: 'OpenAI API reference, temperature',
    asOf,
  },
  {
    wires: [...CHAT, ...RESPONSES],
    objection: (body, { model }) =>
      body['service_tier'] === 'flex' && /^(?:gpt-|o\d)/u.test(model) && !FLEX_MODELS.test(model)
        ? `Invalid service_tier argument: flex is not available for ${model}.`
        : undefined,
    source: 'OpenAI docs, flex processing: models of the pricing page',
    asOf: '2026-11-30',
  },
  {
    wires: RESPONSES,
    objection: (body) => outside(body['max_output_tokens'], 16, Number.POSITIVE_INFINITY, 'max_output_tokens'),
    source: 'OpenAI API error text, max_output_tokens',
    asOf,
  },
  {
    wires: RESPONSES,
    objection: (body) => {
      const choice = fieldsIn(body['tool_choice']);
      const named = choice['type'] === 'function' ? textIn(choice['name']) : undefined;
      return named === undefined || offers(body, named) ? undefined : `Tool choice '${named}' not in 'tools'.`;
    },
    source: 'OpenAI API error text, tool_choice',
    asOf,
  },
  {
    wires: RESPONSES,
    objection: (body) => {
      const strict = listIn(body['tools'])
        .map((tool) => fieldsIn(tool))
        .find((tool) => tool['strict'] === true && !isClosed(tool['parameters']));
      const format = fieldsIn(fieldsIn(body['text'])['format']);
      const isLoose = format['strict'] === true && !isClosed(format['schema']);
      return strict !== undefined || isLoose
        ? "'additionalProperties' is required to be supplied and to be false"
        : undefined;
    },
    source: 'OpenAI docs, structured outputs',
    asOf,
  },
];

/** The first rule that a request breaks, in its vendor's words. */
export function ruleObjection(request: ReadRequest): string | undefined {
  for (const rule of RULES) {
    const objection = rule.wires.includes(request.wire) ? rule.objection(request.body, request) : undefined;
    if (objection !== undefined) return objection;
  }
  return undefined;
}

function blocksIn(body: Fields): readonly Fields[] {
  return listIn(body['messages']).flatMap((message) => asBlocks(fieldsIn(message)['content']));
}

function idsIn(body: Fields, type: string): readonly string[] {
  return blocksIn(body).flatMap((block) => (block['type'] === type ? [textIn(block['id']) ?? ''] : []));
}

function repeated(ids: readonly string[], say: (id: string) => string): string | undefined {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : say(twice);
}

function offers(body: Fields, name: string): boolean {
  return listIn(body['tools']).some((raw) => {
    const tool = fieldsIn(raw);
    return [tool['name'], fieldsIn(tool['function'])['name'], fieldsIn(tool['custom'])['name']].includes(name);
  });
}

function hasProperties(schema: unknown): boolean {
  return Object.keys(fieldsIn(schema)).includes('properties');
}

function isPlainObjectSchema(schema: Fields): boolean {
  return schema['type'] === 'object' && ['anyOf', 'oneOf', 'allOf'].every((key) => schema[key] === undefined);
}

/** Whether every object inside says that it takes nothing else. */
function isClosed(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isClosed);
  if (schema === null || typeof schema !== 'object') return true;
  const node = fieldsIn(schema);
  if (node['type'] === 'object' && node['additionalProperties'] !== false) return false;
  return Object.values(node).every(isClosed);
}

/** A turn of a tool that the vendor runs may be gone on with. */
function endsWithAssistant(body: Fields): boolean {
  const last = fieldsIn(listIn(body['messages']).at(-1));
  return (
    last['role'] === 'assistant' && !asBlocks(last['content']).some((block) => block['type'] === 'server_tool_use')
  );
}

function outside(value: unknown, low: number, high: number, name: string): string | undefined {
  const given = numberIn(value);
  return given === undefined || (given >= low && given <= high)
    ? undefined
    : `Invalid '${name}': ${given} is out of range.`;
}
