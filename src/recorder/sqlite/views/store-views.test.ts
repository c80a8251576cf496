import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { asId, type JobId } from '../../../domain/ids.ts';
import { toNanoUsd } from '../../../domain/money.ts';
import { aCall, storeViewsContract, totalOf, type OpenedViews } from '../../../testing/internal/page/views-contract.ts';
import { openSqliteRecorder } from '../sqlite-recorder.ts';
import { openStoreViews } from './open-store-views.ts';

let folder = '';
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'views-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(): OpenedViews & { readonly file: string } {
  const file = path.join(folder, `made-${(count += 1)}`, 'records.db');
  const recorder = openSqliteRecorder({
    file,
    onWriteError: (error) => {
      throw error;
    },
  });
  const views = openStoreViews(file);
  onTestFinished(async () => {
    await views.close();
    await recorder.close();
  });
  const remove = async (callIds: readonly string[]): Promise<void> => {
    const database = new DatabaseSync(file, { timeout: 5000 });
    for (const callId of callIds) database.prepare('delete from calls where call_id = ?').run(callId);
    database.close();
  };
  return { recorder, views, file, remove };
}

storeViewsContract(async () => open(), { runCount: 15 });

describe('the file', () => {
  test('a store of before is brought forward, with what it held', async () => {
    const { recorder, views, file } = open();
    recorder.writeCall(aCall(1, { billNanoUsd: toNanoUsd(7) }));
    await recorder.close();
    const old = new DatabaseSync(file);
    old.exec(`drop trigger call_added; drop trigger call_removed; drop table call_sums; drop index calls_by_time;
      drop index calls_of_a_session; pragma user_version = 3;`);
    const columns = old
      .prepare('pragma table_xinfo(calls)')
      .all()
      .filter((row) => row['hidden'] === 2);
    for (const { name } of columns) old.exec(`alter table calls drop column ${String(name)}`);
    old.close();
    expect(totalOf(await views.spend({}, 'UTC'))).toEqual([1, 7, 0]);
    const again = openSqliteRecorder({ file, onWriteError: () => undefined });
    again.writeCall(aCall(2, { billNanoUsd: toNanoUsd(5) }));
    await again.close();
    expect(totalOf(await views.spend({}, 'UTC'))).toEqual([2, 12, 0]);
  });

  test('a body that is no JSON is in no sum, and keeps no store from opening', async () => {
    const { recorder, views, file } = open();
    await recorder.flush();
    const database = new DatabaseSync(file);
    database.prepare('insert into calls (call_id, body) values (?, ?)').run('torn', '{"startedAt": 1');
    database.close();
    expect(await views.spend({}, 'UTC')).toEqual([]);
  });

  test('nothing is found, and nothing made, where there is no store', async () => {
    const views = openStoreViews(path.join(folder, 'nowhere', 'records.db'));
    onTestFinished(() => views.close());
    expect(await views.calls({}, { limit: 5 })).toEqual([]);
    expect(await views.job(asId<JobId>('job-1'))).toBeUndefined();
    expect(await views.workspaces(['job-1'])).toEqual({});
  });
});
