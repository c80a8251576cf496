import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import type { AccessKey } from './access-keys.ts';
import type { Principal } from './call-context.ts';
import type { TokenCheck } from './token-check.ts';

/** Whether an access key reaches a model; without a key there is no list. */
export function mayUse(key: AccessKey | undefined, model: Pick<Model, 'id'>): boolean {
  return key?.allowModels === undefined || key.allowModels.includes(model.id);
}

/**
 * The last gate before anything is sent for a caller, whatever chose the model: the key as it is now, not as it was when the
 * call came in.
 * @throws PointsmanError `no-eligible-model`
 */
export function checkMayUse(keys: Pick<TokenCheck, 'current'>, { key }: Principal, model: Pick<Model, 'id'>): void {
  if (key === undefined) return;
  const current = keys.current(key.id);
  if (current === undefined) throw new PointsmanError('no-eligible-model', 'This access key has been taken back.');
  if (mayUse(current, model)) return;
  throw new PointsmanError('no-eligible-model', `This access key may not use "${model.id}".`, {
    hint: 'GET /v1/models lists what it may use.',
  });
}
