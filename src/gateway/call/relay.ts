// One file: the ways in which an answer reaches its caller share one account of what has been sent.

import type { FinishReason } from '../../domain/call.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { parseExactJson } from '../../domain/json.ts';
import { modelIdentity, type Model } from '../../domain/model.ts';
import type { Ms, Tokens } from '../../domain/time.ts';
import { type IssuedState, CHARS_PER_TOKEN } from '../../domain/transcript.ts';
import { type Usage } from '../../domain/usage.ts';
import type { AnswerContext, AnswerEncoder } from '../../wires/shared/answer-encoder.ts';
import { createStreamTap, tapBody, type TappedAnswer } from '../../wires/shared/answer-tap.ts';
import { sealIssued } from '../../wires/shared/issued-envelope.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import { cutStreamError, type CodecPart, type StreamDecoder } from '../../wires/shared/stream-decoder.ts';
import type { UpstreamAttempt, RoutedCall } from '../core/call-context.ts';
import { answerHeaders, billedHeader } from '../server/answer-headers.ts';
import type { CallerStream } from '../server/caller-stream.ts';
import { headersToCaller } from '../upstream/forward-headers.ts';
import { MAX_JSON_BYTES } from '../upstream/guard-answer.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import { refusalFor } from '../upstream/upstream-error.ts';
import { billOf } from './answer-bill.ts';
import { streamRelayOf } from './outbound.ts';

/** What came of an answer that had begun. */
export interface AnswerOutcome {
  readonly usage: Usage | undefined;
  readonly servedModel: string | undefined;
  readonly servedTier: string | undefined;
  readonly finishReason: FinishReason | undefined;
  readonly responseId: string | undefined;
  /** Ids of what the vendor keeps of the answer. */
  readonly keptIds: readonly string[];
  readonly upstreamRequestId: string | undefined;
  readonly signatures: readonly string[];
  /** The vendor's state of the calls that the answer makes, by their ids. */
  readonly toolStates: readonly (readonly [string, IssuedState])[];
  readonly ttftMs: Ms | undefined;
  /** About how many tokens the answer was seen to say: all there is to go by where it has no usage. */
  readonly seenTokens: Tokens;
  /** `undefined`: the answer is whole. */
  readonly error: PointsmanError | undefined;
  /** The whole body, where it was held in memory anyway. */
  readonly body: Buffer | undefined;
}

export interface RelayOptions {
  readonly call: RoutedCall;
  readonly attempt: UpstreamAttempt;
  readonly answer: UpstreamAnswer;
  readonly caller: CallerStream;
  /** Called at the first byte of an answer: its endpoint is well, however long the rest takes. */
  readonly onFirstByte: () => void;
  /** Told as a stream goes on of about how many tokens it has said. */
  readonly onSeen: (tokens: Tokens) => void;
  /** Keeps the bytes of a stream up to this many, for the response cache; 0 keeps none. */
  readonly keepBytes: number;
}

/** Passes an answer of the caller's own wire format on, byte for byte. */
export async function relayAnswer(options: RelayOptions): Promise<AnswerOutcome> {
  const type = options.answer.headers['content-type'];
  const isStream = typeof type === 'string' && type.startsWith('text/event-stream');
  return isStream ? relayStream(options) : relayBody(options);
}

async function relayBody({ call, attempt, answer, caller, onFirstByte }: RelayOptions): Promise<AnswerOutcome> {
  const ttftMs = performance.now() - call.startedMs;
  let body: Buffer;
  try {
    body = await readWhole(answer, MAX_JSON_BYTES, onFirstByte);
    if (body.length === 0) throw cutStreamError();
  } catch (thrown) {
    const error = thrown instanceof PointsmanError ? thrown : cutStreamError();
    caller.refuse(refusalFor(call.wire, error, { promptTokens: 0, limitTokens: 0 }), answerHeaders(call, attempt));
    return outcomeOf(attempt.model, undefined, answer, { ttftMs, seenTokens: 0, error, body: undefined });
  }
  const tapped = tapBody(call.format.tap, body);
  const bill = billOf(call, attempt, tapped);
  caller.begin(answer.status, {
    'request-id': call.requestId,
    ...headersToCaller(answer.headers),
    ...answerHeaders(call, attempt),
    ...(bill === undefined ? {} : billedHeader(bill)),
    'content-length': String(body.length),
  });
  caller.end(body);
  return outcomeOf(attempt.model, tapped, answer, {
    ttftMs,
    seenTokens: body.length / CHARS_PER_TOKEN,
    error: undefined,
    body,
  });
}

