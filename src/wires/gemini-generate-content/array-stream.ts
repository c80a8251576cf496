import { type SseParser, createSseParser, formatSse } from '../shared/sse.ts';
import type { StreamFilter, WireFormat } from '../shared/wire-format.ts';

/**
 * The format for one call whose caller did not ask for events: the stream is one JSON list, its elements what events would hold.
 * A list that an error ends is closed behind it; one that is cut stays open, so that nobody takes it for whole. Gemini API
 * reference, streamGenerateContent, read 2026-11.
 */
export function asArrayStream(format: WireFormat): WireFormat {
  let elements = 0;
  const element = (data: string): string => `${elements++ === 0 ? '[' : ',\r\n'}${data}`;
  const close = (): string => (elements === 0 ? '[]' : '\n]');
  const inList = (events: string): string => {
    let text = '';
    createSseParser(({ data }) => (text += element(data))).push(Buffer.from(events));
    return text;
  };
  return {
    ...format,
    createAnswerWriter(context) {
      const writer = format.createAnswerWriter(context);
      return {
        push: (part) => inList(writer.push(part)) + (part.type === 'finish' ? close() : ''),
        body: () => writer.body(),
      };
    },
    streamType: 'application/json',
    errorEvent: (refusal, requestId) => inList(format.errorEvent(refusal, requestId)) + close(),
    // Space between elements, and before the first, means nothing.
    ping: '\n',
    streamRelay: () => ({
      edits: [],
      contentType: 'application/json',
      createFilter: () => createListFilter(element, close),
    }),
  };
}

function createListFilter(element: (data: string) => string, close: () => string): StreamFilter {
  let text = '';
  const parser: SseParser = createSseParser(({ data }) => (text += element(data)));
  const take = (): Buffer => {
    const taken = Buffer.from(text);
    text = '';
    return taken;
  };
  return {
    push(chunk) {
      parser.push(chunk);
      return take();
    },
    end() {
      // The last event may lack the blank line behind it.
      parser.push(Buffer.from(formatSse(undefined, '').slice('data: '.length)));
      return Buffer.concat([take(), Buffer.from(close())]);
    },
  };
}
