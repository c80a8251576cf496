import type { Wire } from '../../domain/model.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { fieldsIn } from '../../wires/shared/fields.ts';
import type { ReadRequest } from './read-parts.ts';
import { readRequest } from './read-request.ts';

const ROUTES: readonly (readonly [RegExp, Wire])[] = [
  [/\/messages(?:\?|$)/u, 'anthropic-messages'],
  [/\/chat\/completions(?:\?|$)/u, 'openai-chat'],
  [/\/responses(?:\?|$)/u, 'openai-responses'],
  // Streams as one list are not played.
  [/\/models\/[^/]+:(?:generateContent|streamGenerateContent\?alt=sse)/u, 'gemini-generate-content'],
  [/\/model\/[^/]+\/converse(?:-stream)?$/u, 'bedrock-converse'],
];

/** The wire format of a call to this path, its query included; `undefined`: it is no model call. */
export function wireOfPath(path: string): Wire | undefined {
  return ROUTES.find(([pattern]) => pattern.test(path))?.[1];
}

/** What a count is answered with; `undefined`: nothing was to be counted. */
export function countBody(path: string, body: unknown): object | undefined {
  const countOf = ({ blocks }: ReadRequest): number => estimateTokens(blocks.map((block) => block.text).join(''));
  if (path.endsWith('/messages/count_tokens'))
    return { input_tokens: countOf(readRequest('anthropic-messages', body)) };
  if (!path.endsWith(':countTokens')) return undefined;
  const given = fieldsIn(body)['generateContentRequest'] ?? body;
  return { totalTokens: countOf(readRequest('gemini-generate-content', given, path)) };
}
