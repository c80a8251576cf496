import type { Model } from '../../domain/model.ts';
import type { ListedModel, WireFormat } from '../../wires/shared/wire-format.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { VIRTUAL_MODELS } from '../core/virtual-models.ts';

/** The list of models in the caller's format: virtual names first, then the pool. */
export function listModels(core: GatewayCore, format: WireFormat, allow: readonly string[] | undefined): object {
  return format.modelList(rowsOf(core, allow));
}

/** One model of that list in the caller's format; `undefined`: it is not on it. */
export function findModel(
  core: GatewayCore,
  format: WireFormat,
  { id, allow }: { readonly id: string; readonly allow: readonly string[] | undefined },
): object | undefined {
  const row = rowsOf(core, allow).find((one) => one.id === id);
  return row && format.modelEntry(row);
}

function rowsOf(core: GatewayCore, allow: readonly string[] | undefined): readonly ListedModel[] {
  const unknown = { contextTokens: undefined, maxOutputTokens: undefined };
  return [
    ...VIRTUAL_MODELS.map(({ id, displayName }) => ({ id, displayName, owner: 'pointsman', ...unknown })),
    ...core.pool(allow).map(listedAs),
  ];
}

/** A model as lists show it. */
export function listedAs({ id, vendor, contextTokens, maxOutputTokens }: Model): ListedModel {
  return { id, displayName: id, owner: vendor, contextTokens, maxOutputTokens };
}
