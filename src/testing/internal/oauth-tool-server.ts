import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidGrantError, InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { OAuthClientInformationFull, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/** A tool server that wants OAuth, with its authorisation server: the protocol's own, which checks PKCE and redirects. */
export interface OAuthToolServer {
  readonly url: string;
  /** What happened, in order. */
  readonly log: readonly string[];
  /** Every token that was handed out. */
  readonly secrets: readonly string[];
  /** Access tokens open nothing any more; `all`: nor can they be renewed. */
  readonly expire: (what: 'access' | 'all') => void;
  readonly close: () => Promise<void>;
}

interface HandedOut {
  readonly log: string[];
  readonly secrets: string[];
  readonly access: Map<string, string>;
  readonly refresh: Map<string, string>;
}

function createProvider({ log, secrets, access, refresh }: HandedOut): OAuthServerProvider {
  const clients = new Map<string, OAuthClientInformationFull>();
  const codes = new Map<string, { readonly challenge: string; readonly clientId: string }>();
  const issue = (clientId: string): OAuthTokens => {
    const tokens = { access_token: randomUUID(), refresh_token: randomUUID(), token_type: 'bearer', expires_in: 3600 };
    access.set(tokens.access_token, clientId);
    refresh.set(tokens.refresh_token, clientId);
    secrets.push(tokens.access_token, tokens.refresh_token);
    return tokens;
  };
  return {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient: (client) => {
        const full: OAuthClientInformationFull = { ...client, client_id: randomUUID() };
        clients.set(full.client_id, full);
        log.push('registered');
        return full;
      },
    },
    // Its page says yes at once.
    authorize: async (client, { state, codeChallenge, redirectUri }, response) => {
      const code = randomUUID();
      codes.set(code, { challenge: codeChallenge, clientId: client.client_id });
      log.push('authorized');
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      if (state !== undefined) back.searchParams.set('state', state);
      response.redirect(back.href);
      return Promise.resolve();
    },
    challengeForAuthorizationCode: (_client, code) => Promise.resolve(codes.get(code)?.challenge ?? ''),
    exchangeAuthorizationCode: (client, code) => {
      if (codes.get(code)?.clientId !== client.client_id) throw new InvalidGrantError('no such code');
      codes.delete(code);
      log.push('exchanged');
      return Promise.resolve(issue(client.client_id));
    },
    exchangeRefreshToken: (client, token) => {
      if (refresh.get(token) !== client.client_id) throw new InvalidGrantError('no such token');
      refresh.delete(token);
      log.push('renewed');
      return Promise.resolve(issue(client.client_id));
    },
    verifyAccessToken: (token) => {
      const clientId = access.get(token);
      if (clientId === undefined) throw new InvalidTokenError('unknown');
      return Promise.resolve({ token, clientId, scopes: [], expiresAt: Math.floor(Date.now() / 1000) + 3600 });
    },
  };
}

type Asked = IncomingMessage & { body?: unknown };

async function answerTool(request: Asked, response: ServerResponse): Promise<void> {
  const transport = new StreamableHTTPServerTransport({});
  const mcp = new McpServer({ name: 'locked', version: '1' });
  mcp.registerTool('where', { annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: 'behind a door' }],
  }));
  await mcp.connect(transport);
  await transport.handleRequest(request, response, request.body);
}

export async function openOAuthToolServer(): Promise<OAuthToolServer> {
  const issued: HandedOut = { log: [], secrets: [], access: new Map(), refresh: new Map() };
  const { log, secrets, access, refresh } = issued;
  const provider = createProvider(issued);
  const app = createMcpExpressApp();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const resource = new URL('/mcp', origin);
  app.use(mcpAuthRouter({ provider, issuerUrl: origin, resourceServerUrl: resource }));
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource);
  app.all(
    '/mcp',
    requireBearerAuth({ verifier: provider, resourceMetadataUrl }),
    (request: Asked, response: ServerResponse) => {
      answerTool(request, response).catch(() => response.destroy());
    },
  );
  return {
    url: resource.href,
    log,
    secrets,
    expire: (what) => {
      access.clear();
      if (what === 'all') refresh.clear();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
