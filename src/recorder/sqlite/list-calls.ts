import { existsSync } from 'node:fs';
import { textIn } from '../../domain/json.ts';
import type { At } from '../../domain/time.ts';
import type { ListedCall } from '../listed-call.ts';
import { readRecord } from '../read-record.ts';
import { storeError } from './sqlite-failure.ts';
import { openToRead } from './summarise-store.ts';

/**
 * Every call in a file of records, the oldest first; none where there is no file. Reads only, one row at a time.
 * @throws PointsmanError `record-unreadable`
 */
export function* listCalls(file: string, sinceAt: At | undefined): Generator<ListedCall> {
  if (!existsSync(file)) return;
  const database = openToRead(file);
  try {
    const workspaceOf = database.prepare(
      `select json_extract(body, '$.workspace') as workspace from jobs where job_id = ?`,
    );
    const workspaces = new Map<string, string | undefined>();
    const rows = database
      .prepare(`select job_id, body from calls where json_extract(body, '$.startedAt') >= ? order by seq`)
      .iterate(sinceAt ?? 0);
    for (const row of rows) {
      const jobId = row['job_id'];
      let workspace: string | undefined;
      if (typeof jobId === 'string') {
        if (!workspaces.has(jobId)) workspaces.set(jobId, textIn(workspaceOf.get(jobId)?.['workspace']));
        workspace = workspaces.get(jobId);
      }
      yield { call: readRecord('call', String(row['body'])), workspace };
    }
  } catch (thrown) {
    throw storeError(thrown, 'record-unreadable', file);
  } finally {
    database.close();
  }
}
