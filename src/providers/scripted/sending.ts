import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Wire } from '../../domain/model.ts';
import type { WireAnswer } from './answer.ts';
import type { ScriptedFailure } from './script.ts';
import type { Framing } from './scripted-cloud.ts';
import type { FailureResponse } from './vendor-failure.ts';

/** Whether an answer was sent whole, or who ended it before. */
export type SendingEnd = 'sent' | 'closed-by-client' | 'cut-by-script';

export type MidwayFailure = Extract<
  ScriptedFailure,
  { kind: 'cut-stream' | 'stall' | 'overloaded-midway' | 'broken-json' }
>;

/** A failure that begins like an answer. */
export function isMidway(failure: ScriptedFailure): failure is MidwayFailure {
  return ['cut-stream', 'stall', 'overloaded-midway', 'broken-json'].includes(failure.kind);
}

const EVENTS: Framing = { contentType: 'text/event-stream; charset=utf-8', frame: (event) => Buffer.from(event) };

/** One response on its way out, and how it ended. */
export class Sending {
  readonly ended: Promise<SendingEnd>;
  readonly #outgoing: ServerResponse;
  readonly #framing: Framing;
  #cut = false;

  constructor(outgoing: ServerResponse, framing: Framing = EVENTS) {
    this.#outgoing = outgoing;
    this.#framing = framing;
    this.ended = new Promise((resolve) => {
      outgoing.once('close', () =>
        resolve(this.#cut ? 'cut-by-script' : outgoing.writableFinished ? 'sent' : 'closed-by-client'),
      );
    });
  }

  json(body: unknown, wire: Wire): void {
    sendJson(this.#outgoing, 200, body, requestIdHeader(wire));
  }

  failure({ status, headers, body }: FailureResponse): void {
    sendJson(this.#outgoing, status, this.#framing.failure?.(body) ?? body, headers);
  }

  raw(failure: Extract<ScriptedFailure, { kind: 'raw' }>): void {
    this.#outgoing.writeHead(failure.status ?? 200, failure.headers ?? { 'content-type': 'text/event-stream' });
    for (const chunk of failure.chunks) this.#outgoing.write(chunk);
    if (failure.then === 'cut') this.#cutOff();
    else if (failure.then !== 'hang') this.#outgoing.end();
  }

  async stream(
    { frames }: WireAnswer,
    wire: Wire,
    failure: MidwayFailure | undefined,
    chunkDelayMs: number | undefined,
  ): Promise<void> {
    this.#outgoing.writeHead(200, {
      'content-type': this.#framing.contentType,
      'cache-control': 'no-cache',
      ...requestIdHeader(wire),
    });
    const sent = failure === undefined ? frames : frames.slice(0, framesBefore(failure, frames.length));
    for (const frame of sent) {
      if (this.#outgoing.destroyed) return;
      this.#outgoing.write(this.#framing.frame(frame));
      if (chunkDelayMs !== undefined) await wait(chunkDelayMs);
    }
    this.#endStream(wire, failure);
  }

  #endStream(wire: Wire, failure: MidwayFailure | undefined): void {
    const write = (frame: string): boolean => this.#outgoing.write(this.#framing.frame(frame));
    if (failure?.kind === 'cut-stream') return this.#cutOff();
    if (failure?.kind === 'broken-json') write('event: message_delta\ndata: {"type": "mess\n\n');
    if (failure?.kind === 'overloaded-midway') write(midwayError(wire));
    if (failure?.kind !== 'stall') this.#outgoing.end();
  }

  #cutOff(): void {
    this.#cut = true;
    // The bytes written so far must reach the client before the connection breaks.
    setImmediate(() => this.#outgoing.destroy());
  }
}

function framesBefore(failure: MidwayFailure, frameCount: number): number {
  const asked = failure.kind === 'broken-json' ? undefined : failure.afterChunks;
  return asked ?? Math.ceil(frameCount / 2);
}

function midwayError(wire: Wire): string {
  if (wire === 'openai-chat') {
    return 'data: {"error":{"message":"The server had an error","type":"server_error","code":null}}\n\n';
  }
  if (wire === 'openai-responses') {
    return 'event: error\ndata: {"type":"error","code":"server_error","message":"The server had an error","sequence_number":9}\n\n';
  }
  if (wire === 'gemini-generate-content') {
    return 'data: {"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}\n\n';
  }
  return 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';
}

function requestIdHeader(wire: Wire): Readonly<Record<string, string>> {
  const id = `req_${Math.trunc(performance.now() * 1000).toString(36)}`;
  return wire === 'anthropic-messages' ? { 'request-id': id } : { 'x-request-id': id };
}

export function sendJson(
  outgoing: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
  outgoing.end(JSON.stringify(body));
}
