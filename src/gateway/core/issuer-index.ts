import { createHash } from 'node:crypto';
import type { ModelId } from '../../domain/ids.ts';
import type { Issued, IssuedIds } from '../../recorder/issued-ids.ts';

/**
 * Which model or endpoint issued which signature or id, and for whom, by its digest: a bounded memory, oldest first out. What
 * was issued for one caller is nobody else's.
 */
export interface IssuerIndex<Issuer extends string = ModelId> {
  /** @param options `isLasting`: whoever owns it is known by the same name after this process; a caller's own key may be another by then */
  note(owner: string, signature: string, by: Issuer, options?: { readonly isLasting: boolean }): void;
  issuerOf(owner: string, signature: string): Issuer | undefined;
  /** It was issued for somebody else. */
  isForeign(owner: string, signature: string): boolean;
  /** Nothing is known: nothing is anybody's. */
  readonly isEmpty: boolean;
}

export interface IssuerIndexOptions {
  readonly limitCount?: number;
  /** Remembers beyond the process, under a name of the index's own: several share one store. Absent: nothing does. */
  readonly lasting?: { readonly store: IssuedIds | undefined; readonly name: string };
}

const LEDGER_LIMIT_COUNT = 50_000;

export function createIssuerIndex<Issuer extends string = ModelId>({
  limitCount = LEDGER_LIMIT_COUNT,
  lasting,
}: IssuerIndexOptions = {}): IssuerIndex<Issuer> {
  const issuers = new Map<string, Issued>();
  const store = lasting?.store;
  const lastingKey = (key: string): string => digestOf(`${lasting?.name ?? ''}\n${key}`);
  const find = (signature: string): Issued | undefined => {
    const key = digest(signature);
    return issuers.get(key) ?? store?.find(lastingKey(key));
  };
  return {
    note(owner, signature, by, { isLasting } = { isLasting: false }) {
      if (signature === '') return;
      const key = digest(signature);
      const known = issuers.get(key);
      issuers.delete(key);
      issuers.set(key, { owner, by });
      // Clients ask for the state of one thing again and again.
      if (isLasting && (known?.owner !== owner || known.by !== by)) store?.add(lastingKey(key), { owner, by });
      if (issuers.size > limitCount) {
        const oldest = issuers.keys().next();
        if (oldest.done !== true) issuers.delete(oldest.value);
      }
    },
    issuerOf(owner, signature) {
      const found = find(signature);
      return found?.owner === owner ? (found.by as Issuer) : undefined;
    },
    isForeign(owner, signature) {
      const found = find(signature);
      return found !== undefined && found.owner !== owner;
    },
    get isEmpty() {
      return issuers.size === 0 && (store?.isEmpty ?? true);
    },
  };
}

/** Short signatures are their own key; long ones are kept by digest, so that the ledger stays small. */
function digest(signature: string): string {
  return signature.length <= 32 ? signature : digestOf(signature);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
