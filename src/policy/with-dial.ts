import { PointsmanError } from '../domain/errors.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';

/**
 * The same policy with the dial set: 0 is the most capable, 10 the cheapest. The router scales the price of failure by it.
 * @throws PointsmanError `request-invalid` outside 0…10
 */
export function withDial(policy: RouterPolicy, dial: number): RouterPolicy {
  if (!(dial >= 0 && dial <= 10)) {
    throw new PointsmanError('request-invalid', `The dial goes from 0 to 10; ${dial} is outside.`, {
      hint: 'Use 0 for the most capable models, 10 for the cheapest.',
    });
  }
  return { ...policy, dial };
}
