import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { asId, type CallId } from '../../domain/ids.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { copyStore, type CopyOptions, type CopyReport } from './copy-store.ts';
import { openShelves } from './open-shelves.ts';
import type { Shelves } from './shelves.ts';

const home = mkdtempSync(path.join(tmpdir(), 'copy-store-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const open = (name: string): Promise<Shelves> =>
  openShelves(path.join(home, name), { mustExist: false, claim: () => undefined });

async function sourceOf(name: string): Promise<Shelves> {
  const shelves = await open(name);
  const file = path.join(home, name, 'records.db');
  const recorder = openSqliteRecorder({ file, onWriteError: (error) => expect.fail(error.message) });
  for (let index = 0; index < 1200; index += 1)
    recorder.writeCall(aCallRecord({ callId: asId<CallId>(`${name} ${index}`), jobId: undefined }));
  await recorder.close();
  return shelves;
}

const OPTIONS: CopyOptions = {
  merge: false,
  machine: 'one',
  targetMachine: 'one',
  signal: new AbortController().signal,
};

/** The same store, which does something when the first calls are put there. */
function withFirstPut(store: Shelves, act: () => Promise<unknown>): Shelves {
  let isFirst = true;
  const { calls } = store.records;
  const put: typeof calls.put = async (rows) => {
    await calls.put(rows);
    if (!isFirst) return;
    isFirst = false;
    await act();
  };
  return { ...store, records: { ...store.records, calls: { ...calls, put } } };
}

test('of two copies into one store the later goes on, and the earlier stops', async () => {
  const [from, to] = [await sourceOf('twice'), await open('twice-to')];
  const spent = [{ account: 'key one', day: 1, nano_usd: 7, unknown_nano_usd: 0 }];
  await from.money.add('spent', { spent, holds: [], takenOver: [] });
  let second: CopyReport | undefined;
  const first = copyStore(
    from,
    withFirstPut(to, async () => {
      second = await copyStore(from, to, OPTIONS);
    }),
    OPTIONS,
  );
  await expect(first).rejects.toMatchObject({ code: 'request-invalid', message: expect.stringContaining('Another') });
  expect(second).toMatchObject({ resumed: true, money: 'added' });
  expect(await to.records.calls.count()).toBe(1200);
  expect((await to.money.read()).spent).toEqual(spent);
  await expect(copyStore(from, to, OPTIONS)).rejects.toThrow(/is not empty/u);
  await Promise.all([from.close(), to.close()]);
});

test('what is spent while it copies is brought too, and whoever still spends stops it', async () => {
  const [from, to] = [await sourceOf('spends'), await open('spends-to')];
  const spent = [{ account: 'key one', day: 1, nano_usd: 7, unknown_nano_usd: 0 }];
  const money = new DatabaseSync(path.join(home, 'spends', 'money.db'));
  const spends = withFirstPut(to, async () => {
    await from.money.add('spent', { spent, holds: [], takenOver: [] });
    money.prepare("insert into processes (id, host, pid, beat_at) values ('x', 'elsewhere', 1, ?)").run(Date.now());
  });
  await expect(copyStore(from, spends, OPTIONS)).rejects.toThrow(/Somebody works on/u);
  expect((await to.money.read()).spent).toEqual([]);
  money.exec('delete from processes');
  money.close();
  expect(await copyStore(from, to, OPTIONS)).toMatchObject({ resumed: true, money: 'added' });
  expect((await to.money.read()).spent).toEqual(spent);
  await Promise.all([from.close(), to.close()]);
});