async function relayStream({
  call,
  attempt,
  answer,
  caller,
  keepBytes,
  onFirstByte,
  onSeen,
}: RelayOptions): Promise<AnswerOutcome> {
  const tap = createStreamTap(call.format.tap);
  caller.events = tap;
  let ttftMs: Ms | undefined;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  const wantsTrailer = trailersWanted(call);
  const relay = streamRelayOf(call);
  const filter = relay?.createFilter();
  const endFilter = (): void => {
    const rest = filter?.end();
    if (rest !== undefined && rest.length > 0) caller.write(rest);
  };
  caller.begin(answer.status, {
    'request-id': call.requestId,
    ...headersToCaller(answer.headers),
    ...(relay?.contentType === undefined ? {} : { 'content-type': relay.contentType }),
    ...answerHeaders(call, attempt),
    ...(wantsTrailer ? { trailer: 'x-pointsman-billed-usd' } : {}),
  });
  return new Promise((resolve) => {
    const finish = (error: PointsmanError | undefined): void => {
      const body = error === undefined && keptBytes > 0 && keptBytes <= keepBytes ? Buffer.concat(kept) : undefined;
      resolve(outcomeOf(attempt.model, tap.answer, answer, { ttftMs, seenTokens: tap.seenTokens, error, body }));
    };
    answer.read({
      data(chunk) {
        if (ttftMs === undefined) {
          ttftMs = performance.now() - call.startedMs;
          onFirstByte();
        }
        const passed = filter?.push(chunk) ?? chunk;
        const goOn = passed.length === 0 || caller.write(passed);
        tap.push(chunk);
        onSeen(tap.seenTokens);
        if (keptBytes <= keepBytes && keepBytes > 0) {
          keptBytes += passed.length;
          kept.push(passed);
        }
        if (!goOn) caller.onDrain(() => answer.resume());
        return goOn;
      },
      end() {
        const { answer: tapped } = tap;
        if (tapped.isComplete || tapped.hasError) {
          endFilter();
          caller.end(undefined, billedTrailer(call, attempt, tapped));
          finish(
            tapped.hasError ? new PointsmanError('provider-unavailable', 'The stream ended in an error') : undefined,
          );
          return;
        }
        const error = cutStreamError();
        caller.refuse(refusalFor(call.wire, error, { promptTokens: 0, limitTokens: 0 }));
        finish(error);
      },
      fail(error) {
        if (tap.answer.isComplete && !tap.answer.hasError) {
          // All was said; how the connection then ended is nobody's business.
          endFilter();
          caller.end(undefined, billedTrailer(call, attempt, tap.answer));
          finish(undefined);
          return;
        }
        if (error.code !== 'aborted') caller.refuse(refusalFor(call.wire, error, { promptTokens: 0, limitTokens: 0 }));
        finish(error);
      },
    });
  });
}

function trailersWanted(call: RoutedCall): boolean {
  const te = call.request.headers['te'];
  return typeof te === 'string' && te.includes('trailers');
}

function billedTrailer(
  call: RoutedCall,
  attempt: UpstreamAttempt,
  tapped: TappedAnswer,
): Record<string, string> | undefined {
  if (tapped.usage === undefined || !trailersWanted(call)) return undefined;
  return billedHeader(billOf(call, attempt, tapped));
}

function outcomeOf(
  model: Model,
  tapped: TappedAnswer | undefined,
  answer: UpstreamAnswer,
  rest: Pick<AnswerOutcome, 'ttftMs' | 'seenTokens' | 'error' | 'body'>,
): AnswerOutcome {
  return {
    usage: tapped?.usage,
    servedModel: tapped?.servedModel,
    servedTier: tapped?.servedTier,
    finishReason: tapped?.finishReason,
    responseId: tapped?.responseId,
    keptIds: tapped?.keptIds ?? [],
    upstreamRequestId: requestIdOf(answer),
    signatures: tapped?.signatures ?? [],
    toolStates: (tapped?.toolStates ?? []).map(([id, wire]) => [id, { by: modelIdentity(model), wire }] as const),
    ...rest,
  };
}

function requestIdOf(answer: UpstreamAnswer): string | undefined {
  const id = answer.headers['request-id'] ?? answer.headers['x-request-id'];
  return typeof id === 'string' ? id : undefined;
}

