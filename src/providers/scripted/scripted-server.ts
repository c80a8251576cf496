import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { CacheRule, Model } from '../../domain/model.ts';
import type { At } from '../../domain/time.ts';
import { estimateTokens } from '../../domain/transcript.ts';
import { textIn } from '../../wires/shared/fields.ts';
import { toAnswer } from './answer.ts';
import { answerFromPrompt } from './prompt-script.ts';
import { arrivedCall, parseJsonBody } from './read-body.ts';
import type { ReadRequest } from './read-parts.ts';
import { readRequest } from './read-request.ts';
import { countBody, wireOfPath } from './routes.ts';
import {
  createScriptPlayer,
  type Script,
  type ScriptLine,
  type ScriptPlayer,
  type ScriptedAnswer,
  type ScriptedRequest,
} from './script.ts';
import type { ScriptedCloud, OpenedCall, ArrivedCall } from './scripted-cloud.ts';
import { Sending, isMidway, sendJson, type SendingEnd } from './sending.ts';
import {
  DEFAULT_AUTOMATIC_RULE,
  DEFAULT_BREAKPOINT_RULE,
  DEFAULT_EXPLICIT_RULE,
  SimulatedCache,
  type CacheUse,
} from './simulated-cache.ts';
import { vendorObjection } from './vendor-checks.ts';
import { failureResponse } from './vendor-failure.ts';
import { writeWire } from './write-wire.ts';

export interface ScriptedServerOptions {
  /** The words. A script inside the prompt is tried first. */
  readonly script?: Script;
  /** A call that nothing answers: refused and remembered (true), or answered with a fixed text. Default false. */
  readonly strict?: boolean;
  /** Catalogue rows: their cache rules are simulated and their names listed. Others follow their vendor's defaults. */
  readonly models?: readonly Model[];
  /** Epoch milliseconds, for cache lifetimes. Default: the system's clock. */
  readonly clock?: () => At;
  /** Refuse other keys, as a vendor would. */
  readonly apiKey?: string;
  /** Refuse what the real vendors refuse: foreign signatures, orphaned tool results, a fifth marker. Default true. */
  readonly vendorChecks?: boolean;
  /** A cloud that the models stand in. Absent: they are at their vendor's own address. */
  readonly cloud?: ScriptedCloud;
  /** Default: any free port. */
  readonly port?: number;
}

/** A call as the server saw it. Credentials are not kept. */
export interface SeenCall {
  readonly request: ScriptedRequest;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly cache: CacheUse;
  /** Resolves when the answer was sent whole, or the client closed the connection before. */
  readonly ended: Promise<SendingEnd>;
}

/** A model server on loopback that speaks every wire format and plays a script. */
export interface ScriptedServer {
  /** Without `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly calls: readonly SeenCall[];
  /** Calls that the script had no answer for. */
  readonly unexpected: readonly ScriptedRequest[];
  /** What calls were refused for, as a real vendor would have refused them. */
  readonly objections: readonly string[];
  /** Connections accepted so far: a client that keeps its own opens few. */
  connectionCount(): number;
  /** Script lines that no call has used. */
  leftover(): readonly ScriptLine[];
  /** @throws PointsmanError `internal` when a call was not expected or script is left over. */
  assertDone(): void;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
export async function createScriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const state = new ServerState(options);
  const server = createServer((incoming, outgoing) => {
    state.handle(incoming, outgoing).catch((thrown: unknown) => {
      const { code, message } = toPointsmanError(thrown);
      if (outgoing.headersSent) outgoing.destroy();
      else
        sendJson(outgoing, code === 'request-invalid' ? 400 : 500, { type: 'error', error: { type: code, message } });
    });
  });
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n'));
  server.keepAliveTimeout = 65_000;
  let connectionCount = 0;
  server.on('connection', () => (connectionCount += 1));
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://${LOOPBACK}:${port}`,
    port,
    calls: state.calls,
    unexpected: state.unexpected,
    objections: state.objections,
    connectionCount: () => connectionCount,
    leftover: () => state.player.leftover(),
    assertDone: () => state.assertDone(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}

class ServerState {
  readonly calls: SeenCall[] = [];
  readonly unexpected: ScriptedRequest[] = [];
  readonly objections: string[] = [];
  readonly player: ScriptPlayer;
  readonly #options: ScriptedServerOptions;
  readonly #cache = new SimulatedCache();
  /** Calls by the model that they asked for. */
  readonly #callCounts = new Map<string, number>();
  readonly #rules: ReadonlyMap<string, CacheRule>;

  constructor(options: ScriptedServerOptions) {
    this.#options = options;
    this.player = createScriptPlayer(options.script ?? []);
    this.#rules = new Map((options.models ?? []).map((model) => [model.wireModel, model.cacheRule]));
  }

  assertDone(): void {
    const left = this.player.leftover();
    if (this.unexpected.length === 0 && left.length === 0) return;
    const calls = this.unexpected.map((request) => `call ${request.callIndex} to ${request.model}`).join(', ');
    const lines = left.map((line) => `a line for ${line.model ?? 'any model'}`).join(', ');
    throw new PointsmanError(
      'internal',
      `The script was not followed. Unexpected: ${calls || 'none'}. Left over: ${lines || 'none'}`,
      {
        hint: 'Make the script and the calls agree.',
      },
    );
  }

  async handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    if (incoming.method === 'HEAD') return void outgoing.writeHead(200).end();
    const arrived = await arrivedCall(incoming);
    const opened = await this.#options.cloud?.open(arrived);
    if (opened?.kind !== 'refused') return this.#handleOpened({ ...arrived, ...opened }, incoming.headers, outgoing);
    this.objections.push(JSON.stringify(opened.body));
    return sendJson(outgoing, opened.status, opened.body);
  }

