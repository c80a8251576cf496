import { openaiError } from '../openai-shared/openai-error.ts';
import { openaiSampling } from '../openai-shared/openai-sampling.ts';
import { tierEdits } from '../openai-shared/service-tier.ts';
import { NAMED_IN_BODY, openaiPath, toEffort } from '../shared/body-facts.ts';
import { listIn, textIn } from '../shared/fields.ts';
import { lastTextIn } from '../shared/last-user-text.ts';
import { modalityOf } from '../shared/media/media.ts';
import { joinedModelEntry, joinedModelList } from '../shared/model-list.ts';
import { SSE_TYPE, formatSse } from '../shared/sse.ts';
import type { WireFormat } from '../shared/wire-format.ts';
import { chatMedia } from './chat-media.ts';
import { chatPing } from './chat-ping.ts';
import { encodeChat } from './chat-request-codec.ts';
import { createChatDecoder } from './chat-stream-codec.ts';
import { isOpenaiOnly } from './chat-tools.ts';
import { decodeChat } from './decode-chat.ts';
import { createChatEncoder } from './encode-chat.ts';
import { repairChat } from './repair-chat.ts';
import { chatTap } from './tap-chat.ts';
import { chatUsageRelay } from './usage-report.ts';

const CALL_PATHS: ReadonlySet<string> = new Set(['/v1/chat/completions', '/chat/completions']);

/** OpenAI's Chat Completions API, and the many endpoints that speak it (read 2026-11). */
export const openaiChat: WireFormat = {
  wire: 'openai-chat',
  vendor: 'openai',
  passedHeaders: /^(?:openai-beta$|x-openai-|x-codex-|x-grok-|x-goog-|x-copilot-)/u,

  callPaths: ['/v1/chat/completions'],
  isCallPath: (pathname) => CALL_PATHS.has(pathname),
  isCountPath: () => false,
  // The default where nothing tells.
  isWireOf: () => false,
  readRequest: (body) => decodeChat(body),
  createAnswerWriter: createChatEncoder,
  countBody: (tokens) => ({ input_tokens: tokens }),
  modelEntry: joinedModelEntry,
  modelList: joinedModelList,
  streamType: SSE_TYPE,
  errorBody: (refusal) => JSON.stringify(openaiError(refusal)),
  errorEvent: (refusal) => formatSse(undefined, JSON.stringify(openaiError(refusal))),
  ping: ': ping\n\n',
  // Wording: OpenAI API error message, observed in clients 2026-11-21.
  overflowMessage: (promptTokens, limitTokens) =>
    `This model's maximum context length is ${limitTokens} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,

  path: (baseUrl, { search }) => openaiPath(baseUrl, '/chat/completions') + search,
  countPath: () => undefined,
  resourcePath: openaiPath,
  headers: {},
  keyHeader: (key) => ({ authorization: `Bearer ${key}` }),
  writeRequest: encodeChat,
  createAnswerReader: createChatDecoder,
  opensAtOnce: false,
  sampling: {
    write: (sampling, body, { requestLimits }) => {
      const { fields, ...sent } = openaiSampling(sampling, body);
      const stop = sampling.stop.slice(0, requestLimits?.maxStopCount);
      return { ...sent, fields: { ...fields, ...(stop.length > 0 ? { stop } : {}) } };
    },
    maxStopCount: Infinity,
    takesSerialCalls: true,
    loss: 'chat.sampling',
    stopLoss: 'chat.stop',
  },
  // A file of this interface is data or an id, never an address; sound is data only.
  carries: ({ mediaType, source }) => {
    const modality = modalityOf(mediaType);
    return modality === 'image' || modality === 'video' || (modality !== undefined && source.kind === 'base64');
  },

  ...NAMED_IN_BODY,
  limitFields: ['max_tokens', 'max_completion_tokens'],
  transcriptFault: (body) => (Array.isArray(body['messages']) ? undefined : 'messages'),
  transcriptOf: (body) => listIn(body['messages']),
  mediaOf: chatMedia,
  headOf: (body) => [{ system: body['instructions'], tools: body['tools'] ?? [] }],
  tierEdits,
  tierOf: (body) => textIn(body['service_tier']),
  effortOf: (body) => toEffort(body['reasoning_effort']),
  effortEdits: (_body, effort) => [{ op: 'set', path: ['reasoning_effort'], value: effort }],
  lastUserText: (body) => lastTextIn(body, { field: 'messages', partType: 'text' }),
  repair: repairChat,
  isForeignTo: isOpenaiOnly,
  reanchor: () => undefined,
  isCached: () => true,
  pingEdits: chatPing,
  tap: chatTap,
  streamRelay: chatUsageRelay,
};
