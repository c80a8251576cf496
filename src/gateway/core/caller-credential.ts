import type { IncomingHttpHeaders } from 'node:http';
import { PointsmanError } from '../../domain/errors.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../../domain/secret/subscription-token.ts';
import { fieldsIn, listIn, type Fields } from '../../wires/shared/fields.ts';

/** What a caller brought to open the door, and for which kind of API it was made. */
export interface CallerCredential {
  readonly token: string;
  readonly header: 'x-api-key' | 'authorization' | 'x-goog-api-key';
}

/**
 * The caller's token from a header, or from `?key=` as Google's clients may send it. A subscription token is told apart wherever it stands, so that it can be refused
 * unread: inside one wire format headers and the query go on to a vendor.
 */
export function callerCredential(
  headers: IncomingHttpHeaders,
  target: string,
): CallerCredential | 'subscription' | undefined {
  if (holdsSubscriptionToken(target)) return 'subscription';
  for (const value of Object.values(headers)) {
    if ([value].flat().some((text) => text !== undefined && holdsSubscriptionToken(text))) return 'subscription';
  }
  const authorization = headers.authorization;
  const bearer = authorization !== undefined && /^bearer /iu.test(authorization) ? authorization.slice(7).trim() : '';
  for (const header of ['x-api-key', 'x-goog-api-key'] as const) {
    const key = headers[header];
    if (typeof key === 'string' && key !== '') return { token: key, header };
  }
  const inQuery = keyInQuery(target);
  if (inQuery !== undefined) return { token: inQuery, header: 'x-goog-api-key' };
  return bearer === '' ? undefined : { token: bearer, header: 'authorization' };
}

function keyInQuery(target: string): string | undefined {
  const at = target.indexOf('?');
  const key = at < 0 ? null : new URLSearchParams(target.slice(at)).get('key');
  return key === null || key === '' ? undefined : key;
}

/** Parameters of a query that are credentials, ours or a vendor's. Google Cloud, system parameters, read 2026-11. */
const CREDENTIAL_PARAMETERS: ReadonlySet<string> = new Set(['key', 'api_key', 'apikey', 'access_token', 'oauth_token']);

/** What a caller brought to open a door goes no further, however it is written: not to a vendor, and into no cache key. */
export function withoutCallerKeys(search: string): string {
  const pairs = search.slice(1).split('&');
  const kept = pairs.filter((pair) => {
    const [name] = new URLSearchParams(pair).keys();
    return name === undefined || !CREDENTIAL_PARAMETERS.has(name.toLowerCase());
  });
  if (kept.length === pairs.length) return search;
  return kept.length === 0 ? '' : `?${kept.join('&')}`;
}

/**
 * A body can name tool servers that a vendor calls in the caller's name: what it hands them is sent too. Words of the
 * conversation are not looked at.
 * @throws PointsmanError `request-invalid` where one would be handed a subscription token
 */
export function refuseHandedSubscription(body: Fields): void {
  const tools = listIn(body['tools']).map(fieldsIn);
  const googles = tools
    .flatMap((tool) => listIn(tool['mcpServers'] ?? tool['mcp_servers']))
    .map((server) =>
      fieldsIn(fieldsIn(server)['streamableHttpTransport'] ?? fieldsIn(server)['streamable_http_transport']),
    );
  const servers = [...listIn(body['mcp_servers']).map(fieldsIn), ...tools, ...googles];
  const handed = servers.flatMap(
    ({ url, server_url: serverUrl, authorization_token: token, authorization, headers }) => [
      url,
      serverUrl,
      token,
      authorization,
      ...Object.values(fieldsIn(headers)),
    ],
  );
  if (!handed.some((value) => typeof value === 'string' && holdsSubscriptionToken(value))) return;
  throw new PointsmanError('request-invalid', 'A tool server would be handed a subscription token.', {
    hint: SUBSCRIPTION_HINT,
  });
}
