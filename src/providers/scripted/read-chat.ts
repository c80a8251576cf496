import type { JsonValue } from '../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart } from '../../domain/transcript.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { parseToolInput } from '../../wires/shared/tool-input.ts';
import { ERROR_PREFIX } from '../../wires/shared/translate.ts';
import { imageFromUrl, modelOf } from './read-model.ts';
import {
  asBlocks,
  joinTurns,
  promptBlock,
  readEffort,
  readTool,
  type ReadRequest,
  textOfBlocks,
} from './read-parts.ts';

/** OpenAI Chat Completions → neutral. Leading system messages are the system prompt. */
export function readChat(body: Fields): ReadRequest {
  const model = textIn(body['model']) ?? '';
  const tools = listIn(body['tools']).map((tool) => fieldsIn(fieldsIn(tool)['function']));
  const messages = listIn(body['messages']).map(fieldsIn);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const leading = firstOther === -1 ? messages : messages.slice(0, firstOther);
  const names = toolNames(messages);
  return {
    wire: 'openai-chat',
    model,
    stream: body['stream'] === true,
    system: leading.map((message) => textOfBlocks(message['content'])).join('\n'),
    tools: tools.map((tool) => readTool(tool['name'], tool['description'], tool['parameters'])),
    messages: joinTurns(messages.slice(leading.length).map((message) => readMessage(message, model, names))),
    maxOutputTokens: numberIn(body['max_completion_tokens']) ?? numberIn(body['max_tokens']),
    effort: readEffort(body['reasoning_effort'] ?? fieldsIn(body['reasoning'])['effort']),
    blocks: [...tools.map((tool) => promptBlock('tool', tool)), ...messages.flatMap(blocksOf)],
    body,
  };
}

function isSystem(message: Fields): boolean {
  return message['role'] === 'system' || message['role'] === 'developer';
}

function blocksOf(message: Fields): ReadRequest['blocks'] {
  const { content, ...rest } = message;
  const blocks = asBlocks(content).map((block) => promptBlock('message', block, JSON.stringify(rest['role'])));
  const calls = Object.keys(rest).length > 1 ? [promptBlock('message', rest)] : [];
  return [...blocks, ...calls];
}

function toolNames(messages: readonly Fields[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => listIn(message['tool_calls']).map(fieldsIn));
  return new Map(calls.map((call) => [textIn(call['id']) ?? '', textIn(fieldsIn(call['function'])['name']) ?? '']));
}

function readMessage(message: Fields, model: string, names: ReadonlyMap<string, string>): Message {
  if (isSystem(message)) return { role: 'system', content: [{ type: 'text', text: textOfBlocks(message['content']) }] };
  if (message['role'] === 'assistant') return { role: 'assistant', content: readAssistant(message, model) };
  const content = asBlocks(message['content']).flatMap(readPart);
  if (message['role'] !== 'tool') return { role: 'user', content };
  const toolCallId = textIn(message['tool_call_id']) ?? '';
  const said = textOfBlocks(message['content']);
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
  if (block['type'] === 'text') return [{ type: 'text', text: textIn(block['text']) ?? '' }];
  if (block['type'] === 'image_url') return [imageFromUrl(textIn(fieldsIn(block['image_url'])['url']) ?? '')];
  if (block['type'] === 'file') return [imageFromUrl(textIn(fieldsIn(block['file'])['file_data']) ?? '')];
  return [];
}

function readAssistant(message: Fields, model: string): readonly AssistantPart[] {
  const thinking = textIn(message['reasoning_content']) ?? textIn(message['reasoning']);
  const kept = Object.fromEntries(Object.entries(message).filter(([name]) => name.startsWith('reasoning')));
  const said = textOfBlocks(message['content']);
  const calls = listIn(message['tool_calls']).map((call): AssistantPart => {
    const inner = fieldsIn(fieldsIn(call)['function']);
    return {
      type: 'tool-call',
      toolCallId: textIn(fieldsIn(call)['id']) ?? '',
      toolName: textIn(inner['name']) ?? '',
      input: parseToolInput(textIn(inner['arguments']) ?? '') ?? {},
    };
  });
  const issued = { by: modelOf(model), wire: kept as JsonValue };
  return [
    ...(thinking === undefined ? [] : [{ type: 'thinking', text: thinking, issued } as const]),
    ...(said === '' ? [] : [{ type: 'text', text: said } as const]),
    ...calls,
  ];
}
