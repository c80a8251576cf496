import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';
import { formatSse } from '../../wires/shared/sse.ts';
import { protocolError } from '../../wires/shared/stream-decoder.ts';
import type { Unframer } from '../host.ts';

/** More than any answer of a model. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Reads the answer of Converse, which comes whole, as the events that ConverseStream would have said it in. */
export function createWholeReader(): Unframer {
  const chunks: Buffer[] = [];
  let byteCount = 0;
  return {
    push(chunk) {
      byteCount += chunk.length;
      if (byteCount > MAX_BYTES) throw protocolError(`More than ${MAX_BYTES} bytes in one answer`);
      chunks.push(chunk);
      return '';
    },
    end() {
      const text = Buffer.concat(chunks).toString('utf8');
      const answer = parseFields(text);
      if (answer === undefined) throw protocolError('An answer that is no JSON object', text);
      return eventsOf(answer)
        .map(([name, data]) => formatSse(name, `{"${name}":${JSON.stringify(data)}}`))
        .join('');
    },
  };
}

type NamedEvent = readonly [name: string, data: Fields];

function eventsOf(answer: Fields): readonly NamedEvent[] {
  const { role, content } = fieldsIn(fieldsIn(answer['output'])['message']);
  const stopReason = textIn(answer['stopReason']);
  return [
    ['messageStart', { role: role ?? 'assistant' }],
    ...listIn(content).flatMap((block, index) => blockEvents(fieldsIn(block), index)),
    ...(stopReason === undefined ? [] : [['messageStop', { stopReason }] as const]),
    ...(isFields(answer['usage']) ? [['metadata', { usage: answer['usage'] }] as const] : []),
  ];
}

function blockEvents(block: Fields, contentBlockIndex: number): readonly NamedEvent[] {
  const { toolUse } = block;
  const start: readonly NamedEvent[] = isFields(toolUse)
    ? [['contentBlockStart', { contentBlockIndex, start: { toolUse: without(toolUse, 'input') } }]]
    : [];
  const deltas = deltasOf(block).map((delta): NamedEvent => ['contentBlockDelta', { contentBlockIndex, delta }]);
  return [...start, ...deltas, ['contentBlockStop', { contentBlockIndex }]];
}

function deltasOf({ text, toolUse, reasoningContent }: Fields): readonly Fields[] {
  if (isFields(toolUse)) return [{ toolUse: { input: JSON.stringify(toolUse['input'] ?? {}) } }];
  if (isFields(reasoningContent)) {
    const { reasoningText, redactedContent } = reasoningContent;
    if (redactedContent !== undefined) return [{ reasoningContent: { redactedContent } }];
    const { text: thought, signature } = fieldsIn(reasoningText);
    return [
      { reasoningContent: { text: thought ?? '' } },
      ...(signature === undefined ? [] : [{ reasoningContent: { signature } }]),
    ];
  }
  return text === undefined ? [] : [{ text }];
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));
}
