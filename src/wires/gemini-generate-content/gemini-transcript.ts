import { fieldsIn, isFields, listIn, textIn, type Fields } from '../shared/fields.ts';
import type { LastUserText, RequestBrief } from '../shared/wire-format.ts';
import { at, fieldsAt, manyIn, numericAt, requestIn } from './gemini-fields.ts';

/** The contents in the words that all formats share: who spoke, and blocks of text, calls, results and media. */
export function geminiTranscript(body: Fields): readonly unknown[] {
  return manyIn(requestIn(body)['contents']).map((raw) => {
    const content = fieldsIn(raw);
    const blocks = manyIn(content['parts']).flatMap((part) => blockOf(fieldsIn(part)));
    return { role: content['role'] === 'model' ? 'assistant' : 'user', content: blocks };
  });
}

/** A part without what its caller may lose between two calls: signatures, thoughts, ids. */
function blockOf(part: Fields): readonly object[] {
  if (part['thought'] === true) return [];
  const call = at(part, 'functionCall');
  if (isFields(call)) return [{ type: 'tool_use', name: call['name'], input: call['args'] }];
  const result = at(part, 'functionResponse');
  if (isFields(result)) {
    return [
      { type: 'tool_result', name: result['name'], response: result['response'], content: manyIn(result['parts']) },
    ];
  }
  const text = textIn(part['text']);
  if (text === undefined) return [part];
  return text === '' ? [] : [{ type: 'text', text }];
}

export function geminiBrief(body: Fields): RequestBrief {
  const request = requestIn(body);
  const config = fieldsAt(request, 'generationConfig');
  const counts = manyIn(request['tools']).map((raw) => {
    const declared = manyIn(at(fieldsIn(raw), 'functionDeclarations')).length;
    return Math.max(declared, Object.keys(fieldsIn(raw)).length);
  });
  return {
    system: fieldsAt(request, 'systemInstruction')['parts'],
    toolCount: counts.reduce((sum, count) => sum + count, 0),
    maxOutputTokens: numericAt(config, 'maxOutputTokens'),
    temperature: numericAt(config, 'temperature'),
  };
}

/** The last text of a request that ends in a user’s turn of text alone. */
export function geminiLastUserText(body: Fields): LastUserText | undefined {
  const contents = listIn(body['contents']);
  const index = contents.length - 1;
  const content = fieldsIn(contents[index]);
  const parts = listIn(content['parts']).map(fieldsIn);
  const text = textIn(parts.at(-1)?.['text']);
  const isPlain = parts.every((part) => textIn(part['text']) !== undefined && part['thought'] !== true);
  if (content['role'] === 'model' || text === undefined || !isPlain) return undefined;
  return { path: ['contents', index, 'parts', parts.length - 1, 'text'], text };
}
