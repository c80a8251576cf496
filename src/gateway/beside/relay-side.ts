import { PointsmanError } from '../../domain/errors.ts';
import type { Usage } from '../../domain/usage.ts';
import { fieldsIn, isFields, listIn, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import { MAX_JSON_BYTES } from '../call/relay.ts';
import { memoryOwner } from '../core/call-context.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { billedHeader } from '../server/answer-headers.ts';
import { headersToCaller } from '../upstream/forward-headers.ts';
import { MAX_ERROR_BYTES } from '../upstream/guard-answer.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import { keyRefused, trueStatus } from '../upstream/upstream-error.ts';
import type { SideTarget } from './find-endpoint.ts';
import type { SideCall } from './side-call.ts';
import { sideBillOf, sideUsageIn, type SideBill, type SideEnd } from './side-money.ts';

interface BilledAnswer {
  readonly answer: UpstreamAnswer;
  readonly bill: SideBill;
}

/**
 * Hands an answer back: as it comes, or, where it says what the vendor keeps from now on, lists that, or tells its usage, once it
 * is whole.
 * @throws PointsmanError before anything went to the caller, and for answers that were cut
 */
export async function relaySide(
  core: GatewayCore,
  call: SideCall,
  target: SideTarget,
  given: BilledAnswer,
): Promise<SideEnd> {
  const { answer } = given;
  const { route } = call.match;
  if (answer.status >= 400) return relayFailure(call, target, answer);
  const isRead =
    [route.makes, route.lists, route.addresses].some((one) => one !== undefined) || route.bills === 'tokens';
  return isRead && /^application\/json\b/iu.test(headerOf(answer, 'content-type'))
    ? relayJson(core, call, target, given)
    : relayBytes(core, call, target, given);
}

async function relayFailure(call: SideCall, { endpoint }: SideTarget, answer: UpstreamAnswer): Promise<SideEnd> {
  const body = await readWhole(answer, MAX_ERROR_BYTES);
  const { status } = answer;
  if (trueStatus(status, body) === 401 && endpoint.apiKey !== undefined) throw keyRefused(endpoint);
  call.response
    .writeHead(status, {
      'request-id': call.requestId,
      ...headersToCaller(answer.headers),
      'content-length': String(body.length),
    })
    .end(body);
  const error = new PointsmanError('provider-rejected', `The endpoint answered ${status}`, { details: { status } });
  return { status, usage: undefined, error, wasSent: true };
}

async function relayJson(
  core: GatewayCore,
  call: SideCall,
  target: SideTarget,
  { answer, bill }: BilledAnswer,
): Promise<SideEnd> {
  const bytes = await readWhole(answer, MAX_JSON_BYTES);
  const said = parseFields(bytes.toString('utf8'));
  const usage = said && sideUsageIn(said);
  const body = said === undefined ? bytes : asSeenBy(core, call, target, { said, bytes });
  const isBilled = call.match.route.bills !== undefined;
  call.response
    .writeHead(answer.status, {
      ...headersOf(core, call, target, answer),
      ...(isBilled ? billedHeader(sideBillOf(bill, usage, call.startedAt)) : {}),
      'content-length': String(body.length),
    })
    .end(body);
  return { status: answer.status, usage, error: undefined, wasSent: true };
}

/** Notes what the vendor keeps for this caller, and shows it nothing of others'. The vendor's own bytes where that changes nothing. */
function asSeenBy(
  core: GatewayCore,
  call: SideCall,
  { endpoint }: SideTarget,
  { said, bytes }: { readonly said: Fields; readonly bytes: Buffer },
): Buffer {
  const { match, principal } = call;
  const { makes = [], lists, addresses = [] } = match.route;
  const owner = memoryOwner(principal);
  const isShared = principal.key !== undefined;
  const rows = lists === undefined ? [said] : listIn(said[lists]).map(fieldsIn);
  const isOwn = (row: Fields): boolean => core.keptIds.issuerOf(owner, idOf(row)) === endpoint.id;
  const seen = lists !== undefined && isShared ? rows.filter(isOwn) : rows;
  for (const row of seen)
    for (const field of makes) {
      const id = textIn(valueAt(row, field));
      if (id !== undefined) core.keptIds.note(owner, id, endpoint.id);
    }
  const shown = seen.map((row) => withOwnAddresses(row, addresses, call));
  if (shown.length === rows.length && shown.every((row, index) => row === rows[index])) return bytes;
  return Buffer.from(JSON.stringify(lists === undefined ? shown[0] : { ...said, [lists]: shown }));
}

function idOf(row: Fields): string {
  return textIn(row['id']) ?? textIn(row['name']) ?? '';
}

function valueAt(row: Fields, field: string): unknown {
  return field.split('.').reduce<unknown>((value, name) => (isFields(value) ? value[name] : undefined), row);
}

/** Clients follow addresses in answers with the key they have: that is ours to take, not the vendor's. */
function withOwnAddresses(row: Fields, fields: readonly string[], call: SideCall): Fields {
  const own = fields.flatMap((field) => {
    const address = textIn(row[field]);
    return address === undefined ? [] : [[field, ownAddress(call, address)] as const];
  });
  return own.length === 0 ? row : { ...row, ...Object.fromEntries(own) };
}

/** The same path and query as this gateway's caller reaches them. */
function ownAddress({ request }: SideCall, address: string): string {
  if (!URL.canParse(address)) return address;
  const { pathname, search } = new URL(address);
  const scheme = request.headers['x-forwarded-proto'] === 'https' ? 'https' : 'http';
  return `${scheme}://${request.headers.host ?? ''}${pathname}${search}`;
}

const UPLOAD_URL = 'x-goog-upload-url';

function headersOf(
  core: GatewayCore,
  call: SideCall,
  { model, endpoint }: SideTarget,
  answer: UpstreamAnswer,
): Record<string, string | string[]> {
  const headers = headersToCaller(answer.headers);
  const address = headers[UPLOAD_URL];
  if (typeof address === 'string') {
    const uploadId = new URL(address).searchParams.get('upload_id');
    if (uploadId !== null) core.keptIds.note(memoryOwner(call.principal), uploadId, endpoint.id);
    headers[UPLOAD_URL] = ownAddress(call, address);
  }
  return {
    'request-id': call.requestId,
    ...headers,
    'x-pointsman-endpoint': endpoint.id,
    ...(model === undefined ? {} : { 'x-pointsman-model': model.id }),
  };
}

/** Bytes as they come: sound, images, files, lines of results, events. */
async function relayBytes(
  core: GatewayCore,
  call: SideCall,
  target: SideTarget,
  { answer, bill }: BilledAnswer,
): Promise<SideEnd> {
  const { response } = call;
  const isStream = headerOf(answer, 'content-type').startsWith('text/event-stream');
  let usage: Usage | undefined;
  const tap =
    isStream && bill.prices !== undefined
      ? createSseParser(({ data }) => (usage = sideUsageIn(parseFields(data) ?? {}) ?? usage))
      : undefined;
  const isBilled = call.match.route.bills !== undefined;
  response.writeHead(answer.status, {
    ...headersOf(core, call, target, answer),
    // A stream's bill is not known yet.
    ...(isBilled && bill.prices === undefined ? billedHeader(undefined) : {}),
  });
  response.flushHeaders();
  await new Promise<void>((resolve, reject) => {
    answer.read({
      data(chunk) {
        tap?.push(chunk);
        if (response.write(chunk)) return true;
        response.once('drain', () => answer.resume());
        return false;
      },
      end() {
        response.end();
        resolve();
      },
      fail: reject,
    });
  });
  return { status: answer.status, usage, error: undefined, wasSent: true };
}

function headerOf({ headers }: UpstreamAnswer, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
