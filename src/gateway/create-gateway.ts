// One file: the way of a request from its arrival to whoever answers it, in the order in which it is looked at.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback, refuseSubscription } from '../config/endpoints.ts';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { decodedName } from '../domain/ids.ts';
import type { Page } from '../page/page.ts';
import { toRefusal, refuse, type Refusal } from '../wires/shared/errors/refusal.ts';
import type { WireFormat } from '../wires/shared/wire-format.ts';
import { formatOfCaller, formatOfPath } from '../wires/wire-formats.ts';
import { answerSide } from './beside/answer-side.ts';
import type { SideArrival } from './beside/side-call.ts';
import { SIDE_PATHS, matchSideRoute, sideMethodsAt } from './beside/side-routes.ts';
import { countTokens } from './call/count-tokens.ts';
import { handleCall, type CallArrival } from './call/handle-call.ts';
import { modelByName } from './call/named-model.ts';
import { inBackground } from './core/background.ts';
import type { Principal } from './core/call-context.ts';
import { callerCredential } from './core/caller-credential.ts';
import { createGatewayCore, type GatewayCore } from './core/gateway-core.ts';
import type { Gateway, GatewayDeps } from './gateway.ts';
import { sendPing } from './keep-alive/send-ping.ts';
import { createWarmKeeper } from './keep-alive/warm-keeper.ts';
import { createAdmissionControl, type AdmissionControl } from './server/admit.ts';
import { createAdopter } from './server/adopt-connections.ts';
import { answerMetrics, opensMetrics } from './server/answer-metrics.ts';
import { watchBody, type BodyDeadline } from './server/body-deadline.ts';
import { createGatewayPage } from './server/gateway-page.ts';
import { closeOnlyIdle } from './server/idle-connections.ts';
import { limiterOf } from './server/join-siblings.ts';
import { nothingAt } from './server/known-paths.ts';
import { findModel, listedAs, listModels } from './server/list-models.ts';
import { hostInUrl, listen } from './server/listen.ts';
import { readTarget } from './server/request-target.ts';
import { answerJson, sendRefusal } from './server/send.ts';
import { stop } from './server/stop.ts';
import { createStreamPinger, type StreamPinger } from './server/stream-pinger.ts';

/** Not imported: for an import Node loads all that the module offers, its WebSocket and the whole client behind that too. */
const http = process.getBuiltinModule('node:http');

/** The list of models, or one of them by its name. */
const MODELS_PATH = /^(?:\/v1|\/v1beta)?\/models(?:\/(.+))?$/u;
const MAX_PING_TICK_MS = 1000;

/**
 * A gateway over the deps; it listens when told to.
 * @throws PointsmanError `config-invalid` when it would listen beyond this machine without access keys, or an endpoint has
 * a subscription token
 */
export function createGateway(deps: GatewayDeps): Gateway {
  const { settings } = deps;
  checkReach(deps);
  for (const endpoint of deps.endpoints.values()) refuseSubscription(endpoint);
  const core = createGatewayCore(deps, (made) =>
    createWarmKeeper(settings.keepAlive, {
      now: () => deps.clock.now(),
      send: async (prefix, signal) => sendPing(made, prefix, signal),
    }),
  );
  const pinger = createStreamPinger(Math.min(MAX_PING_TICK_MS, settings.pingMs, settings.commitAfterMs));
  const admissionControl = createAdmissionControl(settings, core.keys, limiterOf(core), core.monotonicMs);
  const page = deps.page && createGatewayPage(core, deps.page);
  const context: ServerContext = { core, pinger, admissionControl, page };
  const server = http.createServer(
    {
      maxHeaderSize: settings.maxHeaderBytes,
      // Of heads alone: how long a body may take depends on what it is.
      requestTimeout: 0,
      headersTimeout: settings.headersTimeoutMs,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: Math.min(5000, settings.headersTimeoutMs),
    },
    (request, response) => {
      answer(context, request, response).catch((thrown: unknown) => {
        const format = formatOfCaller(readTarget(request.url ?? '/').pathname, request.headers);
        sendRefusal(response, format, toRefusal(toPointsmanError(thrown)), {
          requestId: core.newId('req'),
          log: deps.log,
        });
      });
    },
  );
  closeOnlyIdle(server);
  server.maxConnections = settings.maxConnections;
  server.on('upgrade', (_request, socket: Socket) => refuseSocket(socket, '426 Upgrade Required'));
  server.on('clientError', (error: Error & { readonly code?: string }, socket: Socket) => {
    refuseSocket(socket, statusLineFor(error.code));
  });
  const hurry = new AbortController();
  let stopped: Promise<void> | undefined;
  return {
    passThrough: core.passThrough,
    listen: async () => listen(server, settings),
    adopt: createAdopter(server),
    reload(next) {
      for (const endpoint of next.endpoints?.values() ?? []) refuseSubscription(endpoint);
      core.reload(next);
    },
    close: async () => {
      if (stopped !== undefined) hurry.abort();
      stopped ??= stop(server, context, hurry.signal);
      await stopped;
    },
  };
}

