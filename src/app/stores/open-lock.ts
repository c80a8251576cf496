import { randomUUID } from 'node:crypto';
import type { AuditWish } from '../../audit/audit-entry.ts';
import type { Config, LearnConfig, StoreConfig } from '../../config/config.ts';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import { policyDigest } from '../../learn/certificate/certificate-file.ts';
import {
  lockedPolicy,
  lockText,
  NO_LOCK,
  parseLock,
  type LockFile,
  type PolicyLock,
  type UnnotedMove,
} from '../../policy/policy-lock.ts';
import type { Documents } from '../../postgres/documents.ts';
import type { PointsmanOptions } from '../pointsman-options.ts';
import { keptTextAt, keptTextIn, withKeptText, type KeptText } from './kept-text.ts';

const NAMES = { name: 'policy-lock', fileName: 'policy.lock.yaml' } as const;

/** What was learned of policies, as a store keeps it for all who route by it. */
export interface LockStore {
  readonly place: string;
  /** @throws PointsmanError `policy-invalid` for a lock that was edited to nonsense, `record-unreadable` */
  read(): Promise<PolicyLock>;
  /** Writes what `act` makes of it while nobody else does, whole or not at all. */
  change(act: (lock: PolicyLock) => PolicyLock): Promise<LockChange>;
  /** The same with what the audit trail is to say of it, which stands in the lock until `noteMoves` has told the trail. `undefined`: nothing was moved. */
  move(act: (lock: PolicyLock) => LockMove | undefined): Promise<LockChange>;
  /** Moves that the trail does not say yet, such as one whose process was killed. */
  unnoted(): Promise<readonly UnnotedMove[]>;
  /** These are on the trail. */
  noted(moves: readonly UnnotedMove[]): Promise<void>;
}

/** A lock as a move leaves it, and what is noted of it. */
export interface LockMove {
  readonly lock: PolicyLock;
  readonly note: Omit<UnnotedMove, 'id'>;
}

/** Puts every move on the trail that does not stand there, the last one too. One that is told and not struck off is told again, under the same id. */
export async function noteMoves(
  lock: Pick<LockStore, 'unnoted' | 'noted'>,
  append: (wishes: readonly AuditWish[]) => Promise<void>,
): Promise<void> {
  const moves = await lock.unnoted();
  if (moves.length === 0) return;
  await append(moves.map(({ id, detail, ...move }) => ({ ...move, detail: { ...detail, move: id } })));
  await lock.noted(moves);
}

/** The text of a lock before and after. */
export interface LockChange {
  readonly before: string;
  readonly after: string;
}

/** In a PostgreSQL store, for all that route by it. */
export function lockAt(documents: Documents, place: string): LockStore {
  return lockOf(keptTextAt(documents, { name: NAMES.name, place }));
}

/** In a file of a store's folder, written whole or not at all. */
export function lockIn(dir: string): LockStore {
  return lockOf(keptTextIn(dir, NAMES));
}

/** Hands the lock of a configured store to `act`. */
export async function withLock<Result>(store: StoreConfig, act: (lock: LockStore) => Promise<Result>): Promise<Result> {
  return withKeptText(store, NAMES, async (kept) => act(lockOf(kept)));
}

function lockOf(kept: KeptText): LockStore {
  const edit = async (act: (file: LockFile) => LockFile): Promise<LockChange> => {
    let [before, after] = ['', ''];
    await kept.change((text) => {
      const file = parseLock(text, kept.name);
      const next = act(file);
      const whole = lockText(next);
      // What could not be read again would stop whoever routes by it.
      parseLock(whole, kept.name);
      // What is shown of a change is what was learned, and not that it is to be noted.
      [before, after] = [
        text === undefined ? '' : lockText({ policies: file.policies }),
        lockText({ policies: next.policies }),
      ];
      return whole;
    });
    return { before, after };
  };
  const read = async (): Promise<LockFile> => parseLock(await kept.read(), kept.name);
  return {
    place: kept.place,
    read: async () => (await read()).policies,
    change: async (act) => edit((file) => ({ ...file, policies: act(file.policies) })),
    move: async (act) =>
      edit((file) => {
        const move = act(file.policies);
        if (move === undefined) return file;
        return { policies: move.lock, unnoted: [...(file.unnoted ?? []), { id: randomUUID(), ...move.note }] };
      }),
    unnoted: async () => (await read()).unnoted ?? [],
    noted: async (moves) => {
      const ids = new Set(moves.map(({ id }) => id));
      await edit((file) => ({ ...file, unnoted: file.unnoted?.filter(({ id }) => !ids.has(id)) }));
    },
  };
}

/** What was learned, as whoever is about to route reads it. What cannot be read is told, and nothing of it holds. */
export async function lockOrWarn(
  lock: Pick<LockStore, 'read'> | undefined,
  onWarning: ((error: PointsmanError) => void) | undefined,
): Promise<PolicyLock> {
  try {
    return lock === undefined ? NO_LOCK : await lock.read();
  } catch (thrown) {
    const error = toPointsmanError(thrown, 'record-unreadable');
    const message = `What was learned of policies does not hold: ${error.message}`;
    onWarning?.(new PointsmanError(error.code, message, { cause: thrown, hint: error.hint ?? HOW_TO_CORRECT }));
    return NO_LOCK;
  }
}

const HOW_TO_CORRECT = 'Mend the file, or remove it and learn again.';

/** Hands the lock of whoever was given a folder for its store, or goes by the configuration, to `act`, with its store. */
export async function withLockFor<Result>(
  { store }: { readonly store?: PointsmanOptions['store'] | undefined },
  config: Pick<Config, 'store'>,
  act: (lock: LockStore, place: StoreConfig) => Promise<Result>,
): Promise<Result> {
  const place: StoreConfig =
    store === undefined || store === 'memory' ? config.store : { kind: 'sqlite', dir: store.dir };
  return withLock(place, async (lock) => act(lock, place));
}

/** What was learned there; nothing is learned in memory. */
export async function lockFor(
  { store, onWarning }: Pick<PointsmanOptions, 'store' | 'onWarning'>,
  config: Pick<Config, 'store'>,
): Promise<PolicyLock> {
  if (store === 'memory') return NO_LOCK;
  return lockOrWarn({ read: async () => withLockFor({ store }, config, async (lock) => lock.read()) }, onWarning);
}

/** The policy file that something was learned on: its rules and its dial. */
export function lockDigest(policy: RouterPolicy): string {
  return `${policyDigest(policy)}-${policy.dial}`;
}

/** A policy as it is routed by: with what was learned of it, and what is being learned. */
export function learnedPolicy(
  policy: RouterPolicy,
  { lock = NO_LOCK, learn }: { readonly lock?: PolicyLock | undefined; readonly learn: LearnConfig | undefined },
): RouterPolicy {
  return lockedPolicy(policy, { lock, digest: lockDigest(policy), explore: learn?.explore });
}
