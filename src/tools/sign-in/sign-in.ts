import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auth } from '@modelcontextprotocol/sdk/client/auth.js';
import { PointsmanError } from '../../domain/errors.ts';
import { MINUTE_MS, type Ms } from '../../domain/time.ts';
import { createOAuthClient } from './oauth-client.ts';
import type { TokenStore } from './token-store.ts';

export interface SignInOptions {
  readonly serverUrl: string;
  readonly store: TokenStore;
  readonly clientId?: string | undefined;
  /** Of this machine, where its server knows one address alone. Absent: any that is free. */
  readonly callbackPort?: number | undefined;
  readonly fetch: typeof fetch;
  /** Shows the address that a person opens in a browser. */
  readonly show: (address: string) => void;
  readonly signal: AbortSignal;
  readonly waitMs?: Ms;
}

/** Long enough to find a password. */
const WAIT_MS: Ms = 5 * MINUTE_MS;
const PATH = '/callback';

/**
 * Signs in at a tool server: a person opens the address that is shown, and the code comes back to this machine alone, over
 * loopback, once. What the server gives for it is kept.
 * @throws PointsmanError `aborted`, `tool-unavailable` where the server does not know signing in, says no or nobody comes
 */
export async function signIn(options: SignInOptions): Promise<void> {
  const { serverUrl, store, clientId, show } = options;
  const state = randomBytes(24).toString('base64url');
  const desk = await openDesk(state, options);
  try {
    const page = { redirectUrl: desk.redirectUrl, state, open: (address: URL) => show(webAddress(address)) };
    const client = createOAuthClient({ serverUrl, store, clientId, page });
    const about = { serverUrl, fetchFn: options.fetch };
    const first = await auth(client, about).catch(failed);
    if (first === 'AUTHORIZED') return;
    const authorizationCode = await desk.code;
    await auth(client, { ...about, authorizationCode }).catch(failed);
  } finally {
    desk.close();
  }
}

function failed(thrown: unknown): never {
  if (thrown instanceof PointsmanError) throw thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  // What a server answers may repeat what it was given.
  throw new PointsmanError('tool-unavailable', `Signing in failed: ${why.slice(0, 200).split('\n')[0] ?? ''}`, {
    hint: 'Look whether the server offers OAuth, and at its address in .mcp.json.',
  });
}

/** A server chooses where its user is sent: to a page, and to nothing else that a system would open. */
function webAddress(address: URL): string {
  if (address.protocol === 'https:' || address.protocol === 'http:') return address.href;
  throw new PointsmanError('tool-unavailable', 'The server would send you to something that is no page.', {
    hint: 'Do not sign in there.',
  });
}

interface Desk {
  readonly redirectUrl: string;
  readonly code: Promise<string>;
  readonly close: () => void;
}

/** Waits on loopback for the browser that comes back. */
async function openDesk(state: string, options: SignInOptions): Promise<Desk> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>();
  // Nobody may be waiting for it yet.
  code.catch(() => undefined);
  const server = createServer((request, response) => {
    const came = readReturn(request, state);
    if (came.kind === 'other') return answer(response, 404, 'Nothing is here.');
    if (came.kind === 'refused') {
      answer(response, 400, 'It was not signed in. You can close this page.');
      return reject(notSignedIn(`The server said: ${came.why}`));
    }
    answer(response, 200, 'You are signed in, and can close this page.');
    return resolve(came.code);
  });
  await listen(server, options.callbackPort ?? 0);
  const { port } = server.address() as AddressInfo;
  const end = AbortSignal.any([options.signal, AbortSignal.timeout(options.waitMs ?? WAIT_MS)]);
  const onEnd = (): void =>
    reject(
      options.signal.aborted
        ? new PointsmanError('aborted', 'Signing in was stopped')
        : notSignedIn('Nobody came back from the page.'),
    );
  end.addEventListener('abort', onEnd, { once: true });
  return {
    redirectUrl: `http://127.0.0.1:${port}${PATH}`,
    code,
    close: () => {
      end.removeEventListener('abort', onEnd);
      server.close();
      server.closeAllConnections();
    },
  };
}

function notSignedIn(why: string): PointsmanError {
  return new PointsmanError('tool-unavailable', why, { hint: 'Sign in again with the same command.' });
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new PointsmanError('request-invalid', `Port ${port} of this machine is taken.`, {
          cause,
          hint: 'Free it, or name another one as "callbackPort" in .mcp.json.',
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

type Return =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'other' };

/** Of another request than ours nothing is taken, not even a no. */
function readReturn({ method, url = '' }: IncomingMessage, state: string): Return {
  const address = URL.parse(url, 'http://127.0.0.1');
  if (method !== 'GET' || address?.pathname !== PATH) return { kind: 'other' };
  if (!isSame(address.searchParams.get('state') ?? '', state)) return { kind: 'other' };
  const code = address.searchParams.get('code');
  if (code !== null && code !== '') return { kind: 'code', code };
  const why = address.searchParams.get('error') ?? '';
  return { kind: 'refused', why: /^[a-z_]{1,60}$/u.test(why) ? why : 'no' };
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(`${text}\n`);
}
