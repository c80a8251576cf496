import type { WireFormat } from '../../wires/shared/wire-format.ts';
import type { GatewayCore } from '../core/gateway-core.ts';
import { VIRTUAL_MODELS } from '../core/virtual-models.ts';

/** The list of models in the caller's format: virtual names first, then the pool. */
export function listModels(core: GatewayCore, format: WireFormat, allow: readonly string[] | undefined): object {
  const unknown = { contextTokens: undefined, maxOutputTokens: undefined };
  return format.modelList([
    ...VIRTUAL_MODELS.map(({ id, displayName }) => ({ id, displayName, owner: 'pointsman', ...unknown })),
    ...core.pool(allow).map(({ id, vendor, contextTokens, maxOutputTokens }) => ({
      id,
      displayName: id,
      owner: vendor,
      contextTokens,
      maxOutputTokens,
    })),
  ]);
}
