import { isFields, type Fields } from '../shared/fields.ts';
import { SSE_TYPE, formatSse } from '../shared/sse.ts';
import type { ListedModel, PingEdits, PingOptions, WireFormat } from '../shared/wire-format.ts';
import { asArrayStream } from './array-stream.ts';
import { decodeGemini, geminiEffort } from './decode-gemini.ts';
import { createGeminiEncoder } from './encode-gemini.ts';
import { geminiError } from './gemini-error.ts';
import { at, fieldsAt, nameOf, requestIn } from './gemini-fields.ts';
import { geminiCarries, geminiMedia } from './gemini-media.ts';
import { geminiCountPath, geminiPath, geminiResourcePath, readGeminiPath, wantsEvents } from './gemini-path.ts';
import { encodeGemini, geminiHeaders, geminiSampling } from './gemini-request-codec.ts';
import { createGeminiDecoder } from './gemini-stream-codec.ts';
import { geminiEffortEdits } from './gemini-thinking.ts';
import { geminiBrief, geminiLastUserText, geminiTranscript } from './gemini-transcript.ts';
import { geminiTier } from './gemini-usage.ts';
import { repairGemini } from './repair-gemini.ts';
import { geminiTap } from './tap-gemini.ts';

/** Google's `generateContent`, of the Gemini API and of Vertex AI (read 2026-11). Its model stands in the address. */
export const geminiGenerateContent: WireFormat = {
  wire: 'gemini-generate-content',
  vendor: 'google',
  passedHeaders: /^(?:x-goog-|x-gemini-)/u,

  callPaths: ['generateContent', 'streamGenerateContent', 'countTokens'].map(
    (method) => `/v1beta/models/{model}:${method}`,
  ),
  isCallPath: (pathname) => /:(?:generateContent|streamGenerateContent)$/u.test(pathname) && isOurs(pathname),
  isCountPath: (pathname) => pathname.endsWith(':countTokens') && isOurs(pathname),
  isWireOf: (pathname, headers) =>
    pathname.startsWith('/v1beta/') || isOurs(pathname) || headers['x-goog-api-key'] !== undefined,
  forQuery: (pathname, search) =>
    isStreamPath(pathname) && !wantsEvents(search) ? asArrayStream(geminiGenerateContent) : undefined,
  readRequest: decodeGemini,
  createAnswerWriter: createGeminiEncoder,
  countBody: (totalTokens) => ({ totalTokens }),
  modelEntry: listed,
  modelList: (models) => ({ models: models.map(listed) }),
  streamType: SSE_TYPE,
  errorBody: (refusal) => JSON.stringify(geminiError(refusal)),
  errorEvent: (refusal) => formatSse(undefined, JSON.stringify(geminiError(refusal))),
  ping: ': ping\n\n',
  // Wording: Gemini API error message, see `context-overflow.ts`.
  overflowMessage: (promptTokens, limitTokens) =>
    `The input token count (${promptTokens}) exceeds the maximum number of tokens allowed (${limitTokens}).`,

  path: geminiPath,
  countPath: geminiCountPath,
  resourcePath: geminiResourcePath,
  headers: {},
  keyHeader: geminiHeaders,
  writeRequest: encodeGemini,
  createAnswerReader: createGeminiDecoder,
  opensAtOnce: false,
  sampling: geminiSampling,
  carries: geminiCarries,

  modelOf: (_body, pathname) => readGeminiPath(pathname)?.model,
  modelEdits: () => [],
  isStream: (_body, pathname) => isStreamPath(pathname),
  transcriptFault: (body) => {
    const { contents } = requestIn(body);
    return Array.isArray(contents) || isFields(contents) ? undefined : 'contents';
  },
  transcriptOf: geminiTranscript,
  mediaOf: geminiMedia,
  headOf: (body) => [{ system: at(body, 'systemInstruction'), tools: body['tools'] ?? [] }],
  briefOf: geminiBrief,
  limitFields: [],
  effortEdits: geminiEffortEdits,
  tierEdits: ({ serviceTier }) =>
    serviceTier === undefined ? [] : [{ op: 'set', path: ['serviceTier'], value: serviceTier }],
  tierOf: (body) => geminiTier({ serviceTier: at(body, 'serviceTier') }),
  effortOf: (body) => geminiEffort(fieldsAt(fieldsAt(body, 'generationConfig'), 'thinkingConfig')),
  lastUserText: geminiLastUserText,
  repair: repairGemini,
  reanchor: () => undefined,
  isCached: () => true,
  pingEdits: geminiPing,
  tap: geminiTap,
  streamRelay: () => undefined,
};

function isOurs(pathname: string): boolean {
  return readGeminiPath(pathname) !== undefined;
}

function isStreamPath(pathname: string): boolean {
  return readGeminiPath(pathname)?.method === 'streamGenerateContent';
}

function listed({ id, displayName, contextTokens, maxOutputTokens }: ListedModel): object {
  return {
    name: `models/${id}`,
    displayName,
    ...(contextTokens === undefined ? {} : { inputTokenLimit: contextTokens }),
    ...(maxOutputTokens === undefined ? {} : { outputTokenLimit: maxOutputTokens }),
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
  };
}

/** The same body with a short answer. */
function geminiPing(body: Fields, _model: unknown, { outputTokens }: PingOptions): PingEdits {
  const name = nameOf(body, 'generationConfig');
  const config = fieldsAt(body, 'generationConfig');
  const limit = nameOf(config, 'maxOutputTokens');
  return {
    outputTokens,
    edits: [
      body[name] === undefined
        ? { op: 'set', path: [name], value: { maxOutputTokens: outputTokens } }
        : { op: 'set', path: [name, limit], value: outputTokens },
    ],
  };
}
