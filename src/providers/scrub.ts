import { PointsmanError } from '../domain/errors.ts';
import { createScrub } from '../trust/scrub.ts';

/** The error with every secret replaced, in message, hint and details. The cause is left out: it may hold live objects. */
export function scrubError(error: PointsmanError, secrets: readonly string[]): PointsmanError {
  const clean = createScrub(secrets);
  return new PointsmanError(error.code, clean(error.message), {
    retryable: error.retryable,
    details: JSON.parse(clean(JSON.stringify(error.details))) as Readonly<Record<string, unknown>>,
    ...(error.hint === undefined ? {} : { hint: clean(error.hint) }),
  });
}
