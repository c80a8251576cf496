import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PointsmanError } from '../domain/errors.ts';
import type { PageSource } from './page-source.ts';
import { createPage, type PageAdmission } from './page.ts';

/** The page on a port of this machine, for whoever has its token. */
export interface PageServer {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Serves the page without a gateway, on this machine alone. Others who use the machine may reach the port: what is
 * recorded is shown to whoever was given the token.
 * @param port 0 for one that is free
 * @throws PointsmanError `config-invalid` where the port is taken
 */
export async function servePage(source: PageSource, port: number): Promise<PageServer> {
  const token = randomBytes(32).toString('base64url');
  const page = createPage(source, { admit: async (shown) => Promise.resolve(admission(shown, token)) });
  const server = createServer((request, response) => {
    const { pathname, search } = urlOf(request);
    if (!isOwnHost(request.headers.host) || !page.owns(request, pathname)) {
      response.writeHead(isOwnHost(request.headers.host) ? 404 : 421).end();
      return;
    }
    void page.answer(request, response, { pathname, search, headerToken: bearerIn(request) });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'Name another one with --port, or none.';
      reject(new PointsmanError('config-invalid', `The port ${port} cannot be listened on.`, { cause, hint }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Where a link leads that logs in by itself; the token stands where no server and no log sees it. */
export function loginLink(url: string, token: string, to: string): string {
  return `${url}/#login=${token}${to === '' ? '' : `&to=${encodeURIComponent(to)}`}`;
}

function admission(shown: string | undefined, token: string): PageAdmission {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return shown !== undefined && timingSafeEqual(digest(shown), digest(token))
    ? { kind: 'viewer', viewer: { sees: 'all' } }
    : { kind: 'nobody', status: 401, message: 'Open the link that "pointsman ui" has given.' };
}

function urlOf({ url = '/' }: IncomingMessage): { readonly pathname: string; readonly search: string } {
  const at = url.indexOf('?');
  return at < 0 ? { pathname: url, search: '' } : { pathname: url.slice(0, at), search: url.slice(at) };
}

/** A name that somebody bound to this machine is none of ours. */
function isOwnHost(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/u.test(host ?? '');
}

function bearerIn({ headers }: IncomingMessage): string | undefined {
  const [, token] = /^bearer (\S+)$/iu.exec(headers.authorization ?? '') ?? [];
  return token;
}
