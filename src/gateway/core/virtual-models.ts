import { asId, type PolicyId } from '../../domain/ids.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { withDial } from '../../policy/with-dial.ts';

/** A name that is routed instead of obeyed: one per tier that a harness asks for. */
export interface VirtualModel {
  readonly id: string;
  readonly displayName: string;
  /** The dial of calls under this name; `undefined`: the policy's own. */
  readonly dial: number | undefined;
}

const TIERS = [
  { suffix: '', displayName: 'Auto (pointsman routes each step)', dial: undefined },
  { suffix: '-frontier', displayName: 'Auto, most capable', dial: 1 },
  { suffix: '-balanced', displayName: 'Auto, balanced', dial: 5 },
  { suffix: '-fast', displayName: 'Auto, cheapest that does it', dial: 9 },
] as const;

/**
 * `auto` and one name per tier, each also as `claude-auto…`: the `/model` picker of Claude Code shows only ids that
 * contain the vendor's name (clients.md §5, 2026-11-21); and as `gemini-auto…`: gemini-cli takes `auto` for a wish of
 * its own (0.61, read 2026-11-29).
 */
export const VIRTUAL_MODELS: readonly VirtualModel[] = ['auto', 'claude-auto', 'gemini-auto'].flatMap((base) =>
  TIERS.map(({ suffix, displayName, dial }) => ({ id: `${base}${suffix}`, displayName, dial })),
);

const byId = new Map(VIRTUAL_MODELS.map((model) => [model.id, model]));

/** Exact name only; harnesses may append a context size in brackets, such as `claude-auto[1m]`. */
export function virtualModel(name: string): VirtualModel | undefined {
  return byId.get(name.replace(/\[\w+\]$/u, ''));
}

/** The policy as a virtual name bends it. One compiled policy per (policy, dial), made once. */
export function createPolicyVariants(): (policy: RouterPolicy, dial: number | undefined) => RouterPolicy {
  const variants = new WeakMap<RouterPolicy, Map<number, RouterPolicy>>();
  return (policy, dial) => {
    if (dial === undefined || dial === policy.dial) return policy;
    let byDial = variants.get(policy);
    if (byDial === undefined) variants.set(policy, (byDial = new Map()));
    let variant = byDial.get(dial);
    if (variant === undefined) {
      variant = { ...withDial(policy, dial), id: asId<PolicyId>(`${policy.id}@dial-${dial}`) };
      byDial.set(dial, variant);
    }
    return variant;
  };
}