/** Says another wire format's stream in the caller's own, part by part; a caller without a stream gets one body. */
export async function relayTranslated(options: RelayOptions, decoder: StreamDecoder): Promise<AnswerOutcome> {
  const { call, attempt, answer, caller, keepBytes, onFirstByte, onSeen } = options;
  let hasByte = false;
  const encoder = encoderFor(call, attempt);
  const fold: Fold = {
    servedModel: undefined,
    finish: undefined,
    error: undefined,
    ttftMs: undefined,
    seenChars: 0,
    toolIds: new Map(),
    toolStates: [],
  };
  const headers = {
    'content-type': call.isStream ? call.format.streamType : 'application/json',
    ...(call.isStream ? { 'cache-control': 'no-cache' } : {}),
    'request-id': call.requestId,
    ...answerHeaders(call, attempt),
  };
  let kept = '';
  let keptChars = 0;
  const take = (parts: readonly CodecPart[]): boolean => {
    let text = '';
    for (const part of parts) {
      text += encoder.push(part);
      noteInFold(fold, part, call);
    }
    if (!call.isStream || text === '') return true;
    if (keepBytes > 0 && keptChars <= keepBytes) kept += text;
    keptChars += text.length;
    caller.begin(200, headers);
    return caller.write(text);
  };
  let goOn = true;
  const parser = createSseParser((event) => {
    if (fold.finish !== undefined || fold.error !== undefined) return;
    const parsed = parseEvent(event.data);
    if (event.data === '[DONE]') goOn = take(decoder.end()) && goOn;
    else if (parsed !== undefined) goOn = take(decoder.push(parsed)) && goOn;
  });
  await new Promise<void>((resolve) => {
    answer.read({
      data(chunk) {
        if (!hasByte) onFirstByte();
        hasByte = true;
        goOn = true;
        parser.push(chunk);
        onSeen(fold.seenChars / CHARS_PER_TOKEN);
        if (!goOn) caller.onDrain(() => answer.resume());
        return goOn;
      },
      end() {
        if (fold.finish === undefined && fold.error === undefined) take(decoder.end());
        resolve();
      },
      fail(error) {
        const rest = fold.finish === undefined && error.code !== 'aborted' ? decoder.end() : [];
        // All was said; how the connection then ended is nobody's business.
        if (rest.at(-1)?.type === 'finish') take(rest);
        if (fold.finish === undefined) fold.error ??= error;
        resolve();
      },
    });
  });
  const usage = fold.finish?.usage ?? decoder.usage();
  const error = fold.error ?? (fold.finish === undefined ? cutStreamError() : undefined);
  let body: Buffer | undefined;
  if (error !== undefined) {
    const sizes = { promptTokens: attempt.forecast.promptTokens, limitTokens: attempt.model.contextTokens };
    if (error.code !== 'aborted') caller.refuse(refusalFor(call.wire, error, sizes), answerHeaders(call, attempt));
  } else if (call.isStream) {
    caller.end();
    if (keptChars > 0 && keptChars <= keepBytes) body = Buffer.from(kept);
  } else {
    body = Buffer.from(encoder.body());
    const bill =
      usage === undefined ? {} : billedHeader(billOf(call, attempt, { usage, servedTier: fold.finish?.servedTier }));
    caller.begin(200, { ...headers, ...bill, 'content-length': String(body.length) });
    caller.end(body);
  }
  return {
    usage,
    servedModel: fold.servedModel,
    servedTier: fold.finish?.servedTier,
    finishReason: fold.finish?.reason,
    responseId: undefined,
    keptIds: [],
    upstreamRequestId: requestIdOf(answer),
    signatures: [],
    toolStates: fold.toolStates,
    ttftMs: fold.ttftMs,
    seenTokens: fold.seenChars / CHARS_PER_TOKEN,
    error,
    body,
  };
}

interface Fold {
  servedModel: string | undefined;
  finish: Extract<CodecPart, { type: 'finish' }> | undefined;
  error: PointsmanError | undefined;
  ttftMs: Ms | undefined;
  seenChars: number;
  /** Index of a call in the answer → its id. */
  readonly toolIds: Map<number, string>;
  readonly toolStates: (readonly [string, IssuedState])[];
}

function noteInFold(fold: Fold, part: CodecPart, call: RoutedCall): void {
  fold.ttftMs ??= performance.now() - call.startedMs;
  if (part.type === 'start') fold.servedModel = part.servedModel;
  else if (part.type === 'tool-call-start') fold.toolIds.set(part.index, part.toolCallId);
  else if (part.type === 'tool-call-end' && part.issued !== undefined) {
    fold.toolStates.push([fold.toolIds.get(part.index) ?? '', part.issued]);
  } else if (part.type === 'finish') fold.finish = part;
  else if (part.type === 'error') fold.error = part.error;
  else if (part.type === 'text-delta' || part.type === 'thinking-delta') fold.seenChars += part.text.length;
  else if (part.type === 'tool-call-delta') fold.seenChars += part.inputJson.length;
}

function parseEvent(data: string): unknown {
  try {
    return parseExactJson(data);
  } catch {
    return undefined;
  }
}

function encoderFor(call: RoutedCall, attempt: UpstreamAttempt): AnswerEncoder {
  const inbound = call.inbound();
  const context: AnswerContext = {
    answerId: call.callId.replaceAll(/[^A-Za-z0-9]/gu, ''),
    createdAtSeconds: Math.floor(call.startedAt / 1000),
    model: attempt.model.wireModel,
    toolForms: inbound.toolForms,
    includeUsage: inbound.includeUsage,
    isStream: call.isStream,
    includeThoughts: inbound.includeThoughts,
    seal: (issued) => sealIssued(modelIdentity(attempt.model), issued),
  };
  return call.format.createAnswerWriter(context);
}
