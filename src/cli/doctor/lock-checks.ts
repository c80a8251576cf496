import { lockDigest, withLock } from '../../app/stores/open-lock.ts';
import type { Config } from '../../config/config.ts';
import { toPointsmanError } from '../../domain/errors.ts';
import { parseReward } from '../../learn/reward/reward-expression.ts';
import type { LoadedPolicy } from '../../policy/load-policies.ts';
import { lockRows } from '../../policy/lock-rows.ts';
import type { PolicyLock } from '../../policy/policy-lock.ts';
import { fail, ok, skipped, warn, type Check } from './check.ts';

const NAME = 'learned policies';

/** What was learned of policies: what is in force and on trial, and what of it is not obeyed, cannot be judged or was not noted. */
export async function lockChecks(
  { store }: Pick<Config, 'store'>,
  policies: ReadonlyMap<string, LoadedPolicy>,
  offline: boolean,
): Promise<readonly Check[]> {
  if (offline && store.kind === 'postgres') return [skipped(NAME, 'PostgreSQL; not asked, as everything is offline')];
  try {
    const found = await withLock(store, async (kept) => ({ lock: await kept.read(), unnoted: await kept.unnoted() }));
    const filed = new Map([...policies].map(([id, { policy }]) => [id, policy]));
    const rows = lockRows(found.lock, filed, lockDigest);
    return [
      ...(rows.length === 0 ? [ok(NAME, 'none: policies are as their files have them')] : []),
      ...rows.map(({ policyId, text, holds, takeBack }) => {
        const name = `learned of ${policyId}`;
        return holds
          ? ok(name, `${text} To take it back: ${takeBack}`)
          : warn(name, text, `Learn again, or take it back: ${takeBack}`);
      }),
      ...unjudged(found.lock),
      ...(found.unnoted.length === 0
        ? []
        : [
            warn(
              NAME,
              `${found.unnoted.length} moves do not stand on the audit trail yet`,
              'pointsman learn --check puts them there.',
            ),
          ]),
    ];
  } catch (thrown) {
    const { message, hint } = toPointsmanError(thrown, 'record-unreadable');
    return [fail(NAME, message, hint ?? 'Mend the lock, or remove it and learn again.')];
  }
}

function unjudged(lock: PolicyLock): readonly Check[] {
  return Object.entries(lock).flatMap(([policyId, { candidate }]) => {
    if (candidate === undefined) return [];
    try {
      parseReward(candidate.reward, candidate);
      return [];
    } catch (thrown) {
      const { message } = toPointsmanError(thrown);
      return [
        warn(
          `learned of ${policyId}`,
          `its candidate cannot be judged: ${message}`,
          'Propose it again with a reward that can be read.',
        ),
      ];
    }
  });
}
