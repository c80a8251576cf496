import type { IncomingHttpHeaders } from 'node:http';

/** Consumer-plan tokens of Anthropic and their refresh form. Terms: clients.md §6, read 2026-11-21. */
const SUBSCRIPTION = /^sk-ant-o[ar]t/u;

/** What a caller brought to open the door, and for which kind of API it was made. */
export interface CallerCredential {
  readonly token: string;
  readonly header: 'x-api-key' | 'authorization';
}

/** The caller's token from either header; a subscription token is told apart so that it can be refused unread. */
export function callerCredential(headers: IncomingHttpHeaders): CallerCredential | 'subscription' | undefined {
  const authorization = headers.authorization;
  const bearer = authorization !== undefined && /^bearer /iu.test(authorization) ? authorization.slice(7).trim() : '';
  const apiKey = headers['x-api-key'];
  if (SUBSCRIPTION.test(bearer) || (typeof apiKey === 'string' && SUBSCRIPTION.test(apiKey))) return 'subscription';
  if (typeof apiKey === 'string' && apiKey !== '') return { token: apiKey, header: 'x-api-key' };
  return bearer === '' ? undefined : { token: bearer, header: 'authorization' };
}
