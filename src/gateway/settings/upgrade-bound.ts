import { isLoopback } from '../../config/endpoints.ts';
import { boundedForStrangers } from '../../decisions/word-bound.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** What says who calls. */
export interface Reach {
  readonly settings: Pick<GatewaySettings, 'host'>;
  readonly accessKeys: readonly unknown[];
}

type Variant = (policy: RouterPolicy, dial: number | undefined) => RouterPolicy;

/** Whether others than its user call a gateway: it listens beyond this machine, or several keys are handed out. Pure. */
export function hasStrangers({ settings, accessKeys }: Reach): boolean {
  const { host } = settings;
  return accessKeys.length > 1 || !isLoopback(`http://${host.includes(':') ? `[${host}]` : host}`);
}

/** Where strangers call, a policy that does not say how far their words may raise the bill bounds it; `maxUpgradeRatio: 1` does not. */
export function boundForStrangers(variant: Variant, reach: () => Reach): Variant {
  // One object for one policy: what follows from a policy is remembered by it.
  const bounded = new WeakMap<RouterPolicy, RouterPolicy>();
  return (policy, dial) => {
    const plain = variant(policy, dial);
    if (plain.maxUpgradeRatio !== undefined || !hasStrangers(reach())) return plain;
    const known = bounded.get(plain);
    if (known !== undefined) return known;
    const made = boundedForStrangers(plain);
    bounded.set(plain, made);
    return made;
  };
}
