import type { JsonValue } from '../../domain/json.ts';
import type { ImagePart, Message, TextPart } from '../../domain/transcript.ts';
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

/** OpenAI Responses → neutral. `instructions` and leading developer messages are the system prompt. */
export function readResponses(body: Fields): ReadRequest {
  const model = textIn(body['model']) ?? '';
  const input = body['input'];
  const items =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : listIn(input).map(fieldsIn);
  const tools = listIn(body['tools'])
    .map(fieldsIn)
    .filter((tool) => tool['type'] === 'function');
  const instructions = textIn(body['instructions']) ?? '';
  const firstOther = items.findIndex((item) => !isSystem(item));
  const leading = firstOther === -1 ? items : items.slice(0, firstOther);
  const names = new Map(
    items
      .filter((item) => item['type'] === 'function_call')
      .map((item) => [textIn(item['call_id']) ?? '', textIn(item['name']) ?? '']),
  );
  return {
    wire: 'openai-responses',
    model,
    stream: body['stream'] === true,
    system: [instructions, ...leading.map((item) => textOfBlocks(item['content']))]
      .filter((part) => part !== '')
      .join('\n'),
    tools: tools.map((tool) => readTool(tool['name'], tool['description'], tool['parameters'])),
    messages: joinTurns(items.slice(leading.length).flatMap((item) => readItem(item, model, names))),
    maxOutputTokens: numberIn(body['max_output_tokens']),
    effort: readEffort(fieldsIn(body['reasoning'])['effort']),
    blocks: [
      ...tools.map((tool) => promptBlock('tool', tool)),
      ...(instructions === '' ? [] : [promptBlock('system', instructions)]),
      ...items.flatMap(blocksOf),
    ],
    body,
  };
}

function isSystem(item: Fields): boolean {
  return item['role'] === 'system' || item['role'] === 'developer';
}

function blocksOf(item: Fields): ReadRequest['blocks'] {
  if (item['role'] === undefined) {
    const output = item['output'];
    if (!Array.isArray(output)) return [promptBlock('item', item)];
    return output.map((part) => promptBlock('item', part, textIn(item['call_id'])));
  }
  return asBlocks(item['content'], 'input_text').map((block) => promptBlock('item', block, textIn(item['role'])));
}

function readItem(item: Fields, model: string, names: ReadonlyMap<string, string>): readonly Message[] {
  switch (item['type']) {
    case 'reasoning': {
      const summary = listIn(item['summary']).map((part) => textIn(fieldsIn(part)['text']) ?? '');
      const issued = { by: modelOf(model), wire: item as JsonValue };
      return [{ role: 'assistant', content: [{ type: 'thinking', text: summary.join('\n'), issued }] }];
    }
    case 'function_call':
      return [
        {
          role: 'assistant',
          content: [
            {
              type: 'tool-call',
              toolCallId: textIn(item['call_id']) ?? '',
              toolName: textIn(item['name']) ?? '',
              input: parseToolInput(textIn(item['arguments']) ?? '') ?? {},
            },
          ],
        },
      ];
    case 'function_call_output':
      return [readOutput(item, names)];
    default:
      return readMessage(item);
  }
}

function readMessage(item: Fields): readonly Message[] {
  const parts = asBlocks(item['content']).flatMap(readPart);
  const texts = parts.filter((part) => part.type === 'text');
  if (isSystem(item)) return [{ role: 'system', content: texts }];
  if (item['role'] === 'assistant') return [{ role: 'assistant', content: texts }];
  return item['role'] === 'user' ? [{ role: 'user', content: parts }] : [];
}

function readPart(block: Fields): readonly (TextPart | ImagePart)[] {
  switch (block['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return [{ type: 'text', text: textIn(block['text']) ?? '' }];
    case 'input_image':
      return [imageFromUrl(textIn(block['image_url']) ?? '')];
    case 'input_file':
      return [imageFromUrl(textIn(block['file_data']) ?? textIn(block['file_url']) ?? '')];
    default:
      return [];
  }
}

function readOutput(item: Fields, names: ReadonlyMap<string, string>): Message {
  const toolCallId = textIn(item['call_id']) ?? '';
  const parts = asBlocks(item['output']).flatMap(readPart);
  const first = parts[0];
  const isError = first?.type === 'text' && first.text.startsWith(ERROR_PREFIX);
  const content =
    isError && first.type === 'text'
      ? [{ ...first, text: first.text.slice(ERROR_PREFIX.length) }, ...parts.slice(1)]
      : parts;
  return {
    role: 'user',
    content: [{ type: 'tool-result', toolCallId, toolName: names.get(toolCallId) ?? '', content, isError }],
  };
}
