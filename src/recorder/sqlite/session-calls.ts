import { existsSync } from 'node:fs';
import { readRecord } from '../read-record.ts';
import type { CallRecord } from '../record.ts';
import { storeError } from './sqlite-failure.ts';
import { openToRead } from './summarise-store.ts';

/** A session's calls lie close together; older ones than these in the file are not looked for, so that the answer is quick. */
const NEWEST = 20_000;

/**
 * The calls of a session and of its threads, the oldest first; none where there is no file. Reads only.
 * @throws PointsmanError `record-unreadable`
 */
export function sessionCalls(file: string, sessionId: string): readonly CallRecord[] {
  if (!existsSync(file)) return [];
  const database = openToRead(file);
  try {
    const rows = database
      .prepare(
        `select body from (select seq, body from calls order by seq desc limit ${NEWEST})
         where json_extract(body, '$.sessionId') = ?1 or substr(json_extract(body, '$.sessionId'), 1, length(?1) + 1) = ?1 || '/'
         order by seq`,
      )
      .all(sessionId);
    return rows.map((row) => readRecord('call', String(row['body'])));
  } catch (thrown) {
    throw storeError(thrown, 'record-unreadable', file);
  } finally {
    database.close();
  }
}
