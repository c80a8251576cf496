import { PointsmanError } from '../../domain/errors.ts';
import type { At } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import { isFields, parseFields, textIn, type Fields } from '../../wires/shared/fields.ts';
import { createSseParser } from '../../wires/shared/sse.ts';
import { lastingOf, memoryOwner } from '../core/call-context.ts';
import { nameAtEnd } from '../core/foreign-references.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { billedHeader } from '../server/answer-headers.ts';
import { headersToCaller } from '../upstream/forward-headers.ts';
import { MAX_ERROR_BYTES, MAX_JSON_BYTES } from '../upstream/guard-answer.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { UpstreamAnswer } from '../upstream/upstream-answer.ts';
import { keyRefused, trueStatus, upstreamError } from '../upstream/upstream-error.ts';
import type { SideTarget } from './find-endpoint.ts';
import { ownAddress } from './own-address.ts';
import { ownPage, pageEnds, readPage, type ListPage } from './own-page.ts';
import type { SideCall } from './side-call.ts';
import { sideBillOf, sideUsageIn, type SideBill, type SideEnd } from './side-money.ts';

interface BilledAnswer {
  readonly answer: UpstreamAnswer;
  readonly bill: SideBill;
  /** Sends the request again with another query. */
  readonly ask: (search: string) => Promise<UpstreamAnswer>;
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
  if (call.request.method === 'HEAD') return relayHead(core, call, target, answer);
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
  return { status, usage: undefined, error };
}

/** Vendors are asked with GET, which they all know; what they would go on to send nobody wants. */
function relayHead(core: GatewayCore, call: SideCall, target: SideTarget, answer: UpstreamAnswer): SideEnd {
  call.response.writeHead(answer.status, headersOf(core, call, target, answer)).end();
  answer.abort();
  return { status: answer.status, usage: undefined, error: undefined };
}

async function relayJson(core: GatewayCore, call: SideCall, target: SideTarget, given: BilledAnswer): Promise<SideEnd> {
  const { answer, bill, ask } = given;
  const bytes = await readWhole(answer, MAX_JSON_BYTES);
  const said = parseFields(bytes.toString('utf8'));
  const usage = said && sideUsageIn(said);
  const body = said === undefined ? bytes : await asSeenBy(core, call, target, { said, bytes, ask });
  const isBilled = call.match.route.bills !== undefined;
  call.response
    .writeHead(answer.status, {
      ...headersOf(core, call, target, answer),
      ...(isBilled ? billedHeader(sideBillOf(bill, usage, call.startedAt)) : {}),
      'content-length': String(body.length),
    })
    .end(body);
  return { status: answer.status, usage, error: undefined };
}

/** @throws PointsmanError what the vendor says where it refuses */
async function readMore({ endpoint }: SideTarget, answer: UpstreamAnswer, now: At): Promise<Fields> {
  const { status, headers } = answer;
  const bytes = await readWhole(answer, status >= 400 ? MAX_ERROR_BYTES : MAX_JSON_BYTES);
  if (status < 400) return parseFields(bytes.toString('utf8')) ?? {};
  if (trueStatus(status, bytes) === 401 && endpoint.apiKey !== undefined) throw keyRefused(endpoint);
  throw upstreamError(status, headers, bytes, now);
}

/** Notes what the vendor keeps for this caller, and shows it nothing of others'. The vendor's own bytes where that changes nothing. */
async function asSeenBy(
  core: GatewayCore,
  call: SideCall,
  target: SideTarget,
  { said, bytes, ask }: Pick<BilledAnswer, 'ask'> & { readonly said: Fields; readonly bytes: Buffer },
): Promise<Buffer> {
  const { match, principal } = call;
  const { makes = [], lists, addresses = [] } = match.route;
  const turn = async (search: string): Promise<ListPage> =>
    readPage(core, { ...call, search }, target, await readMore(target, await ask(search), call.startedAt));
  const first = readPage(core, call, target, said);
  const page = lists !== undefined && principal.key !== undefined ? await ownPage(first, match.route, turn) : first;
  const { rows, seen } = page;
  const owner = memoryOwner(principal);
  for (const id of seen.flatMap((row) => makes.flatMap((field) => idsAt(row, field.split('.'))))) {
    // What a list of the caller's own only repeats stays whose it is.
    if (!core.keptIds.isForeign(owner, id)) core.keptIds.note(owner, id, target.endpoint.id, lastingOf(principal));
  }
  const shown = seen.map((row) => withOwnAddresses(row, addresses, (address) => ownAddress(call, target, address)));
  const isSame = shown.length === rows.length && shown.every((row, index) => row === rows[index]);
  if (isSame && page.said === said) return bytes;
  return Buffer.from(
    JSON.stringify(lists === undefined ? shown[0] : { ...page.said, ...pageEnds(page), [lists]: shown }),
  );
}

/** The ids at a place; of an address the name that it ends in. */
function idsAt(value: unknown, names: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => idsAt(one, names));
  const [name, ...rest] = names;
  if (name !== undefined) return isFields(value) ? idsAt(value[name], rest) : [];
  const text = textIn(value);
  if (text === undefined) return [];
  return [/^https?:\/\//u.test(text) ? nameAtEnd(text) : text];
}

/** Clients follow addresses in answers. */
function withOwnAddresses(row: Fields, fields: readonly string[], own: (address: string) => string): Fields {
  const written = fields.flatMap((field) => {
    const address = textIn(row[field]);
    return address === undefined ? [] : [[field, own(address)] as const];
  });
  return written.length === 0 ? row : { ...row, ...Object.fromEntries(written) };
}

const UPLOAD_URL = 'x-goog-upload-url';

function headersOf(
  core: GatewayCore,
  call: SideCall,
  target: SideTarget,
  answer: UpstreamAnswer,
): Record<string, string | string[]> {
  const { model, endpoint } = target;
  const headers = headersToCaller(answer.headers);
  const address = headers[UPLOAD_URL];
  if (typeof address === 'string') {
    const uploadId = new URL(address).searchParams.get('upload_id');
    if (uploadId !== null)
      core.keptIds.note(memoryOwner(call.principal), uploadId, endpoint.id, lastingOf(call.principal));
    headers[UPLOAD_URL] = ownAddress(call, target, address);
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
  return { status: answer.status, usage, error: undefined };
}

function headerOf({ headers }: UpstreamAnswer, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
