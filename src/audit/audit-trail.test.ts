import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../postgres/open-postgres.ts';
import { openTestPostgres } from '../testing/internal/postgres/test-store.ts';
import { ChainCheck, type AuditEntry, type AuditWish } from './audit-entry.ts';
import type { AuditTrail } from './audit-trail.ts';
import { openPostgresTrail } from './postgres/postgres-trail.ts';
import { openSqliteTrail } from './sqlite/sqlite-trail.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
let clock = 1_700_000_000_000;
const now = (): number => (clock += 1);
const server = await openTestPostgres();

const added: AuditWish = {
  act: 'key-added',
  actor: 'user ada',
  subject: 'key_1',
  detail: { name: 'team', perMinute: 5 },
};

async function all(trail: AuditTrail): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const entry of trail.entries()) found.push(entry);
  return found;
}

function check(entries: readonly AuditEntry[], sought?: string): ChainCheck {
  const checking = new ChainCheck(sought);
  for (const entry of entries) checking.take(entry);
  return checking;
}

interface Place {
  /** Opens the same trail each time. */
  readonly open: () => AuditTrail;
  /** Runs SQL beside us, as whoever owns the store can. */
  readonly meddle: (sql: string) => Promise<void>;
  readonly unlock: string;
}

function sqlitePlace(): Place {
  const file = path.join(folder, `${(count += 1)}.db`);
  return {
    open: () => openSqliteTrail(file, now),
    meddle: async (sql) => {
      const database = new DatabaseSync(file);
      database.exec(sql);
      database.close();
    },
    unlock: 'drop trigger if exists audit_unchanged; drop trigger if exists audit_kept;',
  };
}

async function postgresPlace(): Promise<Place> {
  const postgres = await openPostgres(server?.freshAddress() ?? '');
  return {
    open: () => openPostgresTrail(postgres, now),
    meddle: async (sql) => void (await postgres.query(sql)),
    unlock: 'drop trigger if exists audit_kept on audit;',
  };
}

describe.each([
  ['SQLite', true, async () => sqlitePlace()],
  ['PostgreSQL', server !== undefined, postgresPlace],
] as const)('an audit trail on %s', (_engine, isHere, makePlace) => {
  test.runIf(isHere)('says what was done, in order, and that nothing was changed since', async () => {
    const { open } = await makePlace();
    const trail = open();
    expect(await all(trail)).toEqual([]);
    await trail.append([added, { act: 'key-revoked', actor: 'user ada', subject: 'key_1' }]);
    await trail.append([{ act: 'bypass-on', actor: 'key key_2', subject: 'gateway' }]);
    const entries = await all(open());
    expect(entries.map(({ seq, act, subject }) => [seq, act, subject])).toEqual([
      [1, 'key-added', 'key_1'],
      [2, 'key-revoked', 'key_1'],
      [3, 'bypass-on', 'gateway'],
    ]);
    expect(entries[0]?.detail).toEqual({ name: 'team', perMinute: 5 });
    expect(check(entries).chains).toEqual([{ chain: entries[0]?.chain, count: 3, head: entries[2]?.hash }]);
  });

  test.runIf(isHere)('keeps one chain, whoever appends at once', async () => {
    const { open } = await makePlace();
    const wishes = Array.from({ length: 12 }, (_, n) => ({ ...added, subject: `key_${n}` }));
    await Promise.all(wishes.map((wish) => open().append([wish, wish])));
    const entries = await all(open());
    expect(entries).toHaveLength(24);
    expect(check(entries).chains).toMatchObject([{ count: 24 }]);
    expect(check(entries).chains[0]?.brokenAt).toBeUndefined();
  });

  test.runIf(isHere)('takes any text and gives it back as it was hashed', async () => {
    const { open } = await makePlace();
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(texts, async ([actor = '', subject = '', word = '']) => {
        await open().append([{ act: 'store-copied', actor: `${actor}\uD800\0`, subject, detail: { word } }]);
        expect(check(await all(open())).chains[0]?.brokenAt).toBeUndefined();
      }),
      { numRuns: 25 },
    );
  });

  test.runIf(isHere)('refuses to be changed, and shows from where on it was changed nevertheless', async () => {
    const { open, meddle, unlock } = await makePlace();
    for (let n = 0; n < 5; n += 1) await open().append([{ ...added, subject: `key_${n}` }]);
    const head = (await all(open())).at(-1)?.hash;
    for (const sql of ["update audit set actor = 'nobody' where seq = 3", 'delete from audit where seq = 3'])
      await expect(meddle(sql)).rejects.toThrow(/only added to/u);
    expect(check(await all(open()), head).hasSought).toBe(true);
    await meddle(`${unlock} update audit set actor = 'nobody' where seq = 3`);
    expect(check(await all(open())).chains[0]?.brokenAt).toBe(3);
    await meddle(`${unlock} update audit set actor = 'user ada' where seq = 3`);
    expect(check(await all(open())).chains[0]?.brokenAt).toBeUndefined();
    await meddle(`${unlock} delete from audit where seq = 2`);
    expect(check(await all(open())).chains[0]?.brokenAt).toBe(3);
  });

  test.runIf(isHere)('that lost its newest entries shows to who kept the head', async () => {
    const { open, meddle, unlock } = await makePlace();
    await open().append([added, added, added]);
    const head = (await all(open())).at(-1)?.hash;
    await meddle(`${unlock} delete from audit where seq = 3`);
    const checking = check(await all(open()), head);
    expect([checking.chains[0]?.brokenAt, checking.hasSought]).toEqual([undefined, false]);
  });

  test.runIf(isHere)('reads more than a page', async () => {
    const { open } = await makePlace();
    const wishes = Array.from({ length: 2500 }, (_, n) => ({ ...added, subject: `key_${n}` }));
    await open().append(wishes);
    const entries = await all(open());
    expect(entries.map(({ subject }) => subject)).toEqual(wishes.map(({ subject }) => subject));
  });
});

test('a file that was never written is not made by who reads it, and a new one is its owner’s', async () => {
  const file = path.join(folder, 'own.db');
  const trail = openSqliteTrail(file, now);
  expect(await all(trail)).toEqual([]);
  expect(() => statSync(file)).toThrow(/ENOENT/u);
  await trail.append([added]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await trail.close();
});

test('a file that is none of ours is an error that names it', async () => {
  const file = path.join(folder, 'none');
  rmSync(file, { force: true });
  const trail = openSqliteTrail(path.join(file, 'x.db'), now);
  await expect(trail.append([added])).rejects.toMatchObject({ code: 'record-unwritable' });
});