/** @throws PointsmanError `config-invalid` for a gateway that others reach and anybody may use */
function checkReach({ settings, accessKeys }: GatewayDeps): void {
  if (!isLoopback(`http://${hostInUrl(settings.host)}`) && accessKeys.length === 0) {
    throw new PointsmanError(
      'config-invalid',
      `Listening on ${settings.host} needs access keys: others can reach it.`,
      {
        hint: 'Make one with "pointsman keys add NAME", or listen on 127.0.0.1.',
      },
    );
  }
}

interface ServerContext {
  readonly core: GatewayCore;
  readonly pinger: StreamPinger;
  readonly admissionControl: AdmissionControl;
  readonly page: Page | undefined;
}

async function answer(
  { core, pinger, admissionControl, page }: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, search } = readTarget(request.url ?? '/');
  const format = formatOfPath(pathname, search);
  const callerFormat = format ?? formatOfCaller(pathname, request.headers);
  const refuseWith = (refusal: Refusal): void => {
    core.metrics.count('pointsman_refused_total', { kind: refusal.kind });
    sendRefusal(response, callerFormat, refusal, { requestId: core.newId('req'), log: core.deps.log });
    request.resume();
  };
  const deadline = watchBody(request, core.deps.settings.requestTimeoutMs, () => {
    if (response.headersSent) request.socket.destroy();
    else refuseWith(refuse(408, 'timeout', 'The request did not arrive in time.', { connection: 'close' }));
  });
  const misplaced = admissionControl.checkPlace(request);
  if (misplaced !== undefined) {
    refuseWith(misplaced);
    return;
  }
  if (page?.owns(request, pathname) === true) {
    // In the page's queries a `key` is the name of one, to look for.
    const credential = callerCredential(request.headers, pathname);
    const headerToken = typeof credential === 'object' ? credential.token : undefined;
    await page.answer(request, response, { pathname, search, headerToken });
    return;
  }
  const { origin } = request.headers;
  if (origin !== undefined) allowOrigin(response, origin);
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
    return;
  }
  if (await answerAnybody(core, request, response, pathname)) return;
  const admission = await admissionControl.admit(request, core.deps.clock.now());
  if (admission.kind === 'refused') {
    refuseWith(admission.refusal);
    return;
  }
  const { principal } = admission;
  const arrival = { format: callerFormat, request, response, pathname, search, principal };
  if (format === undefined && !callerFormat.isCountPath(pathname)) {
    await answerBeside(core, { ...arrival, deadline }, refuseWith);
    return;
  }
  if (request.method !== 'POST') {
    refuseWith(refuse(405, 'method', 'This path takes POST.', { allow: 'POST' }));
    return;
  }
  if (format !== undefined) await core.live.track(handleCall(core, pinger, arrival));
  else await answerCount(core, arrival, refuseWith);
}

/** What nobody needs an access key for. */
async function answerAnybody(
  core: GatewayCore,
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
): Promise<boolean> {
  if (pathname === '/healthz') answerJson(response, 200, { status: 'ok' });
  // A client that only looks whether somebody is there asks for the root.
  else if (pathname === '/api/hello' || pathname === '/') response.writeHead(200).end();
  else if (pathname === '/metrics' && opensMetrics(core, request.headers))
    await answerMetrics(core, response, undefined);
  else return false;
  return true;
}

