import { MINUTE_MS, type At, type Ms } from '../domain/time.ts';
import { noCredentials } from './host.ts';

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: At;
}

/** A token is renewed this long before it ends: a call may wait for its turn. */
const EARLY_MS: Ms = 2 * MINUTE_MS;
/** Nor is it asked for again sooner than this: some tokens live shorter than what stands above. */
const LEAST_MS: Ms = 5000;

/**
 * The access token of an endpoint: fetched when first needed, once for all who wait, and anew before it ends.
 * @throws PointsmanError `provider-auth`, from the function that is returned
 */
export function createTokenSource(
  fetchToken: () => Promise<AccessToken>,
  options: { readonly clock: () => At; readonly endpoint: string; readonly hint: string },
): () => Promise<string> {
  let current: AccessToken | undefined;
  let fetchedAt: At = 0;
  let pending: Promise<AccessToken> | undefined;
  const renew = async (): Promise<AccessToken> => {
    try {
      fetchedAt = options.clock();
      return (current = await fetchToken());
    } catch (thrown) {
      throw noCredentials(options.endpoint, thrown, options.hint);
    } finally {
      pending = undefined;
    }
  };
  const isFresh = (token: AccessToken): boolean => {
    const now = options.clock();
    return now < token.expiresAt - EARLY_MS || (now < token.expiresAt && now < fetchedAt + LEAST_MS);
  };
  return async () => {
    if (current !== undefined && isFresh(current)) return current.token;
    return (await (pending ??= renew())).token;
  };
}
