import { NAMED_IN_BODY, setWithin, toEffort } from '../shared/body-facts.ts';
import { fieldsIn, listIn, textIn } from '../shared/fields.ts';
import { lastTextIn } from '../shared/last-user-text.ts';
import { isImageOrPdf } from '../shared/media/media.ts';
import { joinedModelEntry, joinedModelList } from '../shared/model-list.ts';
import { SSE_TYPE, formatSse } from '../shared/sse.ts';
import type { WireFormat } from '../shared/wire-format.ts';
import { anthropicError } from './anthropic-error.ts';
import { anthropicMedia } from './anthropic-media.ts';
import { anthropicPing } from './anthropic-ping.ts';
import { encodeAnthropic } from './anthropic-request-codec.ts';
import { anthropicSampling } from './anthropic-sampling.ts';
import { createAnthropicDecoder } from './anthropic-stream-codec.ts';
import { asksForHour, countMarkers, hourEdits, reanchorEdit } from './cache-marks.ts';
import { decodeAnthropic } from './decode-anthropic.ts';
import { createAnthropicEncoder } from './encode-anthropic.ts';
import { effortEdits, MESSAGE_EFFORT_BETA } from './message-effort.ts';
import { repairAnthropic } from './repair-anthropic.ts';
import { anthropicTap } from './tap-anthropic.ts';

const CALL_PATHS: ReadonlySet<string> = new Set(['/v1/messages', '/messages']);
const COUNT_PATHS: ReadonlySet<string> = new Set([...CALL_PATHS].map((path) => `${path}/count_tokens`));

/** Anthropic's Messages API, version 2023-06-01 (the one that translations are written for, 2026-11). */
export const anthropicMessages: WireFormat = {
  wire: 'anthropic-messages',
  vendor: 'anthropic',
  passedHeaders: /^(?:anthropic-|x-claude-|x-anthropic-)/u,

  callPaths: ['/v1/messages', '/v1/messages/count_tokens'],
  isCallPath: (pathname) => CALL_PATHS.has(pathname),
  isCountPath: (pathname) => COUNT_PATHS.has(pathname),
  isWireOf: (pathname, headers) => headers['anthropic-version'] !== undefined || pathname.includes('/messages'),
  readRequest: decodeAnthropic,
  createAnswerWriter: createAnthropicEncoder,
  countBody: (tokens) => ({ input_tokens: tokens }),
  modelEntry: joinedModelEntry,
  modelList: joinedModelList,
  streamType: SSE_TYPE,
  errorBody: anthropicError,
  errorEvent: (refusal, requestId) => formatSse('error', anthropicError(refusal, requestId)),
  ping: formatSse('ping', '{"type":"ping"}'),
  // Wording: Anthropic API error message, observed in clients 2026-11-21.
  overflowMessage: (promptTokens, limitTokens) => `prompt is too long: ${promptTokens} tokens > ${limitTokens} maximum`,

  path: (baseUrl, { search }) => messagesPath(baseUrl) + search,
  resourcePath: (baseUrl, path) => `${rootOf(baseUrl)}/v1${path}`,
  countPath: (baseUrl, { search }) => `${messagesPath(baseUrl)}/count_tokens${search}`,
  headers: { 'anthropic-version': '2023-06-01' },
  keyHeader: (key) => ({ 'x-api-key': key }),
  writeRequest: (model, request) => encodeAnthropic(model, request),
  createAnswerReader: createAnthropicDecoder,
  opensAtOnce: true,
  sampling: anthropicSampling,
  carries: isImageOrPdf,

  ...NAMED_IN_BODY,
  limitFields: ['max_tokens'],
  transcriptFault: (body) => (Array.isArray(body['messages']) ? undefined : 'messages'),
  transcriptOf: (body) => listIn(body['messages']),
  mediaOf: anthropicMedia,
  headOf: (body) => [{ system: body['system'], tools: body['tools'] ?? [] }],
  tierOf: (body) => (body['speed'] === 'fast' ? 'fast' : textIn(body['service_tier'])),
  effortOf: (body) => toEffort(fieldsIn(body['output_config'])['effort']),
  isThinkingOff: (body) => fieldsIn(body['thinking'])['type'] === 'disabled',
  effortEdits: (body, effort) => setWithin(body, 'output_config', 'effort', effort),
  messageEffort: { edits: effortEdits, beta: MESSAGE_EFFORT_BETA },
  lastUserText: (body) => lastTextIn(body, { field: 'messages', partType: 'text' }),
  repair: repairAnthropic,
  reanchor: reanchorEdit,
  hourEdits,
  asksForHour,
  isCached: (body) => countMarkers(body) > 0,
  pingEdits: anthropicPing,
  tap: anthropicTap,
  streamRelay: () => undefined,
};

function messagesPath(baseUrl: string): string {
  return `${rootOf(baseUrl)}/v1/messages`;
}

function rootOf(baseUrl: string): string {
  return new URL(baseUrl).pathname.replace(/\/+$/u, '').replace(/\/v1$/u, '');
}
