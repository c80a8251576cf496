import { scryptSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openSecrets, sealSecrets } from '../../config/secrets-file.ts';
import { createRateLimiter } from '../server/rate-limiter.ts';
import {
  createAccessKey,
  formatAccessKeys,
  parseAccessKeys,
  rotateAccessKey,
  type AccessKey,
  type NewAccessKey,
  type TokenHash,
} from './access-keys.ts';
import { createTokenCheck, withHash, type RenewedHash } from './token-check.ts';

const plain: NewAccessKey = {
  name: 'ci',
  createdAt: 1,
  budgetNanoUsd: undefined,
  policyId: undefined,
  allowModels: ['m'],
  requestsPerMinute: 60,
};

/** A row as files before had it. */
function oldRow(): { readonly row: object; readonly token: string; readonly id: string } {
  const { key, token } = createAccessKey(plain);
  const salt = Buffer.alloc(16, 7);
  const hash = scryptSync(token, salt, 32);
  const { tokens: _tokens, ...rest } = key;
  const row = { ...rest, saltBase64: salt.toString('base64'), hashBase64: hash.toString('base64') };
  return { row, token, id: key.id };
}

const text = (rows: readonly object[]): string => JSON.stringify({ v: 1, keys: rows });

describe('access keys', () => {
  test('a token opens its own key after a round trip through the file, and no other text does', async () => {
    const { key, token } = createAccessKey(plain);
    const other = createAccessKey(plain);
    const file = formatAccessKeys([key, other.key]);
    expect(file).not.toContain(token.slice(12));
    expect(parseAccessKeys(file)).toEqual([key, other.key]);
    const check = createTokenCheck(parseAccessKeys(file));
    expect(await check.check(token, 0)).toEqual({ kind: 'known', key });
    for (const wrong of [`${token.slice(0, -1)}_`, token.replace(key.id, other.key.id), '', 'pm-', `${token}x`]) {
      expect(await check.check(wrong, 0)).toEqual({ kind: 'unknown' });
    }
  });

  test('a damaged file is named as such', () => {
    for (const damaged of ['{', '{"v":1,"keys":[{"id":"x"}]}', '{"v":2,"keys":[{"id":"x"}]}', '{"v":3,"keys":[]}']) {
      expect(() => parseAccessKeys(damaged)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    }
  });

  test('a crowd of guessers who know the id keeps nobody out, whatever the file was made by', async () => {
    const fresh = createAccessKey(plain);
    const old = oldRow();
    const check = createTokenCheck([fresh.key, ...parseAccessKeys(text([old.row]))]);
    for (const { token, id } of [old, { token: fresh.token, id: fresh.key.id }]) {
      const guesses = Array.from({ length: 12 }, async (_, at) =>
        check.check(`pm-${id}-${String(at).padStart(43, 'x')}`, 0),
      );
      const owners = Array.from({ length: 20 }, async () => check.check(token, 0));
      for (const verdict of await Promise.all(owners)) expect(verdict.kind).toBe('known');
      for (const verdict of await Promise.all(guesses)) expect(verdict.kind).toBe('unknown');
    }
  });

  test('an old hash is read once, told to be kept as a new one, and works as before after that', async () => {
    const old = oldRow();
    const rehashed: RenewedHash[] = [];
    const keys = parseAccessKeys(text([old.row]));
    const check = createTokenCheck(keys, { onRehashed: (hash) => rehashed.push(hash) });
    await Promise.all(Array.from({ length: 30 }, async () => check.check(old.token, 0)));
    expect(rehashed.map(({ keyId, renewed }) => [keyId, renewed.kind])).toEqual([[old.id, 'sha256']]);
    const kept = keys.map((key) => rehashed.reduce(withHash, key));
    const again = createTokenCheck(parseAccessKeys(formatAccessKeys(kept)));
    expect((await again.check(old.token, 0)).kind).toBe('known');
  });

  test.each<[string, (key: AccessKey) => readonly AccessKey[], string]>([
    ['rotated out', (key) => [{ ...key, tokens: [createAccessKey(plain).key.tokens[0] as TokenHash] }], 'unknown'],
    ['ended', (key) => [{ ...key, tokens: key.tokens.map((one) => ({ ...one, validUntil: 5 })) }], 'expired'],
    ['taken away', () => [], 'unknown'],
    ['read anew', (key) => [structuredClone(key)], 'known'],
  ])('a token that is %s while its old hash is read is judged by what is true then', async (what, change, kind) => {
    const old = oldRow();
    const [key] = parseAccessKeys(text([old.row])) as readonly [AccessKey];
    const rehashed: RenewedHash[] = [];
    const check = createTokenCheck([key], { onRehashed: (hash) => rehashed.push(hash) });
    const asked = check.check(old.token, 10);
    const changed = change(key);
    check.replace(changed);
    expect((await asked).kind).toBe(kind);
    // What is kept anew is the one hash: nothing that was changed of its key meanwhile comes back.
    for (const hash of rehashed)
      expect(changed.map((one) => withHash(one, hash).tokens.map(({ validUntil }) => validUntil))).toEqual(
        changed.map(({ tokens }) => tokens.map(({ validUntil }) => validUntil)),
      );
    expect(rehashed.length).toBe(['ended', 'read anew'].includes(what) ? 1 : 0);
  });

  test('keys end when they expire, and a rotated token when its time is over', async () => {
    const { key, token } = createAccessKey({ ...plain, expiresAt: 100 });
    const rotated = rotateAccessKey(key, { now: 10, oldUntil: 20 });
    const check = createTokenCheck([rotated.key]);
    const kinds = async (at: number): Promise<readonly string[]> => {
      const verdicts = [await check.check(token, at), await check.check(rotated.token, at)];
      return verdicts.map(({ kind }) => kind);
    };
    expect(await kinds(19)).toEqual(['known', 'known']);
    expect(await kinds(20)).toEqual(['expired', 'known']);
    expect(await kinds(100)).toEqual(['expired', 'expired']);
    // A second rotation lets nobody in for longer, and forgets what opens nothing.
    const twice = rotateAccessKey(rotated.key, { now: 30, oldUntil: 40 }).key;
    expect(twice.tokens.map(({ validUntil }) => validUntil)).toEqual([undefined, 40]);
  });

  test('keys that are taken away open nothing, the last one neither', async () => {
    const { key, token } = createAccessKey(plain);
    const check = createTokenCheck([key]);
    check.replace([]);
    expect(await check.check(token, 0)).toEqual({ kind: 'unknown' });
    expect(check.isDemanded).toBe(true);
  });
});

describe('rate limiter', () => {
  test('lets a burst through, then says how long to wait, then refills', () => {
    const limiter = createRateLimiter();
    for (let count = 0; count < 60; count++) expect(limiter.take('k', 60, 0)).toBe(0);
    expect(limiter.take('k', 60, 0)).toBe(1000);
    expect(limiter.take('other', 60, 0)).toBe(0);
    expect(limiter.take('k', 60, 1000)).toBe(0);
    expect(limiter.take('k', 60, 1000)).toBeGreaterThan(0);
  });
});

describe('secrets file', () => {
  test('opens with its passphrase alone and shows nothing without it', () => {
    const sealed = sealSecrets({ OPENAI_API_KEY: 'sk-very-secret-value' }, 'correct horse');
    expect(sealed).not.toContain('secret-value');
    expect(openSecrets(sealed, 'correct horse')).toEqual({ OPENAI_API_KEY: 'sk-very-secret-value' });
    expect(() => openSecrets(sealed, 'wrong horse')).toThrow(expect.objectContaining({ code: 'config-invalid' }));
    const tampered = sealed.replace(/"data": "./u, '"data": "A');
    expect(() => openSecrets(tampered === sealed ? '{}' : tampered, 'correct horse')).toThrow(/cannot be opened/u);
  });
});
