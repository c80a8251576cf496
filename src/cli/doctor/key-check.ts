import { EnvHttpProxyAgent, fetch } from 'undici';
import type { ConfiguredEndpoint } from '../../config/config.ts';
import { SECOND_MS } from '../../domain/time.ts';
import { trustedCertificates } from '../../providers/connections.ts';
import { withQuery } from '../../providers/host.ts';
import { proxyOptions, type ProxySettings } from '../../providers/proxy-settings.ts';
import { WIRE_FORMATS } from '../../wires/wire-formats.ts';
import { fail, ok, warn, type Check } from './check.ts';

const LIMIT_MS = 10 * SECOND_MS;

/**
 * Asks an endpoint for its list of models with its key, which costs nothing and says whether the key is one. Redirects are not followed:
 * the key is for this address. `undefined`: there is no key of ours, or a cloud has its own ways.
 */
export async function keyCheck(
  endpoint: ConfiguredEndpoint,
  proxy: ProxySettings | undefined,
): Promise<Check | undefined> {
  const { apiKey, id, host } = endpoint;
  if (apiKey === undefined || host !== undefined) return undefined;
  const name = `key of ${id}`;
  const list = listOf(endpoint, apiKey.reveal());
  if (list === undefined) return undefined;
  try {
    const status = await statusOf(endpoint, list, proxy);
    if (status === 401 || status === 403)
      return fail(name, `${apiKey.source} is refused (${status})`, `Put a valid key into ${endpoint.apiKeyName}.`);
    if (status < 300) return ok(name, `${apiKey.source} is accepted`);
    return warn(name, `not judged: the list of models answered ${status}`, 'Try again later, or make a call.');
  } catch {
    return warn(name, 'not judged: the list of models did not answer', 'Check the network, a proxy or firewall.');
  }
}

async function statusOf(
  endpoint: ConfiguredEndpoint,
  { url, headers }: ModelList,
  proxy: ProxySettings | undefined,
): Promise<number> {
  const ca = trustedCertificates(endpoint.ca);
  const tls = ca === undefined ? {} : { ca };
  const dispatcher = new EnvHttpProxyAgent({ ...proxyOptions(proxy), connect: tls, requestTls: tls, proxyTls: tls });
  try {
    const own = Object.fromEntries(Object.entries(endpoint.headers).map(([name, secret]) => [name, secret.reveal()]));
    const response = await fetch(withQuery(url, endpoint.query ?? {}), {
      headers: { ...headers, ...own },
      redirect: 'manual',
      dispatcher,
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    await response.body?.cancel();
    return response.status;
  } finally {
    await dispatcher.destroy();
  }
}

/** OpenRouter lists its models to anybody, so that its page on the key itself is asked. Read 2026-11. */
function listOf({ id, baseUrl, wires: [wire] }: ConfiguredEndpoint, key: string): ModelList | undefined {
  if (wire === undefined) return undefined;
  const format = WIRE_FORMATS[wire];
  const place = format.resourcePath(baseUrl, id === 'openrouter' ? '/key' : '/models');
  return { url: new URL(place, baseUrl), headers: { ...format.headers, ...format.keyHeader(key) } };
}

interface ModelList {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}
