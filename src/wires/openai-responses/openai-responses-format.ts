import { OPENAI_TYPE, openaiError } from '../openai-shared/openai-error.ts';
import { openaiSampling } from '../openai-shared/openai-sampling.ts';
import { tierEdits } from '../openai-shared/service-tier.ts';
import { NAMED_IN_BODY, openaiPath, setWithin, toEffort } from '../shared/body-facts.ts';
import type { Refusal } from '../shared/errors/refusal.ts';
import { fieldsIn, listIn, textIn, type Fields } from '../shared/fields.ts';
import { lastTextIn } from '../shared/last-user-text.ts';
import { isImageOrPdf } from '../shared/media/media.ts';
import { joinedModelEntry, joinedModelList } from '../shared/model-list.ts';
import { SSE_TYPE, formatSse } from '../shared/sse.ts';
import type { LastUserText, WireFormat } from '../shared/wire-format.ts';
import { decodeResponses } from './decode-responses.ts';
import { createResponsesEncoder } from './encode-responses.ts';
import { repairResponses } from './repair-responses.ts';
import { responsesMedia } from './responses-media.ts';
import { encodeResponses } from './responses-request-codec.ts';
import { createResponsesDecoder } from './responses-stream-codec.ts';
import { responsesTap } from './tap-responses.ts';

const CALL_PATHS: ReadonlySet<string> = new Set(['/v1/responses', '/responses']);

/** OpenAI's Responses API (read 2026-11). */
export const openaiResponses: WireFormat = {
  wire: 'openai-responses',
  vendor: 'openai',
  passedHeaders: /^(?:openai-beta$|x-openai-|x-codex-|chatgpt-)/u,

  callPaths: ['/v1/responses'],
  isCallPath: (pathname) => CALL_PATHS.has(pathname),
  isCountPath: () => false,
  isWireOf: () => false,
  readRequest: decodeResponses,
  createAnswerWriter: createResponsesEncoder,
  countBody: (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  modelEntry: joinedModelEntry,
  modelList: joinedModelList,
  streamType: SSE_TYPE,
  errorBody: (refusal) => JSON.stringify(openaiError(refusal)),
  errorEvent: failedEvent,
  ping: ': ping\n\n',
  // Wording: OpenAI API error message, observed in clients 2026-11-21.
  overflowMessage: () => 'Your input exceeds the context window of this model. Please adjust your input and try again.',

  path: (baseUrl, { search }) => openaiPath(baseUrl, '/responses') + search,
  countPath: () => undefined,
  resourcePath: openaiPath,
  headers: {},
  keyHeader: (key) => ({ authorization: `Bearer ${key}` }),
  writeRequest: encodeResponses,
  createAnswerReader: createResponsesDecoder,
  opensAtOnce: true,
  // A stop text of a Responses caller cannot be: the format has no field for it.
  sampling: {
    write: openaiSampling,
    maxStopCount: 0,
    takesSerialCalls: true,
    loss: 'responses.sampling',
    stopLoss: 'chat.stop',
  },
  carries: isImageOrPdf,

  ...NAMED_IN_BODY,
  limitFields: ['max_output_tokens'],
  transcriptFault: ({ input }) =>
    Array.isArray(input) || typeof input === 'string' || input === undefined ? undefined : 'input',
  transcriptOf: ({ input }) => (typeof input === 'string' ? [{ role: 'user', content: input }] : listIn(input)),
  mediaOf: responsesMedia,
  headOf: (body) => [{ system: body['instructions'], tools: body['tools'] ?? [] }],
  effortEdits: (body, effort) => setWithin(body, 'reasoning', 'effort', effort),
  tierEdits,
  tierOf: (body) => textIn(body['service_tier']),
  effortOf: (body) => toEffort(fieldsIn(body['reasoning'])['effort']),
  lastUserText,
  repair: repairResponses,
  reanchor: () => undefined,
  isCached: () => true,
  pingEdits: (_body, _model, { outputTokens }) => ({
    outputTokens,
    edits: [
      { op: 'remove', path: ['stream'] },
      { op: 'set', path: ['max_output_tokens'], value: outputTokens },
      { op: 'set', path: ['store'], value: false },
    ],
  }),
  tap: responsesTap,
  streamRelay: () => undefined,
};

function failedEvent(refusal: Refusal, requestId: string): string {
  const [, code] = OPENAI_TYPE[refusal.kind];
  const error = { code: code ?? 'server_error', message: refusal.message };
  const response = { id: `resp_${requestId}`, object: 'response', status: 'failed', error, output: [], usage: null };
  return formatSse('response.failed', JSON.stringify({ type: 'response.failed', response }));
}

function lastUserText(body: Fields): LastUserText | undefined {
  const { input } = body;
  if (typeof input === 'string') return { path: ['input'], text: input };
  return lastTextIn(body, { field: 'input', partType: 'input_text' });
}
