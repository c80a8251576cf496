import type { JsonObject, JsonValue } from '../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart, UserPart } from '../../domain/transcript.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../wires/shared/fields.ts';
import { effectiveEffort } from './message-effort.ts';
import { modelOf } from './read-model.ts';
import { asBlocks, joinTurns, promptBlock, readEffort, readTool, type ReadRequest } from './read-parts.ts';

/** Anthropic Messages → neutral. Prefix order: tools, system, messages. */
export function readAnthropic(body: Fields, betas: readonly string[] = []): ReadRequest {
  const model = textIn(body['model']) ?? '';
  const tools = listIn(body['tools']).map(fieldsIn);
  const system = asBlocks(body['system']);
  const messages = listIn(body['messages']).map(fieldsIn);
  const names = toolNames(messages);
  const effort = readEffort(fieldsIn(body['output_config'])['effort']);
  return {
    wire: 'anthropic-messages',
    model,
    stream: body['stream'] === true,
    system: system.map((block) => textIn(block['text']) ?? '').join('\n'),
    tools: tools.map((tool) => readTool(tool['name'], tool['description'], tool['input_schema'])),
    messages: joinTurns(messages.map((message) => readMessage(message, model, names))),
    maxOutputTokens: numberIn(body['max_tokens']),
    effort: effectiveEffort(effort, messages),
    // What a message sets leaves the prefix as it was.
    cacheEffort: effort,
    betas,
    blocks: [
      ...tools.map((tool) => promptBlock('tool', tool)),
      ...system.map((block) => promptBlock('system', block)),
      ...messages.flatMap((message) =>
        asBlocks(message['content']).map((block) => promptBlock('message', block, textIn(message['role']))),
      ),
    ],
    body,
  };
}

function toolNames(messages: readonly Fields[]): ReadonlyMap<string, string> {
  const uses = messages.flatMap((message) => asBlocks(message['content'])).filter((b) => b['type'] === 'tool_use');
  return new Map(uses.map((use) => [textIn(use['id']) ?? '', textIn(use['name']) ?? '']));
}

function readMessage(message: Fields, model: string, names: ReadonlyMap<string, string>): Message {
  const blocks = asBlocks(message['content']);
  if (message['role'] === 'assistant') {
    return { role: 'assistant', content: blocks.flatMap((block) => readAssistant(block, model)) };
  }
  if (message['role'] === 'system') {
    return { role: 'system', content: blocks.map((block) => ({ type: 'text', text: textIn(block['text']) ?? '' })) };
  }
  return { role: 'user', content: blocks.flatMap((block) => readUser(block, names)) };
}

function readAssistant(block: Fields, model: string): readonly AssistantPart[] {
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: textIn(block['text']) ?? '' }];
    case 'thinking':
    case 'redacted_thinking': {
      const issued = { by: modelOf(model), wire: block as JsonValue };
      return [{ type: 'thinking', text: textIn(block['thinking']) ?? '', issued }];
    }
    case 'tool_use':
      return [
        {
          type: 'tool-call',
          toolCallId: textIn(block['id']) ?? '',
          toolName: textIn(block['name']) ?? '',
          input: fieldsIn(block['input']) as JsonObject,
        },
      ];
    default:
      return [];
  }
}

function readUser(block: Fields, names: ReadonlyMap<string, string>): readonly UserPart[] {
  if (block['type'] !== 'tool_result') return readMedia(block);
  const toolCallId = textIn(block['tool_use_id']) ?? '';
  return [
    {
      type: 'tool-result',
      toolCallId,
      toolName: names.get(toolCallId) ?? '',
      content: asBlocks(block['content']).flatMap(readMedia),
      isError: block['is_error'] === true,
    },
  ];
}

function readMedia(block: Fields): readonly (TextPart | ImagePart)[] {
  if (block['type'] === 'text') return [{ type: 'text', text: textIn(block['text']) ?? '' }];
  if (block['type'] !== 'image' && block['type'] !== 'document') return [];
  const source = fieldsIn(block['source']);
  const mediaType = textIn(source['media_type']) ?? (block['type'] === 'document' ? 'application/pdf' : 'image/*');
  const url = textIn(source['url']);
  if (url !== undefined) return [{ type: 'image', mediaType, source: { kind: 'url', url } }];
  return [{ type: 'image', mediaType, source: { kind: 'base64', data: textIn(source['data']) ?? '' } }];
}
