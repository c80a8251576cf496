import { mediaTokens } from '../../catalog/media-tokens.ts';
import { PointsmanError } from '../../domain/errors.ts';
import type { MediaSize } from '../../domain/media.ts';
import type { Model } from '../../domain/model.ts';
import { numberIn, parseFields } from '../../wires/shared/fields.ts';
import { editJson, parseBody } from '../../wires/shared/json-bytes.ts';
import { memoryOwner } from '../core/call-context.ts';
import { refuseHandedSubscription } from '../core/caller-credential.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { checkMayUse } from '../core/may-use.ts';
import { virtualModel } from '../core/virtual-models.ts';
import { readBody } from '../server/read-body.ts';
import { promptSizeOf } from '../sessions/prompt-size.ts';
import { headersToCaller, headersToUpstream } from '../upstream/forward-headers.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { CallArrival } from './handle-call.ts';
import { modelByName } from './named-model.ts';
import { issuerLookup } from './outbound.ts';

/** What `count_tokens` answers. */
export interface TokenCount {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

export const MAX_ANSWER_BYTES: number = 1024 * 1024;

/**
 * Counts the tokens of a request: the own count of the vendor, or of its cloud, where the model speaks that wire format, otherwise
 * four bytes a token of text and what media weigh with the model that is named, and a header says so.
 * @throws PointsmanError `request-invalid`, `not-found`, and what the endpoint fails with
 */
export async function countTokens(core: GatewayCore, arrival: CallArrival): Promise<TokenCount> {
  const read = await readBody(arrival.request, {
    maxBytes: core.deps.settings.maxBodyBytes,
    budgets: core.bodies,
  });
  if (read.kind === 'gone') throw new PointsmanError('aborted', 'Aborted');
  if (read.kind === 'refused') throw new PointsmanError('request-invalid', read.refusal.message);
  arrival.response.once('close', read.release);
  const body = parseBody(read.bytes, core.deps.settings.maxDepthCount);
  refuseHandedSubscription(body);
  const name = arrival.format.modelOf(body, arrival.pathname) ?? '';
  const asked = modelFor(core, arrival, name);
  const model = asked !== undefined && countsItself(asked, arrival) ? asked : undefined;
  const endpoint = model === undefined ? undefined : core.endpointOf(model);
  const key = endpoint?.apiKey?.reveal();
  if (model === undefined || endpoint === undefined || (key === undefined && !endpoint.keyless)) {
    return estimated({ bytes: read.bytes, body, format: arrival.format }, asked);
  }
  checkMayUse(core, arrival.principal, model);
  const { format } = arrival;
  const path = format.countPath(endpoint.baseUrl, { model: model.wireModel, search: arrival.search });
  if (path === undefined) return estimated({ bytes: read.bytes, body, format }, model);
  // A count is sent too: no vendor gets another's thoughts, nor refuses the transcript for them.
  const repair = format.repair(body, model, {
    issuerOf: issuerLookup(core, memoryOwner(arrival.principal)),
    dialect: core.dialectOf(endpoint),
  });
  const abort = new AbortController();
  arrival.response.once('close', () => abort.abort());
  const answer = await core.upstream.open(endpoint, {
    path,
    headers: headersToUpstream(
      { headers: arrival.request.headers, wire: format.wire },
      { endpoint, wire: model.wire, key },
    ),
    body: editJson(read.bytes, [...format.modelEdits(model.wireModel), ...repair.edits]),
    target: { wire: model.wire, model: model.wireModel, isStream: false, isCount: true },
    signal: abort.signal,
  });
  const content = await readWhole(answer, MAX_ANSWER_BYTES);
  const { status } = answer;
  const asClouds = endpoint.host === undefined ? undefined : countIn(content);
  // Not every cloud counts for every model, nor lets whoever may call it ask.
  const isRefused = status === 404 || (endpoint.host !== undefined && (status >= 400 || asClouds === undefined));
  if (isRefused) return estimated({ bytes: read.bytes, body, format }, model);
  return {
    status,
    headers: { ...headersToCaller(answer.headers), 'x-pointsman-model': model.id },
    body: asClouds === undefined ? content : Buffer.from(JSON.stringify(format.countBody(asClouds))),
  };
}

/** As Anthropic, Google and AWS call it. */
function countIn(content: Buffer): number | undefined {
  const said = parseFields(content.toString('utf8')) ?? {};
  return numberIn(said['input_tokens'] ?? said['totalTokens'] ?? said['inputTokens']);
}

/** @throws PointsmanError `not-found` */
function modelFor(core: GatewayCore, arrival: CallArrival, name: string): Model | undefined {
  const { format, principal } = arrival;
  if (virtualModel(name) !== undefined) return core.pool(principal.key).find((model) => countsItself(model, arrival));
  const { model, wireModel } = modelByName(core, name, { wire: format.wire, principal });
  return { ...model, wireModel };
}

/** Whether it is served in the format of the caller, by its vendor or a cloud: either may count requests in it. */
function countsItself(model: Model, { format }: CallArrival): boolean {
  return model.wire === format.wire;
}

/** @param model whose count it should be; `undefined`: that of Claude */
function estimated(call: Parameters<typeof promptSizeOf>[0], model: Model | undefined): TokenCount {
  const { textTokens, media } = promptSizeOf(call, undefined);
  const tokens = textTokens + mediaTokens(model ?? CLAUDE, media);
  const how = media.length === 0 ? 'bytes/4' : `text bytes/4; media by rule${assumedIn(media)}`;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-pointsman-estimate': how },
    body: Buffer.from(JSON.stringify(call.format.countBody(tokens))),
  };
}

const CLAUDE = { wireModel: 'claude', family: 'claude' } as const;

function assumedIn(media: readonly MediaSize[]): string {
  const count = media.filter((size) => size.isAssumed).length;
  return count === 0 ? '' : `; ${count} of ${media.length} sizes assumed`;
}
