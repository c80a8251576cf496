import type { ConfiguredEndpoint } from '../../config/config.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { isNamedIn, type Model } from '../../domain/model.ts';
import type { AccessKey } from './access-keys.ts';
import type { Principal } from './call-context.ts';
import type { TokenCheck } from './token-check.ts';

/** Whether an access key reaches a model; without a key there is no list. */
export function mayUse(key: AccessKey | undefined, model: Pick<Model, 'id' | 'sameAs'>): boolean {
  return key?.allowModels === undefined || isNamedIn(key.allowModels, model);
}

/** Whether calls under an access key may go out with an endpoint's own key; one that is kept for some opens to nobody else. */
export function mayGoTo(
  key: AccessKey | undefined,
  endpoint: Pick<ConfiguredEndpoint, 'onlyFor'> | undefined,
): boolean {
  const onlyFor = endpoint?.onlyFor;
  return onlyFor === undefined || (key !== undefined && (onlyFor.includes(key.name) || onlyFor.includes(key.id)));
}

interface Gate {
  readonly keys: Pick<TokenCheck, 'current'>;
  readonly endpointOf: (model: Model) => ConfiguredEndpoint | undefined;
}

/**
 * The last gate before anything is sent for a caller, whatever chose the model: the key as it is now, not as it was when the
 * call came in.
 * @throws PointsmanError `no-eligible-model`
 */
export function checkMayUse({ keys, endpointOf }: Gate, { key }: Principal, model: Model): void {
  const current = key === undefined ? undefined : keys.current(key.id);
  const endpoint = endpointOf(model);
  if (key !== undefined && current === undefined)
    throw new PointsmanError('no-eligible-model', 'This access key has been taken back.');
  if (mayUse(current, model) && mayGoTo(current, endpoint)) return;
  throw new PointsmanError('no-eligible-model', `This access key may not use "${model.id}".`, {
    hint: 'GET /v1/models lists what it may use.',
  });
}
