import type { IncomingHttpHeaders } from 'node:http';
import { PointsmanError } from '../../domain/errors.ts';
import { SUBSCRIPTION_HINT, holdsSubscriptionToken } from '../../domain/subscription-token.ts';
import { fieldsIn, listIn, type Fields } from '../../wires/shared/fields.ts';

/** What a caller brought to open the door, and for which kind of API it was made. */
export interface CallerCredential {
  readonly token: string;
  readonly header: 'x-api-key' | 'authorization';
}

/**
 * The caller's token from either header. A subscription token is told apart wherever it stands, so that it can be refused
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
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') return { token: apiKey, header: 'x-api-key' };
  return bearer === '' ? undefined : { token: bearer, header: 'authorization' };
}

/**
 * A body can name tool servers that a vendor calls in the caller's name: what it hands them is sent too. Words of the
 * conversation are not looked at.
 * @throws PointsmanError `request-invalid` where one would be handed a subscription token
 */
export function refuseHandedSubscription(body: Fields): void {
  const servers = [...listIn(body['mcp_servers']), ...listIn(body['tools'])].map(fieldsIn);
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