  /** A call in the form of its vendor's own address. */
  async #handleOpened(
    call: ArrivedCall & Partial<Pick<OpenedCall, 'framing' | 'counted' | 'betas'>>,
    headers: IncomingHttpHeaders,
    outgoing: ServerResponse,
  ): Promise<void> {
    const { method } = call;
    const { pathname: path, search } = new URL(call.path, 'http://loopback');
    if (method === 'GET' && path.endsWith('/models')) return sendJson(outgoing, 200, this.#modelList());
    const body = method === 'POST' ? parseJsonBody(call.body, headers['content-encoding']) : undefined;
    const wire = wireOfPath(path + search);
    const count = countBody(path, body);
    if (count !== undefined) return sendJson(outgoing, 200, call.counted?.(count) ?? count);
    if (method !== 'POST' || wire === undefined) {
      const error = { type: 'not_found_error', message: `No route ${path}` };
      return sendJson(outgoing, 404, { type: 'error', error });
    }
    const betas = [...(call.betas ?? []), ...String(headers['anthropic-beta'] ?? '').split(/[\s,]+/u)];
    await this.#answer(readRequest(wire, body, path, betas), headers, new Sending(outgoing, call.framing));
  }

  async #answer(read: ReadRequest, headers: IncomingHttpHeaders, sending: Sending): Promise<void> {
    const request = this.#scriptedRequest(read);
    const now = (this.#options.clock ?? Date.now)();
    const script = await this.#findAnswer(request, read, headers);
    const failed = script.failure !== undefined && !isMidway(script.failure);
    const promptTokens = estimateTokens(read.blocks.map((block) => block.text).join(''));
    const cache = failed
      ? { promptTokens, readTokens: 0, writeTokens: 0, longWriteTokens: 0 }
      : this.#cache.use(cacheOf(read), this.#ruleFor(read), read.blocks, now);
    this.#callCounts.set(request.model, (this.#callCounts.get(request.model) ?? 0) + 1);
    this.calls.push({ request, body: read.body, headers: withoutCredentials(headers), cache, ended: sending.ended });
    if (script.delayMs !== undefined) await wait(script.delayMs);
    const { failure } = script;
    if (failure !== undefined && !isMidway(failure)) {
      return failure.kind === 'raw'
        ? sending.raw(failure)
        : sending.failure(failureResponse(read.wire, failure, promptTokens));
    }
    const answer = toAnswer(script, read, cache, now);
    const written = writeWire(answer, read, this.#ruleFor(read));
    if (!read.stream && failure === undefined) return sending.json(written.body, read.wire);
    await sending.stream(written, read.wire, failure, script.chunkDelayMs);
  }

  #scriptedRequest(read: ReadRequest): ScriptedRequest {
    const { wire, model, system, tools, messages, maxOutputTokens, effort } = read;
    return {
      wire,
      model,
      system,
      tools,
      messages,
      maxOutputTokens,
      effort,
      serviceTier: textIn(read.body['service_tier'] ?? read.body['serviceTier']),
      callIndex: this.calls.length,
      modelCallIndex: this.#callCounts.get(model) ?? 0,
    };
  }

  async #findAnswer(
    request: ScriptedRequest,
    read: ReadRequest,
    headers: IncomingHttpHeaders,
  ): Promise<ScriptedAnswer> {
    const { apiKey, vendorChecks, strict } = this.#options;
    if (apiKey !== undefined && keyOf(headers) !== apiKey) return { failure: { kind: 'refused-key' } };
    const objection = vendorChecks === false ? undefined : vendorObjection(read);
    if (objection !== undefined) {
      this.objections.push(objection);
      return { failure: { kind: 'rejected', message: objection } };
    }
    try {
      const answer = answerFromPrompt(request) ?? (await this.player.answer(request));
      if (answer !== undefined) return answer;
    } catch (thrown) {
      return { failure: { kind: 'rejected', message: toPointsmanError(thrown).message } };
    }
    if (strict !== true) return { text: 'The script has no words for this call.' };
    this.unexpected.push(request);
    const message = `The script has no answer for call ${request.callIndex} to ${request.model}`;
    return { failure: { kind: 'rejected', message } };
  }

  #ruleFor(read: ReadRequest): CacheRule {
    const known = this.#rules.get(read.model);
    if (known !== undefined) return known;
    if (read.wire === 'anthropic-messages' || read.wire === 'bedrock-converse') return DEFAULT_EXPLICIT_RULE;
    return /^gpt-(?:5\.[6-9]|[6-9])/u.test(read.model) ? DEFAULT_BREAKPOINT_RULE : DEFAULT_AUTOMATIC_RULE;
  }

  #modelList(): unknown {
    const data = (this.#options.models ?? []).map(({ wireModel, vendor }) => ({
      id: wireModel,
      type: 'model',
      object: 'model',
      display_name: wireModel,
      owned_by: vendor,
      created: 0,
      created_at: '1970-01-01T00:00:00Z',
    }));
    return { object: 'list', data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  }
}

/** One effort's cache is not another's. */
/** OpenAI sends calls to a machine by their prefix and their key together: another key finds another machine's cache. */
function cacheOf(read: ReadRequest): string {
  const effort = ('cacheEffort' in read ? read.cacheEffort : read.effort) ?? '';
  return `${read.model}@${effort}#${textIn(read.body['prompt_cache_key']) ?? ''}`;
}

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const named = headers['x-api-key'] ?? headers['x-goog-api-key'];
  return typeof named === 'string' ? named : headers.authorization?.replace(/^Bearer /u, '');
}

function withoutCredentials(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const secret = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'cookie', 'proxy-authorization']);
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !secret.has(name))
      .map(([name, value]) => [name, String(value)]),
  );
}
