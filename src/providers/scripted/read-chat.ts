import type { JsonValue } from '../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart } from '../../domain/transcript.ts';
import { parseToolInput } from '../../wires/shared/tool-input.ts';
import { ERROR_PREFIX } from '../../wires/shared/translate.ts';
import { fields, list, number, text, type Fields } from './read-json.ts';
import { imageFromUrl, modelOf } from './read-model.ts';
import { asBlocks, joinTurns, promptBlock, readEffort, readTool, type ReadRequest } from './read-parts.ts';

/** OpenAI Chat Completions → neutral. Leading system messages are the system prompt. */
export function readChat(body: Fields): ReadRequest {
  const model = text(body['model']) ?? '';
  const tools = list(body['tools']).map((tool) => fields(fields(tool)['function']));
  const messages = list(body['messages']).map(fields);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const leading = firstOther === -1 ? messages : messages.slice(0, firstOther);
  const names = toolNames(messages);
  return {
    wire: 'openai-chat',
    model,
    stream: body['stream'] === true,
    system: leading.map((message) => textOf(message['content'])).join('\n'),
    tools: tools.map((tool) => readTool(tool['name'], tool['description'], tool['parameters'])),
    messages: joinTurns(messages.slice(leading.length).map((message) => readMessage(message, model, names))),
    maxOutputTokens: number(body['max_completion_tokens']) ?? number(body['max_tokens']),
    effort: readEffort(body['reasoning_effort'] ?? fields(body['reasoning'])['effort']),
    blocks: [...tools.map((tool) => promptBlock('tool', tool)), ...messages.flatMap(blocksOf)],
    body,
  };
}

function isSystem(message: Fields): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

function textOf(content: unknown): string {
  return asBlocks(content)
    .map((block) => text(block['text']) ?? '')
    .join('\n');
}

function blocksOf(message: Fields): ReadRequest['blocks'] {
  const { content, ...rest } = message;
  const blocks = asBlocks(content).map((block) => promptBlock('message', block, JSON.stringify(rest['role'])));
  const calls = Object.keys(rest).length > 1 ? [promptBlock('message', rest)] : [];
  return [...blocks, ...calls];
}

function toolNames(messages: readonly Fields[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => list(message['tool_calls']).map(fields));
  return new Map(calls.map((call) => [text(call['id']) ?? '', text(fields(call['function'])['name']) ?? '']));
}

function readMessage(message: Fields, model: string, names: ReadonlyMap<string, string>): Message {
  if (isSystem(message)) return { role: 'system', content: [{ type: 'text', text: textOf(message['content']) }] };
  if (message['role'] === 'assistant') return { role: 'assistant', content: readAssistant(message, model) };
  const content = asBlocks(message['content']).flatMap(readPart);
  if (message['role'] !== 'tool') return { role: 'user', content };
  const toolCallId = text(message['tool_call_id']) ?? '';
  const said = textOf(message['content']);
  const isError = said.startsWith(ERROR_PREFIX);
  return {
    role: 'user',
    content: [
      {
        type: 'tool-result',
        toolCallId,
        toolName: names.get(toolCallId) ?? '',
        content: [{ type: 'text', text: isError ? said.slice(ERROR_PREFIX.length) : said }],
        isError,
      },
    ],
  };
}

function readPart(block: Fields): readonly (TextPart | ImagePart)[] {
  if (block['type'] === 'text') return [{ type: 'text', text: text(block['text']) ?? '' }];
  if (block['type'] === 'image_url') return [imageFromUrl(text(fields(block['image_url'])['url']) ?? '')];
  if (block['type'] === 'file') return [imageFromUrl(text(fields(block['file'])['file_data']) ?? '')];
  return [];
}

function readAssistant(message: Fields, model: string): readonly AssistantPart[] {
  const thinking = text(message['reasoning_content']) ?? text(message['reasoning']);
  const kept = Object.fromEntries(Object.entries(message).filter(([name]) => name.startsWith('reasoning')));
  const said = textOf(message['content']);
  const calls = list(message['tool_calls']).map((call): AssistantPart => {
    const inner = fields(fields(call)['function']);
    return {
      type: 'tool-call',
      toolCallId: text(fields(call)['id']) ?? '',
      toolName: text(inner['name']) ?? '',
      input: parseToolInput(text(inner['arguments']) ?? '') ?? {},
    };
  });
  const issued = { by: modelOf(model), wire: kept as JsonValue };
  return [
    ...(thinking === undefined ? [] : [{ type: 'thinking', text: thinking, issued } as const]),
    ...(said === '' ? [] : [{ type: 'text', text: said } as const]),
    ...calls,
  ];
}
