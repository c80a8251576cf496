import { createHash } from 'node:crypto';
import type { ModelId } from '../../domain/ids.ts';

/** Who issued which signature, by its digest: a bounded memory, oldest first out. */
export interface IssuerIndex {
  note(signature: string, by: ModelId): void;
  issuerOf(signature: string): ModelId | undefined;
}

const LEDGER_LIMIT_COUNT = 50_000;

export function createIssuerIndex(limitCount: number = LEDGER_LIMIT_COUNT): IssuerIndex {
  const issuers = new Map<string, ModelId>();
  return {
    note(signature, by) {
      if (signature === '') return;
      const key = digest(signature);
      issuers.delete(key);
      issuers.set(key, by);
      if (issuers.size > limitCount) {
        const oldest = issuers.keys().next();
        if (oldest.done !== true) issuers.delete(oldest.value);
      }
    },
    issuerOf: (signature) => (signature === '' ? undefined : issuers.get(digest(signature))),
  };
}

/** Short signatures are their own key; long ones are kept by digest, so that the ledger stays small. */
function digest(signature: string): string {
  return signature.length <= 32 ? signature : createHash('sha256').update(signature).digest('base64url');
}
