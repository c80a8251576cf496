import type { DatabaseSync } from 'node:sqlite';
import { unpackBody } from '../packing/step-body.ts';

/** Steps read in one go. */
const SCAN_COUNT = 200;
/** Latest steps that are read again before a part goes: they may have been written since. */
const RECENT_COUNT = 500;
export const DELETE_COUNT = 200;
/** Stores of before have longer ones. */
const REFERENCE = /"\$part":"([0-9a-f]{32}|[0-9a-f]{64})"/gu;

/**
 * Removes parts that no step refers to, in bounded transactions; between two of them others write. A writer notices that
 * somebody else has written and stores the parts of its next steps again.
 * @param turn awaited between two transactions
 */
export async function sweepParts(database: DatabaseSync, turn: () => Promise<void>): Promise<void> {
  const used = new Set<string>();
  const scan = database.prepare(`select seq, body from steps where seq > ? order by seq limit ${SCAN_COUNT}`);
  const mark = (after: number): number => {
    let last = after;
    for (const { seq, body } of scan.iterate(after)) {
      last = Number(seq);
      for (const [, hash = ''] of textOf(body).matchAll(REFERENCE)) used.add(hash);
    }
    return last;
  };
  // Not to the end: a writer may be as quick as this. What came since is read again before a part goes.
  const newest = Number(database.prepare('select max(seq) as seq from steps').get()?.['seq'] ?? 0);
  let seen = 0;
  for (let last = -1; seen < newest && seen !== last;) {
    last = seen;
    seen = mark(last);
    await turn();
  }
  const hashes = database.prepare('select hash from parts').all();
  const unused = hashes.map(({ hash }) => String(hash)).filter((hash) => !used.has(hash));
  const remove = database.prepare('delete from parts where hash = ?');
  for (let at = 0; at < unused.length; at += DELETE_COUNT) {
    inTransaction(database, () => {
      for (let after = Math.max(0, seen - RECENT_COUNT), last = -1; after !== last;) {
        last = after;
        after = mark(after);
      }
      for (const hash of unused.slice(at, at + DELETE_COUNT)) if (!used.has(hash)) remove.run(hash);
    });
    await turn();
  }
}

/** A damaged step refers to nothing that could still be read with it. */
function textOf(body: unknown): string {
  try {
    return unpackBody(body);
  } catch {
    return '';
  }
}

/** All of it or, when it throws, none. */
export function inTransaction(database: DatabaseSync, act: () => void): void {
  database.exec('begin immediate');
  try {
    act();
    database.exec('commit');
  } catch (thrown) {
    if (database.isTransaction) database.exec('rollback');
    throw thrown;
  }
}
