import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import { editJson, parseBody } from '../../wires/shared/json-bytes.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { virtualModel } from '../core/virtual-models.ts';
import { readBody } from '../server/read-body.ts';
import { headersToCaller, headersToUpstream } from '../upstream/forward-headers.ts';
import { readWhole } from '../upstream/read-answer.ts';
import type { CallArrival } from './handle-call.ts';
import { namedModel } from './named-model.ts';

/** What `count_tokens` answers. */
export interface TokenCount {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Counts the tokens of a Messages request: the vendor's own count where the model speaks that wire format, otherwise
 * four bytes a token, and a header says so.
 * @throws PointsmanError `request-invalid`, `not-found`, and what the endpoint fails with
 */
export async function countTokens(core: GatewayCore, arrival: CallArrival): Promise<TokenCount> {
  const read = await readBody(arrival.request, core.deps.settings.maxBodyBytes);
  if (read.kind === 'gone') throw new PointsmanError('aborted', 'Aborted');
  if (read.kind === 'refused') throw new PointsmanError('request-invalid', read.refusal.message);
  const body = parseBody(read.bytes, core.deps.settings.maxDepthCount);
  const name = arrival.format.modelOf(body, arrival.pathname) ?? '';
  const model = modelFor(core, arrival, name);
  const endpoint = model === undefined ? undefined : core.endpointOf(model);
  const key = endpoint?.apiKey?.reveal();
  if (model === undefined || endpoint === undefined || (key === undefined && !endpoint.keyless)) {
    return estimated(read.bytes);
  }
  const { format } = arrival;
  const abort = new AbortController();
  arrival.response.once('close', () => abort.abort());
  const answer = await core.upstream.open(endpoint, {
    path: `${format.path(endpoint.baseUrl, { model: model.wireModel, isStream: false })}${format.countTokensPath ?? ''}${arrival.search}`,
    headers: headersToUpstream(
      { headers: arrival.request.headers, wire: format.wire },
      { endpoint, wire: model.wire, key },
    ),
    body: editJson(read.bytes, format.modelEdits(model.wireModel)),
    signal: abort.signal,
  });
  const content = await readWhole(answer, MAX_ANSWER_BYTES);
  if (answer.status === 404) return estimated(read.bytes);
  return {
    status: answer.status,
    headers: { ...headersToCaller(answer.headers), 'x-pointsman-model': model.id },
    body: content,
  };
}

/** @throws PointsmanError `not-found` */
function modelFor(core: GatewayCore, { format, principal }: CallArrival, name: string): Model | undefined {
  const speaks = (model: Model): boolean => model.wire === format.wire && format.countTokensPath !== undefined;
  if (virtualModel(name) !== undefined) return core.pool(undefined).find(speaks);
  const { model, wireModel } = namedModel(core, name, { wire: format.wire, principal });
  return speaks(model) ? { ...model, wireModel } : undefined;
}

function estimated(bytes: Buffer): TokenCount {
  const body = Buffer.from(JSON.stringify({ input_tokens: Math.ceil(bytes.length / 4) }));
  return { status: 200, headers: { 'content-type': 'application/json', 'x-pointsman-estimate': 'bytes/4' }, body };
}
