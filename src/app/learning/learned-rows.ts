import { loadCatalog } from '../../catalog/load-catalog.ts';
import type { Config } from '../../config/config.ts';
import { loadPolicies } from '../../policy/load-policies.ts';
import { lockRows, type LockRow } from '../../policy/lock-rows.ts';
import { lockDigest, type LockStore } from '../stores/open-lock.ts';

/** What was learned, as the store has it when somebody looks, held against policies as their files have them then. */
export function learnedRows(
  lock: Pick<LockStore, 'read'>,
  config: () => Pick<Config, 'models' | 'policyDirs' | 'seenFiles'>,
): () => Promise<readonly LockRow[]> {
  return async () => {
    const { models, policyDirs, seenFiles } = config();
    const policies = loadPolicies(loadCatalog(models), policyDirs, seenFiles);
    return lockRows(await lock.read(), new Map([...policies].map(([id, { policy }]) => [id, policy])), lockDigest);
  };
}
