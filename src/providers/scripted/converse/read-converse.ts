import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart, UserPart } from '../../../domain/transcript.ts';
import { fieldsIn, isFields, listIn, numberIn, textIn, type Fields } from '../../../wires/shared/fields.ts';
import { modelOf } from '../read-model.ts';
import { promptBlock, readEffort, readTool, type ReadRequest } from '../read-parts.ts';
import type { PromptBlock } from '../simulated-cache.ts';

/** Amazon Bedrock's Converse → neutral. Model and operation stand in the address. Prefix order: tools, system, messages. */
export function readConverse(body: Fields, pathname: string): ReadRequest {
  const [, named = '', operation = ''] = /\/model\/([^/]+)\/([\w-]+)$/u.exec(pathname) ?? [];
  const model = decodeURIComponent(named);
  const tools = listIn(fieldsIn(body['toolConfig'])['tools']).map(fieldsIn);
  const system = listIn(body['system']).map(fieldsIn);
  const messages = listIn(body['messages']).map(fieldsIn);
  return {
    wire: 'bedrock-converse',
    model,
    stream: operation === 'converse-stream',
    system: system.map((block) => textIn(block['text']) ?? '').join('\n'),
    tools: tools.flatMap(({ toolSpec }) => {
      if (!isFields(toolSpec)) return [];
      return [readTool(toolSpec['name'], toolSpec['description'], fieldsIn(toolSpec['inputSchema'])['json'])];
    }),
    messages: readMessages(messages, model),
    maxOutputTokens: numberIn(fieldsIn(body['inferenceConfig'])['maxTokens']),
    effort: readEffort(fieldsIn(body['outputConfig'])['effort']),
    blocks: marked([
      ...tools.map((tool) => ['tool', tool] as const),
      ...system.map((block) => ['system', block] as const),
      ...messages.flatMap(({ role, content }) => blocksOf(content).map((block) => [String(role), block] as const)),
    ]),
    body,
  };
}

function blocksOf(content: unknown): readonly Fields[] {
  return listIn(content).map(fieldsIn);
}

/** A cache point is no part of the prompt: it marks the block before it. */
function marked(blocks: readonly (readonly [kind: string, block: Fields])[]): readonly PromptBlock[] {
  const found: PromptBlock[] = [];
  for (const [kind, block] of blocks) {
    const { cachePoint: point } = block;
    const last = found.at(-1);
    if (point === undefined) found.push(promptBlock(kind, block));
    else if (last !== undefined) {
      found[found.length - 1] = { ...last, marker: fieldsIn(point)['ttl'] === '1h' ? 'long' : 'short' };
    }
  }
  return found;
}

function readMessages(messages: readonly Fields[], model: string): readonly Message[] {
  const names = new Map<string, string>();
  return messages.map(({ role, content }): Message => {
    const blocks = blocksOf(content);
    if (role === 'assistant') return { role, content: blocks.flatMap((block) => readModelBlock(block, model, names)) };
    return { role: 'user', content: blocks.flatMap((block) => readUserBlock(block, names)) };
  });
}

function readModelBlock(block: Fields, model: string, names: Map<string, string>): readonly AssistantPart[] {
  const text = textIn(block['text']);
  if (text !== undefined) return [{ type: 'text', text }];
  const { reasoningContent: thought, toolUse } = block;
  if (isFields(thought)) {
    const said = textIn(fieldsIn(thought['reasoningText'])['text']) ?? '';
    return [{ type: 'thinking', text: said, issued: { by: modelOf(model), wire: block as JsonValue } }];
  }
  if (!isFields(toolUse)) return [];
  const toolCallId = textIn(toolUse['toolUseId']) ?? '';
  const toolName = textIn(toolUse['name']) ?? '';
  names.set(toolCallId, toolName);
  return [{ type: 'tool-call', toolCallId, toolName, input: fieldsIn(toolUse['input']) as JsonObject }];
}

function readUserBlock(block: Fields, names: ReadonlyMap<string, string>): readonly UserPart[] {
  const { toolResult } = block;
  if (!isFields(toolResult)) return readShown(block);
  const toolCallId = textIn(toolResult['toolUseId']) ?? '';
  return [
    {
      type: 'tool-result',
      toolCallId,
      toolName: names.get(toolCallId) ?? '',
      content: blocksOf(toolResult['content']).flatMap(readShown),
      isError: toolResult['status'] === 'error',
    },
  ];
}

const MEDIA_TYPES: Readonly<Record<string, (format: string) => string>> = {
  image: (format) => `image/${format}`,
  video: (format) => `video/${format}`,
  audio: (format) => `audio/${format === 'mp3' ? 'mpeg' : format}`,
  document: (format) => `application/${format}`,
};

function readShown(block: Fields): readonly (TextPart | ImagePart)[] {
  const text = textIn(block['text']);
  if (text !== undefined) return [{ type: 'text', text }];
  return Object.entries(MEDIA_TYPES).flatMap(([kind, typeOf]): readonly ImagePart[] => {
    const { format, source } = fieldsIn(block[kind]);
    const data = textIn(fieldsIn(source)['bytes']);
    if (data === undefined) return [];
    return [{ type: 'image', mediaType: typeOf(textIn(format) ?? ''), source: { kind: 'base64', data } }];
  });
}
