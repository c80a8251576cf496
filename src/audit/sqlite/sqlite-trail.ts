import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../domain/errors.ts';
import type { At, Ms } from '../../domain/time.ts';
import { openWalFile } from '../../sqlite/open-wal-file.ts';
import { linked, type AuditEntry, type ChainHead } from '../audit-entry.ts';
import { ENTRY_PAGE, entryOf, type AuditTrail } from '../audit-trail.ts';

/** Another process writes for about a millisecond at a time. */
const BUSY_TIMEOUT_MS: Ms = 5000;

const LAYOUT = `
  pragma synchronous = full;
  create table if not exists own (one integer primary key check (one = 1), chain text not null) strict;
  create table if not exists audit (chain text not null, seq integer not null, at integer not null, act text not null, actor text not null,
    subject text not null, detail text not null, hash text not null, primary key (chain, seq)) strict, without rowid;
  create trigger if not exists audit_unchanged before update on audit begin select raise(abort, 'the audit trail is only added to'); end;
  create trigger if not exists audit_kept before delete on audit begin select raise(abort, 'the audit trail is only added to'); end;
`;

/** Audit trail in a file of a store's folder, for its owner alone; made with the first entry. */
export function openSqliteTrail(file: string, now: () => At): AuditTrail {
  let opened: DatabaseSync | undefined;
  const database = (): DatabaseSync => (opened ??= openAuditFile(file));
  return {
    append: async (wishes) => {
      if (wishes.length === 0) return;
      guarded(file, 'record-unwritable', () => append(database(), wishes, now()));
    },
    entries: async function* () {
      if (!existsSync(file)) return;
      const sql = 'select * from audit where (chain, seq) > (?, ?) order by chain, seq limit ?';
      const select = guarded(file, 'record-unreadable', () => database().prepare(sql));
      for (let last: AuditEntry | undefined; ;) {
        const place = [last?.chain ?? '', last?.seq ?? 0, ENTRY_PAGE] as const;
        const page = guarded(file, 'record-unreadable', () => select.all(...place).map(entryOf));
        yield* page;
        last = page.at(-1);
        if (page.length < ENTRY_PAGE) return;
      }
    },
    close: async () => opened?.close(),
  };
}

/** The file with its table, made where there is none. Throws SQLite's errors. */
export function openAuditFile(file: string): DatabaseSync {
  closeSync(openSync(file, 'a', 0o600));
  return openWalFile(file, { busyTimeoutMs: BUSY_TIMEOUT_MS, layOut: (database) => database.exec(LAYOUT) });
}

function append(database: DatabaseSync, wishes: Parameters<AuditTrail['append']>[0], at: At): void {
  database.exec('begin immediate');
  try {
    database.prepare('insert into own (one, chain) values (1, ?) on conflict do nothing').run(randomUUID());
    const chain = String(database.prepare('select chain from own').get()?.['chain']);
    const newest = database.prepare('select seq, hash from audit where chain = ? order by seq desc limit 1').get(chain);
    const head = (newest ?? { seq: 0, hash: '' }) as unknown as ChainHead;
    const insert = database.prepare(
      'insert into audit (chain, seq, at, act, actor, subject, detail, hash) values (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    for (const { seq, act, actor, subject, detail, hash } of linked(wishes, { chain, head, at }))
      insert.run(chain, seq, at, act, actor, subject, JSON.stringify(detail), hash);
    database.exec('commit');
  } catch (thrown) {
    database.exec('rollback');
    throw thrown;
  }
}

function guarded<Value>(file: string, code: 'record-unwritable' | 'record-unreadable', act: () => Value): Value {
  try {
    return act();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const what = code === 'record-unwritable' ? 'written' : 'read';
    throw new PointsmanError(code, `The audit trail ${file} cannot be ${what}: ${why}.`, {
      cause,
      hint: 'Free space, let this user write there, or put the file back from a backup.',
    });
  }
}
