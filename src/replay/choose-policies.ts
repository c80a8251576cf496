import path from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { PointsmanError } from '../domain/errors.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import { SHIPPED_POLICIES_DIR, choosePolicy, type LoadedPolicy } from '../policy/load-policies.ts';
import { dialPolicies, freshPolicy, ourPolicies } from './rules/ours.ts';
import { NEEDS_NO_ROUTER, rivalPolicies } from './rules/rivals.ts';
import type { ReplayPolicy } from './simulation/replay-policy.ts';

export interface PolicyRequest {
  /** Ids or files of our policies, and names of rivals; empty: ours, then what needs no router. */
  readonly names: readonly string[];
  /** Also every published rule of others. */
  readonly withRivals: boolean;
  /** Also the first of ours at each notch of its dial. */
  readonly withDial: boolean;
  readonly loaded: ReadonlyMap<string, LoadedPolicy>;
  readonly catalog: Catalog;
  readonly cwd: string;
}

/** Shipped policies that fit any pool; the others demand places or vendors that a pool may not have. */
const GENERAL_IDS: readonly string[] = ['balanced', 'thrifty', 'quality-first'];

/**
 * What to replay, in the order of reports: ours, the dial, rivals.
 * @throws PointsmanError `not-found` with the nearest name; `policy-invalid` for a file that is wrong
 */
export function choosePolicies(request: PolicyRequest): readonly ReplayPolicy[] {
  const rivals = rivalPolicies();
  const names = new Set(request.names);
  const rivalNames = new Set(rivals.map((rival) => rival.name));
  const own = names.size === 0 ? generalPolicies(request) : namedPolicies(request, names, rivalNames);
  const [first] = own;
  return [
    ...ourPolicies(own),
    ...(names.size === 0 && first !== undefined ? [freshPolicy(first)] : []),
    ...(request.withDial && first !== undefined ? dialPolicies(first) : []),
    ...rivals.filter(
      ({ name }) => request.withRivals || names.has(name) || (names.size === 0 && NEEDS_NO_ROUTER.has(name)),
    ),
  ];
}

/** The general ones, then whatever the user's own folders hold. */
function generalPolicies({ loaded }: PolicyRequest): readonly RouterPolicy[] {
  const general = GENERAL_IDS.flatMap((id) => loaded.get(id) ?? []);
  const own = [...loaded.values()].filter(
    (one) => path.dirname(path.resolve(one.file)) !== SHIPPED_POLICIES_DIR && !general.includes(one),
  );
  return [...general, ...own].map((one) => one.policy);
}

function namedPolicies(
  { loaded, catalog, cwd }: PolicyRequest,
  names: ReadonlySet<string>,
  rivalNames: ReadonlySet<string>,
): readonly RouterPolicy[] {
  const own = [...names].filter((name) => !rivalNames.has(name));
  return own.map((name) => {
    try {
      return choosePolicy(loaded, name, { catalog, cwd }).policy;
    } catch (thrown) {
      if (!(thrown instanceof PointsmanError) || thrown.code !== 'not-found' || /[/\\]/u.test(name)) throw thrown;
      throw new PointsmanError('not-found', thrown.message, {
        cause: thrown,
        hint: `Ours: ${[...loaded.keys()].join(', ')}. Rivals: ${[...rivalNames].join(', ')}. A file is named by its path.`,
      });
    }
  });
}
