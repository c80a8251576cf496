import { hash } from 'node:crypto';
import { canonicalJson } from '../domain/json.ts';
import type { At } from '../domain/time.ts';

/** What was done. */
export type AuditAct =
  | 'key-added'
  | 'key-rotated'
  | 'key-revoked'
  | 'secret-kept'
  | 'secret-forgotten'
  /** Yes to what a folder brings, by its digest; and no more. */
  | 'folder-trusted'
  | 'folder-forgotten'
  /** A tool server gave tokens; and they are gone. */
  | 'login-kept'
  | 'login-forgotten'
  | 'certificate-made'
  | 'certificate-withdrawn'
  | 'policy-proposed'
  | 'policy-promoted'
  | 'policy-retreated'
  | 'store-copied'
  /** A folder's own store went into another one. */
  | 'store-merged'
  | 'records-removed'
  | 'bypass-on'
  | 'bypass-off'
  /** A step went to an endpoint of which its policy demands something. */
  | 'step-admitted'
  /** No endpoint proved what the policy demands of it. */
  | 'step-refused';

/** An act before it has a place. `detail` holds no secret and no text of a person. */
export interface AuditWish {
  readonly act: AuditAct;
  /** Who did it: `user NAME`, `key ID`, `gateway`, `job ID`. */
  readonly actor: string;
  /** To what: the id of a key, a folder, a decision. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditEntry extends Required<AuditWish> {
  /** One store's own entries; a copied store brings another chain along. */
  readonly chain: string;
  /** From 1, without gaps. */
  readonly seq: number;
  readonly at: At;
  /** SHA-256 of all of it and of the hash before it, in base64url. */
  readonly hash: string;
}

/** The place where a chain goes on: nothing yet is 0 and no hash. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Wishes as the next entries of a chain. */
export function linked(
  wishes: readonly AuditWish[],
  { chain, head, at }: { readonly chain: string; readonly head: ChainHead; readonly at: At },
): readonly AuditEntry[] {
  let { seq, hash: before } = head;
  return wishes.map(({ act, actor, subject, detail = {} }) => {
    seq += 1;
    const body = { chain, seq, at, act, actor: kept(actor), subject: kept(subject), detail };
    before = hashOf(body, before);
    return { ...body, hash: before };
  });
}

const MOST_CHARACTERS = 4096;

/** As both engines give it back. */
function kept(text: string): string {
  return text.slice(0, MOST_CHARACTERS).toWellFormed().replaceAll('\0', '\u{fffd}');
}

function hashOf(body: Omit<AuditEntry, 'hash'>, before: string): string {
  return hash('sha256', `${before}\0${canonicalJson(body)}`, 'base64url');
}

/** A chain as it was found. */
export interface ChainState {
  readonly chain: string;
  readonly count: number;
  /** Of the newest entry. */
  readonly head: string;
  /** The first entry that is not what was written, or that follows a gap. Absent: each is. */
  readonly brokenAt?: number;
}

/** Takes entries in order, chain by chain, and says how each chain stands. */
export class ChainCheck {
  readonly #states = new Map<string, ChainState>();
  readonly #hashes = new Set<string>();
  readonly #sought: string | undefined;

  /** @param sought a head that was kept elsewhere */
  constructor(sought?: string) {
    this.#sought = sought;
  }

  take({ hash: found, ...body }: AuditEntry): void {
    const before = this.#states.get(body.chain) ?? { chain: body.chain, count: 0, head: '' };
    const isNext = body.seq === before.count + 1 && found === hashOf(body, before.head);
    const broken = before.brokenAt ?? (isNext ? undefined : body.seq);
    if (found === this.#sought && broken === undefined) this.#hashes.add(found);
    this.#states.set(body.chain, {
      chain: body.chain,
      count: body.seq,
      head: found,
      ...(broken === undefined ? {} : { brokenAt: broken }),
    });
  }

  get chains(): readonly ChainState[] {
    return [...this.#states.values()];
  }

  /** Whether the sought head stands in an unbroken part. */
  get hasSought(): boolean {
    return this.#sought === undefined || this.#hashes.has(this.#sought);
  }
}
