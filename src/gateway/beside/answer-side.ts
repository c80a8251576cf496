import type { ServedKind } from '../../config/served-kinds.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type CallId } from '../../domain/ids.ts';
import type { Refusal } from '../../wires/shared/errors/refusal.ts';
import { fieldsIn, textIn } from '../../wires/shared/fields.ts';
import { editJson } from '../../wires/shared/json-bytes.ts';
import { refuseHandedSubscription } from '../core/caller-credential.ts';
import { refuseForeignReferences } from '../core/foreign-references.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { mayUseAny } from '../core/policy-of.ts';
import { tooLarge } from '../server/read-body.ts';
import { headersToUpstream } from '../upstream/forward-headers.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import type { UpstreamCall } from '../upstream/upstream.ts';
import { checkBatch } from './check-batch.ts';
import { findEndpoint, type SideTarget } from './find-endpoint.ts';
import { pathAt } from './own-address.ts';
import { relaySide } from './relay-side.ts';
import { BodyTooLarge, bodyToSend, readSideBody, type SideBody } from './side-body.ts';
import type { SideArrival, SideCall } from './side-call.ts';
import { finishSide, reserveSide } from './side-money.ts';
import type { SideMatch } from './side-routes.ts';

/**
 * One request beside model calls from first byte to last: whose it is, where it goes, what it may bill; then it is passed on and
 * its answer handed back. Resolves with a refusal that has not been sent yet, or nothing.
 * @throws PointsmanError before anything went to the caller
 */
export async function answerSide(core: GatewayCore, arrival: SideArrival): Promise<Refusal | undefined> {
  const startedMs = performance.now();
  const startedAt = core.deps.clock.now();
  const { match, request, response, principal, deadline } = arrival;
  const read = await readSideBody(core, request, {
    isFile: match.route.isFile === true,
    wantsModel: match.route.model === 'body',
    takesForm: FORM_KINDS.has(match.route.kind),
    mustSeeAll: !mayUseAny(core, principal),
    deadline,
  });
  if (read.kind === 'gone') return undefined;
  if (read.kind === 'refused') return read.refusal;
  const { body } = read;
  if (body.kind !== 'none') response.once('close', body.release);
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  const call: SideCall = {
    ...arrival,
    callId: asId<CallId>(core.newId('call')),
    requestId: core.newId('req'),
    body,
    model: match.model ?? modelIn(match, body),
    startedAt,
    startedMs,
    abort,
  };
  if (body.kind === 'json') {
    refuseHandedSubscription(body.body);
    refuseForeignReferences(core, principal, body.body);
  }
  checkNamed(core, call);
  const target = findEndpoint(core, { match, principal, model: call.model, ids: [...match.ids, ...idsIn(call)] });
  await checkBatch(core, call, target);
  return send(core, call, target);
}

/** Kinds of which some requests are forms or files; every other body is JSON, whatever its content type says. */
const FORM_KINDS: ReadonlySet<ServedKind> = new Set(['audio', 'files', 'images', 'videos'] as const);

/**
 * A vendor has a model of its own for who names none: nobody here sees which.
 * @throws PointsmanError `request-invalid` where not every model may be used
 */
function checkNamed(core: GatewayCore, { match: { route }, model, principal }: SideCall): void {
  if (route.model !== 'body' || route.bills === undefined || model !== undefined || mayUseAny(core, principal)) return;
  throw new PointsmanError('request-invalid', 'Not every model may be used: name one.');
}

async function send(core: GatewayCore, call: SideCall, target: SideTarget): Promise<Refusal | undefined> {
  const bill = await reserveSide(core, call, target);
  try {
    const ask = async (search: string): Promise<UpstreamAnswer> =>
      core.upstream.open(target.endpoint, outboundOf(core, { ...call, search }, target));
    const given = { answer: await ask(call.search), bill, ask };
    finishSide(core, call, target, bill, await relaySide(core, call, target, given));
  } catch (thrown) {
    const error =
      thrown instanceof PointsmanError ? thrown : new PointsmanError('internal', 'Internal', { cause: thrown });
    finishSide(core, call, target, bill, { status: 502, usage: undefined, error });
    if (call.response.headersSent || error.code === 'aborted') call.response.destroy();
    else if (error.cause instanceof BodyTooLarge) return tooLarge(error.cause.maxBytes);
    else throw error;
  }
  return undefined;
}

function modelIn({ route }: SideMatch, body: SideBody): string | undefined {
  if (route.model !== 'body') return undefined;
  return body.kind === 'json' ? textIn(body.body['model']) : body.kind === 'stream' ? body.model?.name : undefined;
}

/** What the body names of what a vendor keeps. */
function idsIn({ match: { route }, body, search }: SideCall): readonly string[] {
  // Of Google's uploads in pieces: the address that it gave for the rest.
  const uploads = route.prefix === undefined ? [] : new URLSearchParams(search).getAll('upload_id');
  if (uploads.length > 0) return uploads;
  if (body.kind !== 'json') return [];
  return (route.refersTo ?? []).flatMap((field) =>
    [body.body[field]].flat().flatMap((value) => textIn(value) ?? textIn(fieldsIn(value)['id']) ?? []),
  );
}

/** What the endpoint gets: the caller's bytes, its own name of the model, its own key. */
function outboundOf(core: GatewayCore, call: SideCall, target: SideTarget): UpstreamCall {
  const { match, request, body, search, abort } = call;
  const { route } = match;
  const { endpoint, key } = target;
  const { 'content-type': _json, ...headers } = headersToUpstream(
    { headers: request.headers, wire: route.wire },
    { endpoint, wire: route.wire, key },
  );
  const path = pathAt(call, target, pathTo(call, target)) + search;
  const sent = target.wireModel;
  const asked = sent === undefined ? {} : { target: { wire: route.wire, model: sent, isStream: false } };
  const base = { method: route.method, path, signal: abort.signal, ...asked } as const;
  if (body.kind === 'none') return { ...base, headers, body: undefined };
  const type = request.headers['content-type'] ?? 'application/octet-stream';
  if (body.kind === 'json') {
    const wireModel = renamed(call, target);
    const edits = wireModel === undefined ? [] : [{ op: 'set', path: ['model'], value: wireModel } as const];
    return { ...base, headers: { ...headers, 'content-type': type }, body: editJson(body.bytes, edits) };
  }
  const { maxUploadBytes } = core.deps.settings;
  const { stream, grownBytes } = bodyToSend(request, body, {
    wireModel: renamed(call, target),
    maxBytes: maxUploadBytes,
  });
  const declared = request.headers['content-length'];
  const length = declared === undefined ? {} : { 'content-length': String(Number(declared) + grownBytes) };
  return { ...base, headers: { ...headers, ...length, 'content-type': type }, body: stream };
}

/** The name to write where another stands; `undefined`: what stands there is right. */
function renamed({ model }: SideCall, { wireModel }: SideTarget): string | undefined {
  return model === undefined || wireModel === undefined || model.replace(/^models\//u, '') === wireModel
    ? undefined
    : wireModel;
}

function pathTo({ match }: SideCall, { wireModel }: SideTarget): string {
  if (match.model === undefined || wireModel === undefined) return match.path;
  return match.route.path.replace('{model}', wireModel.split('/').map(encodeURIComponent).join('/'));
}
