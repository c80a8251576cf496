import type { EndpointId } from '../../domain/ids.ts';
import type { Principal } from './call-context.ts';
import type { CallerCredential } from './caller-credential.ts';
import type { GatewayCore } from './gateway-core.ts';

/** A key that the caller brought opens only an endpoint of the vendor that its header belongs to, without a key of ours. */
export function callerKeyAt(
  core: Pick<GatewayCore, 'deps'>,
  { credential, key }: Principal,
  endpoint: EndpointId,
): string | undefined {
  if (!core.deps.settings.acceptCallerKeys || key !== undefined || credential === undefined) return undefined;
  return vendorOfCredential(credential) === endpoint ? credential.token : undefined;
}

/** Told from the header that only Google's clients send, else from how keys begin. */
function vendorOfCredential({ header, token }: CallerCredential): string | undefined {
  if (header === 'x-goog-api-key') return 'google';
  if (token.startsWith('sk-ant-')) return 'anthropic';
  return token.startsWith('sk-') ? 'openai' : undefined;
}
