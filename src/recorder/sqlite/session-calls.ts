import { existsSync } from 'node:fs';
import { readRecord } from '../read-record.ts';
import type { SessionCalls } from '../session-calls.ts';
import { storeError } from './sqlite-failure.ts';
import { openToRead } from './summarise-store.ts';

/** A session's calls lie close together; older ones than these in the file are not looked for, so that the answer is quick. */
const NEWEST = 20_000;

/**
 * The calls of a session and of its threads; none where there is no file. Reads only.
 * @throws PointsmanError `record-unreadable`
 */
export function sessionCalls(file: string, sessionId: string, newest: number = NEWEST): SessionCalls {
  if (!existsSync(file)) return { calls: [], mayLackOlder: false };
  const database = openToRead(file);
  try {
    const rows = database
      .prepare(
        `select body from (select seq, body from calls order by seq desc limit ?2)
         where json_extract(body, '$.sessionId') = ?1 or substr(json_extract(body, '$.sessionId'), 1, length(?1) + 1) = ?1 || '/'
         order by seq`,
      )
      .all(sessionId, newest);
    const older = database.prepare('select 1 from calls order by seq desc limit 1 offset ?').get(newest);
    return {
      calls: rows.map((row) => readRecord('call', String(row['body']))),
      mayLackOlder: older !== undefined,
    };
  } catch (thrown) {
    throw storeError(thrown, 'record-unreadable', file);
  } finally {
    database.close();
  }
}
