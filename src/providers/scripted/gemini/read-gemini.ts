import type { JsonObject, JsonValue } from '../../../domain/json.ts';
import type { AssistantPart, ImagePart, Message, TextPart, UserPart } from '../../../domain/transcript.ts';
import { fieldsIn, listIn, numberIn, textIn, type Fields } from '../../../wires/shared/fields.ts';
import { modelOf } from '../read-model.ts';
import { joinTurns, promptBlock, readEffort, readTool, type ReadRequest } from '../read-parts.ts';

/** Google's generateContent → neutral. Model and method stand in the address. Prefix order: system, tools, contents. */
export function readGemini(body: Fields, pathname: string): ReadRequest {
  const [, named = '', method = ''] = /\/models\/(.+):(\w+)$/u.exec(pathname) ?? [];
  const model = decodeURIComponent(named);
  const config = fieldsIn(body['generationConfig']);
  const system = listIn(fieldsIn(body['systemInstruction'])['parts']).map(fieldsIn);
  const tools = listIn(body['tools']).flatMap((tool) => listIn(fieldsIn(tool)['functionDeclarations']).map(fieldsIn));
  const contents = listIn(body['contents']).map(fieldsIn);
  return {
    wire: 'gemini-generate-content',
    model,
    stream: method === 'streamGenerateContent',
    system: system.map((part) => textIn(part['text']) ?? '').join('\n'),
    tools: tools.map((tool) =>
      readTool(tool['name'], tool['description'], tool['parametersJsonSchema'] ?? tool['parameters']),
    ),
    messages: joinTurns(contents.map((content) => readContent(content, model))),
    maxOutputTokens: numberIn(config['maxOutputTokens']),
    effort: readEffort(textIn(fieldsIn(config['thinkingConfig'])['thinkingLevel'])?.toLowerCase()),
    blocks: [
      ...system.map((part) => promptBlock('system', part)),
      ...tools.map((tool) => promptBlock('tool', tool)),
      ...contents.flatMap((content) =>
        listIn(content['parts']).map((part) => promptBlock('message', part, textIn(content['role']))),
      ),
    ],
    body,
  };
}

function readContent(content: Fields, model: string): Message {
  const parts = listIn(content['parts']).map(fieldsIn);
  if (content['role'] === 'model')
    return { role: 'assistant', content: parts.flatMap((part) => readModel(part, model)) };
  return { role: 'user', content: parts.flatMap(readUser) };
}

function readModel(part: Fields, model: string): readonly AssistantPart[] {
  const said = textIn(part['text']);
  if (part['thought'] === true) {
    return [{ type: 'thinking', text: said ?? '', issued: { by: modelOf(model), wire: part as JsonValue } }];
  }
  if (said !== undefined) return said === '' ? [] : [{ type: 'text', text: said }];
  const call = fieldsIn(part['functionCall']);
  const toolName = textIn(call['name']) ?? '';
  return [
    {
      type: 'tool-call',
      toolCallId: textIn(call['id']) ?? toolName,
      toolName,
      input: fieldsIn(call['args']) as JsonObject,
    },
  ];
}

function readUser(part: Fields): readonly UserPart[] {
  const result = fieldsIn(part['functionResponse']);
  if (Object.keys(result).length === 0) return readShown(part);
  const toolName = textIn(result['name']) ?? '';
  const response = fieldsIn(result['response']);
  const { output, error } = response;
  const said = output ?? error ?? response;
  return [
    {
      type: 'tool-result',
      toolCallId: textIn(result['id']) ?? toolName,
      toolName,
      content: [
        { type: 'text', text: textIn(said) ?? JSON.stringify(said) },
        ...listIn(result['parts']).flatMap((inner) => readShown(fieldsIn(inner))),
      ],
      isError: error !== undefined,
    },
  ];
}

function readShown(part: Fields): readonly (TextPart | ImagePart)[] {
  const said = textIn(part['text']);
  if (said !== undefined) return [{ type: 'text', text: said }];
  const inline = fieldsIn(part['inlineData']);
  const data = textIn(inline['data']);
  if (data !== undefined) {
    return [{ type: 'image', mediaType: textIn(inline['mimeType']) ?? '', source: { kind: 'base64', data } }];
  }
  const url = textIn(fieldsIn(part['fileData'])['fileUri']);
  if (url === undefined) return [];
  return [
    {
      type: 'image',
      mediaType: textIn(fieldsIn(part['fileData'])['mimeType']) ?? 'image/*',
      source: { kind: 'url', url },
    },
  ];
}
