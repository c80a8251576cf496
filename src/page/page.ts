import type { IncomingMessage, ServerResponse } from 'node:http';
import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import type { At } from '../domain/time.ts';
import { loadPageFiles, typeOf, type PageFiles } from './page-files.ts';
import { createPageLogins } from './page-login.ts';
import { PAGE_READS } from './page-routes.ts';
import type { PageSource, Viewer } from './page-source.ts';
import { readJsonBody } from './read-json-body.ts';

/** Who a request of the page comes from. */
export type PageAdmission =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  | { readonly kind: 'nobody'; readonly status: 401 | 403 | 429 | 503; readonly message: string };

export interface PageAccess {
  /** Whoever shows this token; `undefined` shows none. */
  admit(token: string | undefined, now: At): Promise<PageAdmission>;
}

export interface Page {
  /** Whether a request is the page's to answer. */
  owns(request: IncomingMessage, pathname: string): boolean;
  /** Answers it. The host name that it was asked under has been checked. Never rejects. */
  answer(request: IncomingMessage, response: ServerResponse, url: PageUrl): Promise<void>;
}

export interface PageUrl {
  readonly pathname: string;
  readonly search: string;
  /** The token that came in a header of the gateway's own kind. */
  readonly headerToken: string | undefined;
}

const API = '/pointsman/api/';
const ASSETS = '/pointsman/page/';

/** Nothing but its own files may act in it, nobody may frame it, and it asks no other host. */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The page and its data, on whichever server. */
export function createPage(source: PageSource, access: PageAccess): Page {
  let files: Promise<PageFiles> | undefined;
  const logins = createPageLogins();
  const answerApi = async (request: IncomingMessage, response: ServerResponse, url: PageUrl): Promise<void> => {
    const { cookie } = request.headers;
    const token = url.headerToken ?? logins.tokenOf(cookie, source.now());
    const name = url.pathname.slice(API.length);
    if (request.method === 'POST') {
      refuseForeign(request);
      const body = await readJsonBody(request);
      if (name === 'login') {
        const shown = typeof body['token'] === 'string' ? body['token'] : '';
        await mustBe(access, shown, source.now());
        const isSecure = request.headers['x-forwarded-proto'] === 'https';
        response.setHeader('set-cookie', logins.open(shown, { now: source.now(), isSecure }));
        sendJson(response, 200, {});
        return;
      }
      if (name === 'logout') {
        response.setHeader('set-cookie', logins.close(cookie));
        sendJson(response, 200, {});
        return;
      }
      const viewer = await mustBe(access, token, source.now());
      sendJson(response, 200, change(source, name, { viewer, body }));
      return;
    }
    if (request.method !== 'GET') throw new PageFault(405, 'This path takes GET.');
    const viewer = await mustBe(access, token, source.now());
    const { read, id } = readOf(name);
    sendJson(response, 200, await read(source, { query: new URLSearchParams(url.search), viewer, id }));
  };
  return {
    owns: (request, pathname) =>
      pathname.startsWith(API) || pathname.startsWith(ASSETS) || (pathname === '/' && wantsPage(request)),
    async answer(request, response, url) {
      try {
        if (url.pathname.startsWith(API)) await answerApi(request, response, url);
        else {
          // Whoever opens the page asks for the store next: it is opened while their browser reads the page.
          if (url.pathname === '/') source.views.newestSteps(1).catch(() => undefined);
          await sendFile(request, response, url.pathname, await (files ??= loadPageFiles()));
        }
      } catch (thrown) {
        sendFault(response, thrown);
        request.resume();
      }
    },
  };
}

/** Clients look whether somebody is there by the same address; a browser says that it reads pages. */
function wantsPage({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html');
}

function readOf(name: string): { readonly read: (typeof PAGE_READS)[string]; readonly id: string } {
  const slash = name.indexOf('/');
  const route = slash < 0 ? name : name.slice(0, slash + 1);
  const read = Object.hasOwn(PAGE_READS, route) ? PAGE_READS[route] : undefined;
  if (read === undefined) throw new PointsmanError('not-found', 'The page asks no such thing.');
  return { read, id: slash < 0 ? '' : decoded(name.slice(slash + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PointsmanError('request-invalid', 'The path is not readable.');
  }
}

interface Change {
  readonly viewer: Viewer;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What may be changed from the page: the one switch, by whoever sees everything. */
function change({ gateway }: PageSource, name: string, { viewer, body }: Change): object {
  if (name !== 'pass-through') throw new PointsmanError('not-found', 'The page changes no such thing.');
  if (gateway === undefined) throw new PointsmanError('not-found', 'No gateway serves this page.');
  if (viewer.sees !== 'all') throw new PageFault(403, 'Only the operator of this gateway may do that.');
  if (typeof body['on'] !== 'boolean') throw new PointsmanError('request-invalid', '"on" is true or false.');
  gateway.passThrough.set(body['on'], body['by'] === 'command' ? 'command' : 'page');
  return { isOn: gateway.passThrough.isOn, changedAt: gateway.passThrough.changedAt };
}

/** Another site’s page can send a POST, but not with this type of content, and not under our own origin. */
function refuseForeign({ headers }: IncomingMessage): void {
  const { origin, host = '' } = headers;
  const isOwn = origin === undefined || isOwnOrigin(origin, host);
  if (!isOwn || !(headers['content-type'] ?? '').startsWith('application/json')) {
    throw new PageFault(403, 'Only this page may change something here.');
  }
}

/** Whether a page that the same host served asks. */
export function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

async function mustBe(access: PageAccess, token: string | undefined, now: At): Promise<Viewer> {
  const admission = await access.admit(token, now);
  if (admission.kind === 'viewer') return admission.viewer;
  throw new PageFault(admission.status, admission.message);
}

/** A refusal that is not ours to explain further. */
class PageFault extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const STATUS: Readonly<Partial<Record<PointsmanError['code'], number>>> = {
  'not-found': 404,
  'request-invalid': 400,
  aborted: 503,
};

function sendFault(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (thrown instanceof PageFault) {
    sendJson(response, thrown.status, { error: { code: 'forbidden', message: thrown.message } });
    return;
  }
  const { code, message, hint } = toPointsmanError(thrown);
  const isOurs = code === 'internal';
  const said = isOurs ? 'Something went wrong here.' : message;
  sendJson(response, STATUS[code] ?? 500, { error: { code, message: said, ...(hint === undefined ? {} : { hint }) } });
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const bytes = Buffer.from(JSON.stringify(value));
  response
    .writeHead(status, {
      ...PAGE_HEADERS,
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
    })
    .end(bytes);
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  pathname: string,
  files: PageFiles,
): Promise<void> {
  const file = files.get(pathname === '/' ? 'index.html' : pathname.slice(1));
  if (file === undefined) throw new PointsmanError('not-found', 'The page has no such file.');
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new PageFault(405, 'This path takes GET.');
  response
    .writeHead(200, {
      ...PAGE_HEADERS,
      'content-type': typeOf(file.name),
      'content-length': String(file.bytes.length),
      // A file with a name of its content never changes.
      'cache-control': pathname === '/' ? 'no-cache' : 'public, max-age=31536000, immutable',
    })
    .end(file.bytes);
}
