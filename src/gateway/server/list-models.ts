import { eachModelOnce, type Model } from '../../domain/model.ts';
import type { ListedModel, WireFormat } from '../../wires/shared/wire-format.ts';
import type { AccessKey } from '../core/access-keys.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { VIRTUAL_MODELS } from '../core/virtual-models.ts';

/** The list of models in the caller's format: virtual names first, then the pool. */
export function listModels(core: GatewayCore, format: WireFormat, key: AccessKey | undefined): object {
  return format.modelList(rowsOf(core, key));
}

/** One model of that list in the caller's format; `undefined`: it is not on it. */
export function findModel(
  core: GatewayCore,
  format: WireFormat,
  { id, key }: { readonly id: string; readonly key: AccessKey | undefined },
): object | undefined {
  const row = rowsOf(core, key).find((one) => one.id === id);
  return row && format.modelEntry(row);
}

function rowsOf(core: GatewayCore, key: AccessKey | undefined): readonly ListedModel[] {
  const unknown = { contextTokens: undefined, maxOutputTokens: undefined };
  return [
    ...VIRTUAL_MODELS.map(({ id, displayName }) => ({ id, displayName, owner: 'pointsman', ...unknown })),
    ...eachModelOnce(core.pool(key)).map(listedAs),
  ];
}

/** A model as lists show it. */
export function listedAs({ id, vendor, contextTokens, maxOutputTokens }: Model): ListedModel {
  return { id, displayName: id, owner: vendor, contextTokens, maxOutputTokens };
}
