import type { GatewayCore } from '../core/gateway-core.ts';
import { VIRTUAL_MODELS } from '../core/virtual-models.ts';

/** The list of `GET /v1/models`, in a form that clients of both vendors read: virtual names first, then the pool. */
export function listModels(core: GatewayCore, allow: readonly string[] | undefined): object {
  const created = 1_767_225_600;
  const rows = [
    ...VIRTUAL_MODELS.map(({ id, displayName }) => ({ id, displayName, owner: 'pointsman' })),
    ...core.pool(allow).map((model) => ({ id: model.id, displayName: model.id, owner: model.vendor })),
  ];
  const data = rows.map(({ id, displayName, owner }) => ({
    id,
    object: 'model',
    type: 'model',
    display_name: displayName,
    created,
    created_at: new Date(created * 1000).toISOString(),
    owned_by: owner,
  }));
  return { object: 'list', data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}
