import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { At } from '../../domain/time.ts';
import { tokenHash, type AccessKey, type TokenHash } from './access-keys.ts';

export type TokenVerdict =
  | { readonly kind: 'known'; readonly key: AccessKey }
  /** Was a key's, and is no longer. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' }
  /** Too many tokens wait for the slow check of old key files; the caller may come again. */
  | { readonly kind: 'busy' };

export interface TokenCheck {
  /** The key that a token belongs to. */
  check(token: string, now: At): Promise<TokenVerdict>;
  /** The key of an id as it is now. `undefined`: it was taken back. */
  current(id: string): AccessKey | undefined;
  /** From now on these keys are the ones that open. */
  replace(keys: readonly AccessKey[]): void;
  /** Whether anybody has to show a key: once there were keys, taking the last one away opens nothing. */
  readonly isDemanded: boolean;
}

/** One hash of a key's token that is kept in another way from now on. All else of the key is its file's to say. */
export interface RenewedHash {
  readonly keyId: string;
  readonly old: TokenHash;
  readonly renewed: TokenHash;
}

export interface TokenCheckOptions {
  /** Told of each, so that its file can be changed. */
  readonly onRehashed?: (hash: RenewedHash) => void;
}

const TOKEN_SHAPE = /^pm-([a-z0-9]{8})-[\w-]{43}$/u;
const scryptAsync = promisify(scrypt) as (token: string, salt: Buffer, bytes: number) => Promise<Buffer>;
const MAX_SCRYPT_COUNT = 2;
const MAX_WAITING_COUNT = 500;

/**
 * Checks tokens against stored hashes, at once: whatever others send, a right token is let in and a wrong one is not.
 * Hashes of old files take one scrypt per token, shared by all who show the same one; from then on they are as the new.
 */
export function createTokenCheck(keys: readonly AccessKey[], options: TokenCheckOptions = {}): TokenCheck {
  let byId = new Map(keys.map((key) => [key.id, key]));
  let isDemanded = keys.length > 0;
  const slow = createSlowCheck();

  const rehash = (key: AccessKey, token: string, old: TokenHash): AccessKey => {
    const hash: RenewedHash = { keyId: key.id, old, renewed: tokenHash(token, old.validUntil) };
    const renewed = withHash(key, hash);
    byId.set(key.id, renewed);
    options.onRehashed?.(hash);
    return renewed;
  };
  /** After the slow check: meanwhile the same token may have been answered, or the key changed or taken away. */
  const verdictNow = (id: string, token: string, found: TokenHash, now: At): TokenVerdict => {
    const current = byId.get(id);
    const digest = createHash('sha256').update(token).digest();
    const fast = current?.tokens.find((hash) => hash.kind === 'sha256' && isSame(digest, hash.hashBase64));
    const same = current?.tokens.find((hash) => isSameHash(hash, found));
    if (current !== undefined && fast !== undefined) return verdictOf(current, fast, now);
    if (current === undefined || same === undefined) return { kind: 'unknown' };
    return verdictOf(rehash(current, token, same), same, now);
  };

  return {
    async check(token, now) {
      const id = TOKEN_SHAPE.exec(token)?.[1];
      const key = id === undefined ? undefined : byId.get(id);
      if (key === undefined) return { kind: 'unknown' };
      const digest = createHash('sha256').update(token).digest();
      const fast = key.tokens.find((hash) => hash.kind === 'sha256' && isSame(digest, hash.hashBase64));
      if (fast !== undefined) return verdictOf(key, fast, now);
      for (const hash of key.tokens) {
        if (hash.kind !== 'scrypt') continue;
        const verdict = await slow.matches(token, digest.toString('base64'), hash);
        if (verdict === 'busy') return { kind: 'busy' };
        if (!verdict) continue;
        return verdictNow(key.id, token, hash, now);
      }
      return { kind: 'unknown' };
    },
    current: (id) => byId.get(id),
    replace(next) {
      byId = new Map(next.map((key) => [key.id, key]));
      isDemanded ||= next.length > 0;
    },
    get isDemanded() {
      return isDemanded;
    },
  };
}

/** The key with this hash as it is kept from now on; as it is where the key no longer has the old one. */
export function withHash(key: AccessKey, { old, renewed }: RenewedHash): AccessKey {
  return {
    ...key,
    tokens: key.tokens.map((one) => (isSameHash(one, old) ? { ...renewed, validUntil: one.validUntil } : one)),
  };
}

function isSameHash(one: TokenHash, other: TokenHash): boolean {
  return one.kind === other.kind && one.hashBase64 === other.hashBase64;
}

function verdictOf(key: AccessKey, hash: TokenHash, now: At): TokenVerdict {
  const isOver = now >= (key.expiresAt ?? Infinity) || now >= (hash.validUntil ?? Infinity);
  return isOver ? { kind: 'expired' } : { kind: 'known', key };
}

function isSame(hash: Buffer, storedBase64: string): boolean {
  const stored = Buffer.from(storedBase64, 'base64');
  return hash.length === stored.length && timingSafeEqual(hash, stored);
}

interface SlowCheck {
  matches(token: string, digest: string, hash: Extract<TokenHash, { kind: 'scrypt' }>): Promise<boolean | 'busy'>;
}

/** A few scrypts at a time, one per token and hash; who shows a token that is being checked waits for that one. */
function createSlowCheck(): SlowCheck {
  const running = new Map<string, Promise<boolean>>();
  const waiting: (() => void)[] = [];
  let count = 0;
  const run = async (token: string, hash: Extract<TokenHash, { kind: 'scrypt' }>): Promise<boolean> => {
    if (count >= MAX_SCRYPT_COUNT) await new Promise<void>((resolve) => waiting.push(resolve));
    count++;
    try {
      const stored = Buffer.from(hash.hashBase64, 'base64');
      return isSame(await scryptAsync(token, Buffer.from(hash.saltBase64, 'base64'), stored.length), hash.hashBase64);
    } finally {
      count--;
      waiting.shift()?.();
    }
  };
  return {
    async matches(token, digest, hash) {
      const name = `${digest} ${hash.hashBase64}`;
      const shared = running.get(name);
      if (shared !== undefined) return shared;
      if (waiting.length >= MAX_WAITING_COUNT) return 'busy';
      const started = run(token, hash).finally(() => running.delete(name));
      running.set(name, started);
      return started;
    },
  };
}
