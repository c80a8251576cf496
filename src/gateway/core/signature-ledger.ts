import { createHash } from 'node:crypto';
import type { ModelId } from '../../domain/ids.ts';

/** Who minted which signature, by its digest: a bounded memory, oldest first out. */
export interface SignatureLedger {
  note(signature: string, by: ModelId): void;
  minterOf(signature: string): ModelId | undefined;
}

const LEDGER_LIMIT_COUNT = 50_000;

export function createSignatureLedger(limitCount: number = LEDGER_LIMIT_COUNT): SignatureLedger {
  const minters = new Map<string, ModelId>();
  return {
    note(signature, by) {
      if (signature === '') return;
      const key = digest(signature);
      minters.delete(key);
      minters.set(key, by);
      if (minters.size > limitCount) {
        const oldest = minters.keys().next();
        if (oldest.done !== true) minters.delete(oldest.value);
      }
    },
    minterOf: (signature) => (signature === '' ? undefined : minters.get(digest(signature))),
  };
}

/** Short signatures are their own key; long ones are kept by digest, so that the ledger stays small. */
function digest(signature: string): string {
  return signature.length <= 32 ? signature : createHash('sha256').update(signature).digest('base64url');
}