/** What is no model call: passed on, of our own, or nowhere. */
async function answerBeside(
  core: GatewayCore,
  arrival: CallArrival & { readonly deadline: BodyDeadline },
  refuseWith: RefuseWith,
): Promise<void> {
  const { pathname, request, format } = arrival;
  const method = request.method ?? '';
  const match = matchSideRoute(method === 'HEAD' ? 'GET' : method, pathname, format.wire);
  if (match !== undefined) {
    await core.live.track(passOn(core, { ...arrival, match }, refuseWith));
    return;
  }
  const allow = sideMethodsAt(pathname).join(', ');
  if (allow !== '') {
    refuseWith(refuse(405, 'method', `This path takes ${allow}.`, { allow }));
    return;
  }
  try {
    if (answerRead(core, arrival)) return;
    refuseWith(refuse(404, 'not-found', nothingAt(method, pathname, SIDE_PATHS)));
  } catch (thrown) {
    refuseWith(toRefusal(toPointsmanError(thrown)));
  }
}

type RefuseWith = (refusal: Refusal) => void;

async function passOn(core: GatewayCore, arrival: SideArrival, refuseWith: RefuseWith): Promise<void> {
  try {
    const refusal = await answerSide(core, arrival);
    if (refusal !== undefined) refuseWith(refusal);
  } catch (thrown) {
    refuseWith(toRefusal(toPointsmanError(thrown)));
  }
}

async function answerCount(core: GatewayCore, arrival: CallArrival, refuseWith: RefuseWith): Promise<void> {
  try {
    const { status, headers, body } = await countTokens(core, arrival);
    arrival.response.writeHead(status, { ...headers, 'content-length': String(body.length) }).end(body);
  } catch (thrown) {
    refuseWith(toRefusal(toPointsmanError(thrown)));
  }
}

/** @throws PointsmanError `not-found` for a model that nobody here would answer for */
function answerRead(core: GatewayCore, { pathname, format, request, response, principal }: CallArrival): boolean {
  // The body of an answer to HEAD is left out by Node.
  const isHead = request.method === 'HEAD';
  if (request.method !== 'GET' && !isHead) return false;
  const models = MODELS_PATH.exec(pathname);
  if (models !== null) {
    const id = models[1] === undefined ? undefined : decodedName(models[1]);
    answerJson(
      response,
      200,
      id === undefined ? listModels(core, format, principal.key) : modelEntry(core, { id, format, principal }),
    );
    return true;
  }
  if (pathname === '/metrics') {
    inBackground(core.deps.log, 'Answering for metrics', async () => answerMetrics(core, response, principal.key));
    return true;
  }
  // Everybody watches their own calls only.
  if (pathname === '/pointsman/tail') {
    if (isHead) response.writeHead(200).end();
    else core.feed.attach(response, principal.tenant);
    return true;
  }
  return false;
}

/**
 * One model of the list, or whatever else a call of that name would reach, under the name that was asked for.
 * @throws PointsmanError `not-found` with the nearest names
 */
function modelEntry(
  core: GatewayCore,
  { id, format, principal }: { readonly id: string; readonly format: WireFormat; readonly principal: Principal },
): object {
  const listed = findModel(core, format, { id, key: principal.key });
  if (listed !== undefined) return listed;
  const { model } = modelByName(core, id, { wire: format.wire, principal });
  return format.modelEntry({ ...listedAs(model), id });
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'origin');
  response.setHeader('access-control-allow-headers', '*, authorization');
  response.setHeader('access-control-expose-headers', '*');
}

function statusLineFor(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
}

/** Answers before or beside HTTP: no body, and the socket is closed. */
function refuseSocket(socket: Socket, statusLine: string): void {
  socket.on('error', () => undefined);
  if (socket.writable) socket.end(`HTTP/1.1 ${statusLine}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  else socket.destroy();
}
