import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import type { Secret } from '../../config/secret.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { trueStatus } from '../../gateway/upstream/upstream-error.ts';
import { trustedCertificates } from '../../providers/connections.ts';
import { withQuery } from '../../providers/host.ts';
import { proxyOptions, type ProxySettings } from '../../providers/proxy-settings.ts';
import type { WireFormat } from '../../wires/shared/wire-format.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { fail, ok, warn, type Check } from './check.ts';

const LIMIT_MS = 10 * SECOND_MS;

/**
 * Asks an endpoint for its list of models with its key, which costs nothing and says whether the key is one, unless the list is there
 * without a key, too. Redirects are not followed: the key is for this address. `undefined`: there is no key of ours, or a cloud has
 * its own ways.
 */
export async function keyCheck(
  endpoint: ConfiguredEndpoint,
  proxy: ProxySettings | undefined,
): Promise<Check | undefined> {
  const { apiKey, id, host } = endpoint;
  if (apiKey === undefined || host !== undefined) return undefined;
  const name = `key of ${id}`;
  const list = listOf(endpoint);
  if (list === undefined) return undefined;
  const { source } = apiKey;
  try {
    const status = await statusOf(endpoint, { ...list, headers: withKey(list, endpoint, apiKey) }, proxy);
    const hint = `Put a valid key into ${endpoint.apiKeyName}`;
    if (status === 401) return fail(name, `${source} is refused (401)`, `${hint}.`);
    if (status === 403)
      return fail(name, `${source} is refused (403), or may not list models`, `${hint}, or let it list models.`);
    if (status >= 300)
      return warn(name, `not judged: the list of models answered ${status}`, 'Try again later, or make a call.');
    const isOpen = (await statusOf(endpoint, list, proxy)) < 300;
    return isOpen
      ? warn(name, 'not judged: the list of models is open to anybody', 'Make a call.')
      : ok(name, `${source} is accepted`);
  } catch {
    return warn(name, 'not judged: the list of models did not answer', 'Check the network, a proxy or firewall.');
  }
}

async function statusOf(
  endpoint: ConfiguredEndpoint,
  { url, headers }: Pick<ModelList, 'url' | 'headers'>,
  proxy: ProxySettings | undefined,
): Promise<number> {
  const ca = trustedCertificates(endpoint.ca);
  const tls = ca === undefined ? {} : { ca };
  const dispatcher = new EnvHttpProxyAgent({ ...proxyOptions(proxy), connect: tls, requestTls: tls, proxyTls: tls });
  try {
    const response = await fetch(withQuery(url, endpoint.query ?? {}), {
      headers,
      redirect: 'manual',
      dispatcher,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return trueStatus(response.status, await beginningOf(response));
  } finally {
    await dispatcher.destroy();
  }
}

/** More than any vendor says of an error. */
const MAX_READ_BYTES = 64 * 1024;

async function beginningOf(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_READ_BYTES) break;
  }
  return Buffer.concat(chunks);
}

interface ModelList {
  readonly format: WireFormat;
  readonly url: URL;
  /** What is sent beside a key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** OpenRouter lists its models to anybody, so that its page on the key itself is asked. Read 2026-11. */
function listOf({ id, baseUrl, wires: [wire] }: ConfiguredEndpoint): ModelList | undefined {
  if (wire === undefined) return undefined;
  const format = WIRE_FORMATS[wire];
  const place = format.resourcePath(baseUrl, id === 'openrouter' ? '/key' : '/models');
  return { format, url: new URL(place, baseUrl), headers: format.headers };
}

function withKey({ format, headers }: ModelList, endpoint: ConfiguredEndpoint, key: Secret): ModelList['headers'] {
  const own = Object.entries(endpoint.headers).map(([name, secret]) => [name, secret.reveal()] as const);
  return { ...headers, ...format.keyHeader(key.reveal()), ...Object.fromEntries(own) };
}
