import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { Principal } from './call-context.ts';
import type { GatewayCore } from './gateway-core.ts';

/** The policy that a caller's requests are held to: its access key's, or the gateway's. */
export function policyOf(core: Pick<GatewayCore, 'deps'>, { key }: Pick<Principal, 'key'>): RouterPolicy {
  const id = key?.policyId;
  return (id === undefined ? undefined : core.deps.policies.get(id)) ?? core.deps.policy;
}

/** No list of models, of a policy or of a key, leaves any out. */
export function mayUseAny(core: Pick<GatewayCore, 'deps'>, principal: Pick<Principal, 'key'>): boolean {
  const { allowModels, denyModels } = policyOf(core, principal);
  return principal.key?.allowModels === undefined && allowModels === undefined && denyModels.length === 0;
}
