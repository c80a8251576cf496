import type { ServerResponse } from 'node:http';
import type { Log } from '../../domain/log.ts';
import type { Refusal } from '../../wires/shared/errors/refusal.ts';
import type { CallerSide } from '../../wires/shared/wire-format.ts';
import { reportRefusal } from './report-refusal.ts';
import type { PingedStream, StreamPinger } from './stream-pinger.ts';

export interface CallerStreamOptions {
  readonly format: CallerSide;
  readonly requestId: string;
  readonly log: Log;
  readonly isStream: boolean;
  readonly pinger: StreamPinger;
  readonly pingMs: number;
  readonly commitAfterMs: number;
}

/** The caller's side of one call: says each thing once, keeps a silent stream alive, and words errors in its wire format. */
export class CallerStream {
  readonly #response: ServerResponse;
  readonly #options: CallerStreamOptions;
  readonly #pinged: PingedStream;
  #hasBegun = false;
  #hasEnded = false;
  #isCorked = false;
  /**
   * Knows whether something may be put between two events right now; without it, always. A closure of the relay in its
   * place would keep whole calls in memory until a full collection: measured at 4 MB/s of old heap at 300 streams/s.
   */
  events: { readonly atBoundary: boolean } | undefined;

  constructor(response: ServerResponse, options: CallerStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#pinged = {
      lastByteMs: performance.now(),
      ping: () => this.#ping(),
      afterMs: () => (this.#hasBegun ? options.pingMs : options.commitAfterMs),
    };
    if (options.isStream) options.pinger.watch(this.#pinged);
    response.once('close', () => options.pinger.unwatch(this.#pinged));
  }

  /** True once a status went out: from then on errors are events. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  begin(status: number, headers: Readonly<Record<string, string | string[]>>): void {
    if (this.#hasBegun || this.#response.destroyed) return;
    this.#response.writeHead(status, headers as Record<string, string | string[]>);
    this.#hasBegun = true;
  }

  /** False: the caller reads slower than we write; `onDrain` tells when to go on. */
  write(bytes: Buffer | string): boolean {
    if (this.#hasEnded || this.#response.destroyed) return true;
    this.#pinged.lastByteMs = performance.now();
    this.#gather();
    return this.#response.write(bytes);
  }

  /** Writes of one turn of the event loop go out together: chunks that arrived in one packet leave in one. */
  #gather(): void {
    if (this.#isCorked) return;
    const { socket } = this.#response;
    if (socket === null) return;
    this.#isCorked = true;
    socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      socket.uncork();
    });
  }

  onDrain(resume: () => void): void {
    this.#response.once('drain', resume);
  }

  end(bytes?: Buffer | string, trailers?: Readonly<Record<string, string>>): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.pinger.unwatch(this.#pinged);
    if (this.#response.destroyed) return;
    if (trailers !== undefined && this.#response.hasHeader('trailer')) this.#response.addTrailers(trailers);
    this.#response.end(bytes);
  }

  /** Tells the caller what went wrong, in the way that is still open. */
  refuse(given: Refusal, headers: Readonly<Record<string, string>> = {}): void {
    const { format, requestId, log } = this.#options;
    const refusal = reportRefusal(log, given, requestId);
    // A fault after another stream had answered this call: nothing more can be said.
    if (!this.#hasBegun && this.#response.headersSent) this.cut();
    else if (!this.#hasBegun) {
      const body = format.errorBody(refusal, requestId);
      this.begin(refusal.status === 499 ? 400 : refusal.status, {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'request-id': requestId,
        ...headers,
        ...refusal.headers,
      });
      this.end(body);
    } else if (this.isBetweenEvents) this.end(format.errorEvent(refusal, requestId));
    else this.cut();
  }

  /** Closes the socket in the middle, so that nobody takes half an event for a whole one. */
  cut(): void {
    this.#hasEnded = true;
    this.#options.pinger.unwatch(this.#pinged);
    this.#response.destroy();
  }

  get isBetweenEvents(): boolean {
    return this.events?.atBoundary ?? true;
  }

  #ping(): void {
    if (this.#hasEnded || !this.isBetweenEvents) return;
    const { format, requestId } = this.#options;
    this.begin(200, { 'content-type': format.streamType, 'cache-control': 'no-cache', 'request-id': requestId });
    this.write(format.ping);
  }
}
