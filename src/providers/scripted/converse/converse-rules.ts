import { fieldsIn, isFields, listIn, numberIn, textIn, type Fields } from '../../../wires/shared/fields.ts';
import { sealThinking } from '../answer.ts';
import type { BodyRule } from '../body-rule.ts';

const asOf = '2026-11-29';
const REFERENCE = 'Amazon Bedrock API reference, Converse';
const WORDS = 'Amazon Bedrock error text, ValidationException';

const FIELDS =
  'messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables additionalModelResponseFieldPaths requestMetadata performanceConfig serviceTier outputConfig';
const MEDIA: Readonly<Record<string, string>> = {
  image: 'png jpeg gif webp',
  document: 'pdf csv doc docx xls xlsx html txt md',
  video: 'mkv mov mp4 webm flv mpeg mpg wmv three_gp',
  audio: 'mp3 opus wav aac flac mp4 ogg mkv mka x-aac m4a mpeg mpga pcm webm',
};
const BLOCKS =
  'text image document video audio toolUse toolResult guardContent cachePoint reasoningContent citationsContent searchResult';

/** What is refused of such a request. */
export const CONVERSE_RULES: readonly BodyRule[] = [
  { objection: (body) => unknownName(body, FIELDS), source: REFERENCE, asOf },
  {
    objection: (body) => blocksIn(body).flatMap((block) => unknownName(block, BLOCKS) ?? [])[0],
    source: REFERENCE,
    asOf,
  },
  {
    objection: (body) =>
      blocksIn(body).some((block) => Object.keys(block).length !== 1)
        ? 'The value at messages.content must be set to exactly one of the following members'
        : undefined,
    source: REFERENCE,
    asOf,
  },
  { objection: turnObjection, source: WORDS, asOf },
  {
    objection: (body) =>
      [...blocksIn(body), ...listIn(body['system']).map(fieldsIn)].some(
        ({ text }) => text !== undefined && (textIn(text) ?? '').trim() === '',
      )
        ? 'The text field in the ContentBlock object is blank. Add text to the text field, and try again.'
        : undefined,
    source: WORDS,
    asOf,
  },
  { objection: resultObjection, source: WORDS, asOf },
  {
    objection: (body) => {
      const usesTools = blocksIn(body).some((block) => 'toolUse' in block || 'toolResult' in block);
      return usesTools && toolsIn(body).length === 0
        ? 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
        : undefined;
    },
    source: WORDS,
    asOf,
  },
  { objection: toolObjection, source: 'Amazon Bedrock API reference, ToolSpecification', asOf },
  { objection: mediaObjection, source: 'Amazon Bedrock API reference, ImageBlock, DocumentBlock', asOf },
  {
    objection: (body) => {
      const config = fieldsIn(body['inferenceConfig']);
      const tokens = config['maxTokens'];
      if (tokens !== undefined && !((numberIn(tokens) ?? 0) >= 1))
        return 'inferenceConfig.maxTokens must be at least 1';
      if (listIn(config['stopSequences']).includes(''))
        return 'inferenceConfig.stopSequences must have length at least 1';
      const outside = ['temperature', 'topP'].find((name) => !isShare(config[name]));
      return outside === undefined ? undefined : `inferenceConfig.${outside} must be between 0 and 1`;
    },
    source: 'Amazon Bedrock API reference, InferenceConfiguration',
    asOf,
  },
  {
    objection: (body) => {
      const count = [...blocksIn(body), ...listIn(body['system']).map(fieldsIn), ...toolsIn(body)].filter(
        (block) => block['cachePoint'] !== undefined,
      ).length;
      return count > 4 ? `A maximum of 4 cache points may be provided. Found ${count}.` : undefined;
    },
    source: 'Amazon Bedrock user guide, prompt caching',
    asOf,
  },
  {
    objection: (body, model) =>
      blocksIn(body)
        .map((block) => fieldsIn(fieldsIn(block['reasoningContent'])['reasoningText']))
        .some(({ text, signature }) => signature !== undefined && signature !== sealThinking(model, textIn(text) ?? ''))
        ? 'Invalid signature in reasoningContent block'
        : undefined,
    source: 'Amazon Bedrock API reference, ReasoningTextBlock.signature',
    asOf,
  },
];

function unknownName(fields: Fields, known: string): string | undefined {
  const odd = Object.keys(fields).find((name) => !known.split(' ').includes(name));
  return odd === undefined ? undefined : `Unknown member: ${odd}`;
}

function isShare(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= 1);
}

function contentOf(message: unknown): readonly Fields[] {
  return listIn(fieldsIn(message)['content']).map(fieldsIn);
}

