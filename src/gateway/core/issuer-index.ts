import { createHash } from 'node:crypto';
import type { ModelId } from '../../domain/ids.ts';

/**
 * Which model or endpoint issued which signature or id, and for whom, by its digest: a bounded memory, oldest first out. What
 * was issued for one caller is nobody else's.
 */
export interface IssuerIndex<Issuer extends string = ModelId> {
  note(owner: string, signature: string, by: Issuer): void;
  issuerOf(owner: string, signature: string): Issuer | undefined;
  /** It was issued for somebody else. */
  isForeign(owner: string, signature: string): boolean;
  /** Nothing is known: nothing is anybody's. */
  readonly isEmpty: boolean;
}

const LEDGER_LIMIT_COUNT = 50_000;

export function createIssuerIndex<Issuer extends string = ModelId>(
  limitCount: number = LEDGER_LIMIT_COUNT,
): IssuerIndex<Issuer> {
  const issuers = new Map<string, { readonly owner: string; readonly by: Issuer }>();
  return {
    note(owner, signature, by) {
      if (signature === '') return;
      const key = digest(signature);
      issuers.delete(key);
      issuers.set(key, { owner, by });
      if (issuers.size > limitCount) {
        const oldest = issuers.keys().next();
        if (oldest.done !== true) issuers.delete(oldest.value);
      }
    },
    issuerOf(owner, signature) {
      const found = issuers.get(digest(signature));
      return found?.owner === owner ? found.by : undefined;
    },
    isForeign(owner, signature) {
      const found = issuers.get(digest(signature));
      return found !== undefined && found.owner !== owner;
    },
    get isEmpty() {
      return issuers.size === 0;
    },
  };
}

/** Short signatures are their own key; long ones are kept by digest, so that the ledger stays small. */
function digest(signature: string): string {
  return signature.length <= 32 ? signature : createHash('sha256').update(signature).digest('base64url');
}
