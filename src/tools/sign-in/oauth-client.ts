import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import type { TokenStore } from './token-store.ts';

/** What a server says that wants somebody to sign in, where nobody is asked. */
export const WANTS_SIGN_IN = 'it wants you to sign in';

/** Where a user is sent, and where they come back to. */
export interface SignInPage {
  readonly redirectUrl: string;
  /** What tells the answer to this request from any other. */
  readonly state: string;
  readonly open: (address: URL) => void;
}

export interface OAuthClientOptions {
  readonly serverUrl: string;
  readonly store: TokenStore;
  /** Id of a client that the server's owner knows already. Absent: one is registered. */
  readonly clientId?: string | undefined;
  /** Absent: nobody is there who could sign in. What was signed in before is used, and renewed. */
  readonly page?: SignInPage | undefined;
}

/** The protocol's own client for one server: tokens come from the store and go there. */
export function createOAuthClient({ serverUrl, store, clientId, page }: OAuthClientOptions): OAuthClientProvider {
  const known = clientId === undefined ? undefined : { client_id: clientId };
  // Who signs in begins anew: a client is registered for the address that it comes back to.
  let client: OAuthClientInformationMixed | undefined = known;
  let verifier = '';
  const nobodyIsThere = (): never => {
    throw new Error(WANTS_SIGN_IN);
  };
  const save = async (tokens: OAuthTokens | undefined): Promise<void> => {
    const of = client ?? (await store.read(serverUrl))?.client;
    if (of !== undefined) await store.write(serverUrl, { client: of, ...(tokens === undefined ? {} : { tokens }) });
  };
  return {
    redirectUrl: page?.redirectUrl ?? 'http://127.0.0.1/callback',
    clientMetadata: metadata(page),
    state: () => page?.state ?? '',
    clientInformation: async () => {
      if (page !== undefined) return client;
      const before = await store.read(serverUrl);
      // Without a token to renew, the next thing would be to register and to send somebody somewhere.
      return before?.tokens === undefined ? nobodyIsThere() : before.client;
    },
    saveClientInformation: (information) => {
      client = information;
    },
    tokens: async () => (page === undefined ? (await store.read(serverUrl))?.tokens : undefined),
    saveTokens: save,
    redirectToAuthorization: (address) => (page === undefined ? nobodyIsThere() : page.open(address)),
    saveCodeVerifier: (text) => {
      verifier = text;
    },
    codeVerifier: () => verifier,
    invalidateCredentials: async (scope) => {
      if (scope === 'all' || scope === 'client') client = known;
      // A token that its server does not know any more opens nothing.
      if (page === undefined && (scope === 'all' || scope === 'tokens')) await store.forget(serverUrl);
    },
  };
}

function metadata(page: SignInPage | undefined): OAuthClientMetadata {
  return {
    client_name: 'pointsman',
    redirect_uris: [page?.redirectUrl ?? 'http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}