function blocksIn(body: Fields): readonly Fields[] {
  return listIn(body['messages']).flatMap(contentOf);
}

function toolsIn(body: Fields): readonly Fields[] {
  return listIn(fieldsIn(body['toolConfig'])['tools']).map(fieldsIn);
}

function turnObjection(body: Fields): string | undefined {
  const messages = listIn(body['messages']).map(fieldsIn);
  if (messages.length === 0) return 'At least one message is required';
  if (messages[0]?.['role'] !== 'user')
    return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.';
  const double = messages.findIndex((message, index) => index > 0 && message['role'] === messages[index - 1]?.['role']);
  if (double >= 0) return `A conversation must alternate between user and assistant roles (messages.${double}).`;
  const empty = messages.findIndex((message) => contentOf(message).length === 0);
  return empty < 0
    ? undefined
    : `The content field in the Message object at messages.${empty} is empty. Add a ContentBlock object to the content field and try again.`;
}

function idsOf(message: unknown, kind: 'toolUse' | 'toolResult'): readonly string[] {
  return contentOf(message).flatMap((block) =>
    isFields(block[kind]) ? [textIn(fieldsIn(block[kind])['toolUseId']) ?? ''] : [],
  );
}

function resultObjection(body: Fields): string | undefined {
  const messages = listIn(body['messages']);
  const ids = messages.flatMap((message) => idsOf(message, 'toolUse'));
  if (new Set(ids).size < ids.length) return 'messages contains duplicate toolUse ids.';
  const odd = ids.find((id) => !/^[a-zA-Z0-9_-]{1,64}$/u.test(id));
  if (odd !== undefined) return `Value '${odd}' at toolUseId failed to satisfy constraint: [a-zA-Z0-9_-]+`;
  for (const [index, message] of messages.entries()) {
    const asked = index === 0 ? [] : idsOf(messages[index - 1], 'toolUse');
    const given = idsOf(message, 'toolResult');
    const missing = asked.filter((id) => !given.includes(id));
    if (missing.length > 0)
      return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${missing.join(', ')}`;
    if (given.some((id) => !asked.includes(id)))
      return `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`;
  }
  return undefined;
}

function toolObjection(body: Fields): string | undefined {
  const specs = toolsIn(body).flatMap(({ toolSpec }) => (isFields(toolSpec) ? [toolSpec] : []));
  if (body['toolConfig'] !== undefined && specs.length === 0) return 'toolConfig.tools must have at least one toolSpec';
  const names = specs.map(({ name }) => textIn(name) ?? '');
  const odd = names.find((name) => !/^[a-zA-Z0-9_-]{1,64}$/u.test(name));
  if (odd !== undefined) return `Value '${odd}' at toolConfig.tools.toolSpec.name failed to satisfy constraint`;
  if (new Set(names).size < names.length) return 'The toolConfig.tools names must be unique.';
  const bare = specs.find(({ inputSchema }) => fieldsIn(fieldsIn(inputSchema)['json'])['type'] !== 'object');
  if (bare !== undefined) return 'toolSpec.inputSchema.json.type must be one of the following: object.';
  if (specs.some(({ description }) => description === '')) return 'toolSpec.description must have length at least 1';
  const chosen = textIn(fieldsIn(fieldsIn(fieldsIn(body['toolConfig'])['toolChoice'])['tool'])['name']);
  return chosen === undefined || names.includes(chosen) ? undefined : `toolChoice names the unknown tool ${chosen}`;
}

function mediaObjection(body: Fields): string | undefined {
  const inside = blocksIn(body).flatMap((block) => listIn(fieldsIn(block['toolResult'])['content']).map(fieldsIn));
  for (const block of [...blocksIn(body), ...inside]) {
    const [kind = '', media] = Object.entries(block)[0] ?? [];
    const formats = MEDIA[kind];
    if (formats === undefined) continue;
    const { format, source, name } = fieldsIn(media);
    if (!formats.split(' ').includes(textIn(format) ?? '')) return `Value at ${kind}.format is not one of [${formats}]`;
    if (Object.keys(fieldsIn(source)).length !== 1) return `${kind}.source must be set to exactly one member`;
    if (kind === 'document' && !/^[\w()[\]-]+(?: [\w()[\]-]+)*$/u.test(textIn(name) ?? ''))
      return 'The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.';
  }
  const isMute = listIn(body['messages'])
    .map(contentOf)
    .some((content) => content.some((block) => 'document' in block) && !content.some((block) => 'text' in block));
  return isMute ? 'A text block is required when a document is included.' : undefined;
}
