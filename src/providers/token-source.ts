import { PointsmanError, toPointsmanError } from '../domain/errors.ts';
import { MINUTE_MS, type At, type Ms } from '../domain/time.ts';

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
      throw noToken(thrown, options);
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

/** The words of the vendor's package, its first line: stacks of causes and help texts follow. */
function noToken(
  thrown: unknown,
  { endpoint, hint }: { readonly endpoint: string; readonly hint: string },
): PointsmanError {
  const { message } = toPointsmanError(thrown, 'provider-auth');
  const words = (message.split('\n')[0] ?? '').slice(0, 300);
  return new PointsmanError('provider-auth', `Endpoint "${endpoint}" has no credentials: ${words}`, { hint });
}
