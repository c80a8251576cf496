import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openLedger } from '../../app/open-ledger.ts';
import { openShelves } from '../../app/stores/open-shelves.ts';
import { type Cells, type MoneyRows, type ShelfPage, type Shelf, type Shelves } from '../../app/stores/shelves.ts';
import { openSqliteTrail } from '../../audit/sqlite/sqlite-trail.ts';
import { asId, type CallId, type JobId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { formatAccessKeys, parseAccessKeys } from '../../gateway/core/access-keys.ts';
import { accountOf } from '../../money/ledger.ts';
import { addLive } from '../../recorder/live-values-folder.ts';
import { openSqliteIssuedIds } from '../../recorder/sqlite/sqlite-issued-ids.ts';
import { openSqliteRecorder } from '../../recorder/sqlite/sqlite-recorder.ts';
import { openKilledJobs, type KilledJobs } from '../../testing/internal/killed-jobs.ts';
import { openTestPostgres } from '../../testing/internal/postgres/test-store.ts';
import { aCallRecord, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import type { CommandIo } from '../input/command.ts';
import { command } from './store-command.ts';

const server = await openTestPostgres();
const home = mkdtempSync(path.join(tmpdir(), 'store-copy-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function copy(args: readonly string[], signal = new AbortController().signal): Promise<string> {
  let said = '';
  const io: CommandIo = {
    stdout: (text) => void (said += text),
    stderr: (text) => void (said += text),
    env: { HOME: home },
    cwd: home,
    isTerminal: false,
    signal,
  };
  await command.run(['copy', ...args], io);
  return said;
}

const open = (place: string): Promise<Shelves> => openShelves(place, { mustExist: true, claim: () => undefined });

async function allOf<Row>(shelf: Shelf<Row>): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (let page: ShelfPage<Row> = await shelf.page(undefined); ; page = await shelf.page(page.next)) {
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
  }
}

type Everything = Readonly<Record<string, readonly unknown[]>> & { readonly money: MoneyRows['spent'] };

/** All rows of a store by shelf; where a store has an order of its own, they are sorted. */
async function everything(place: string): Promise<Everything> {
  const shelves = await open(place);
  const own = new Set(['checkpoints', 'checkpoint writes', 'live values', 'issued ids']);
  const found: Record<string, readonly unknown[]> = {};
  for (const [name, shelf] of Object.entries({ ...shelves.plain, ...shelves.records })) {
    // A store notes for itself what was copied into it.
    const rows = (await allOf<unknown>(shelf)).filter((row) => (row as Cells)['act'] !== 'store-copied');
    found[name] = own.has(name) ? rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : rows;
  }
  const money = await shelves.money.read();
  await shelves.close();
  return { ...found, money: money.spent, holds: money.holds };
}

async function actsIn(place: string): Promise<readonly string[]> {
  const shelves = await open(place);
  const rows = await allOf(shelves.plain['audit trail']);
  await shelves.close();
  return rows.map((row) => String(row['act'])).toSorted((a, b) => a.localeCompare(b));
}

describe.skipIf(server === undefined)('pointsman store copy', () => {
  let jobs: KilledJobs;
  let jobId = '';
  let original: Everything;
  const KEY = accountOf('key', 'one');

  /** A store in which every kind of row lies, a job that was killed among them. */
  beforeAll(async () => {
    jobs = await openKilledJobs();
    jobId = (await jobs.run({ killAt: 'step-end mend 0' })).jobId ?? '';
    addLive(path.join(jobs.store, 'live'), jobId, [{ key: 'fact x', hash: 'of it', value: { password: 'horse' } }]);
    const onWriteError = (error: Error): void => {
      throw error;
    };
    const recorder = openSqliteRecorder({ file: path.join(jobs.store, 'records.db'), onWriteError });
    for (let index = 0; index < 1200; index += 1)
      recorder.writeCall(aCallRecord({ callId: asId<CallId>(`call ${index}`), jobId: undefined }));
    recorder.writeStep(aStepRecord({ jobId: asId<JobId>('another') }));
    recorder.writeOutcome(anOutcomeRecord());
    await recorder.close();
    const ledger = await openLedger(jobs.store, { onFault: onWriteError, isShort: true });
    const charges = [{ account: KEY, limits: { total: toNanoUsd(100) } }];
    for (const id of ['billed', 'under way'])
      await ledger.reserve({ id, charges, expectedNanoUsd: toNanoUsd(5), worstNanoUsd: toNanoUsd(9), at: 0 });
    ledger.settle('billed', { kind: 'billed', nanoUsd: toNanoUsd(7) });
    await ledger.close();
    // This process lives on, and is to count as gone.
    const money = new DatabaseSync(path.join(jobs.store, 'money.db'));
    money.exec('update processes set beat_at = 0');
    money.close();
    const ids = openSqliteIssuedIds({ file: path.join(jobs.store, 'issued-ids.db'), now: Date.now, onWriteError });
    ids.add('digest', { owner: 'team', by: 'openai' });
    ids.close();
    const shelves = await open(jobs.store);
    const { thread_id, checkpoint_ns, checkpoint_id } = (await allOf(shelves.plain.checkpoints))[0] ?? {};
    const at = { thread_id, checkpoint_ns, checkpoint_id };
    const write = { task_id: 't', idx: -1, channel: 'c', type: 'json', value: Buffer.from('{}'), task_path: '' };
    await shelves.plain['checkpoint writes'].put([{ ...at, ...write } as Cells]);
    await shelves.close();
    const trail = openSqliteTrail(path.join(jobs.store, 'audit.db'), Date.now);
    await trail.append([{ act: 'key-added', actor: 'user ada', subject: 'key_1', detail: { name: 'team' } }]);
    await trail.close();
    writeFileSync(path.join(jobs.store, 'access-keys.json'), formatAccessKeys(parseAccessKeys('{"v":1,"keys":[]}')));
    writeFileSync(path.join(jobs.store, 'certificates.json'), '{"v":1,"certificates":[]}');
    original = await everything(jobs.store);
  });
  afterAll(() => jobs.close());

  test('brings every row to PostgreSQL and back, where the job goes on', async () => {
    for (const [name, rows] of Object.entries(original)) expect(rows.length, name).toBeGreaterThan(0);
    const address = server?.freshAddress() ?? '';
    const said = await copy([jobs.store, address]);
    expect(said).toMatch(/recorded calls +\d+ +\d+/u);
    expect(said).not.toContain('horse');
    expect(await everything(address)).toEqual(original);
    expect(await actsIn(address)).toEqual(['key-added', 'store-copied']);
    const back = path.join(home, 'back');
    await copy([address, back]);
    expect(await everything(back)).toEqual(original);
    const { report, stderr } = await jobs.run({ job: jobId, at: address });
    expect(report?.status, stderr).toBe('done');
  }, 60_000);

  test('goes on where it was broken off, and adds money once', async () => {
    const address = server?.freshAddress() ?? '';
    await expect(copy([jobs.store, address], stopAfter(6))).rejects.toMatchObject({ code: 'aborted' });
    const part = await everything(address);
    expect(part['calls']).toEqual([]);
    expect(part['job entries']).toEqual(original['job entries']);
    expect(await copy([jobs.store, address])).toContain('Went on with a copy that was broken off');
    expect(await everything(address)).toEqual(original);
  });

  test('leaves what a store holds alone unless it is told to add to it', async () => {
    const address = server?.freshAddress() ?? '';
    await copy([jobs.store, address]);
    await expect(copy([jobs.store, address])).rejects.toMatchObject({ code: 'request-invalid' });
    const again = await copy([jobs.store, address, '--merge']);
    expect(again).toContain('were not added again');
    expect(await everything(address)).toEqual(original);
    await expect(copy([path.join(home, 'none'), address])).rejects.toMatchObject({ code: 'not-found' });
    await expect(copy([address, address])).rejects.toMatchObject({ code: 'request-invalid' });
  });

  test('counts no money twice, neither of a store that comes back nor of one by another name', async () => {
    const address = server?.freshAddress() ?? '';
    const round = path.join(home, 'round');
    await copy([jobs.store, address]);
    await copy([address, round]);
    const refused = { code: 'request-invalid', message: expect.stringContaining('twice') as unknown };
    await expect(copy([round, address, '--merge'])).rejects.toMatchObject(refused);
    await expect(copy([round, jobs.store, '--merge'])).rejects.toMatchObject(refused);
    await expect(copy([address, `${address}&application_name=other`, '--merge'])).rejects.toThrow(/into itself/u);
    expect(await everything(address)).toEqual(original);
    expect(await everything(jobs.store)).toEqual(original);
  });

  test('takes nothing from under those who work on it', async () => {
    const ledger = await openLedger(jobs.store, { onFault: () => undefined, isShort: true });
    await ledger.reserve({ id: 'now', charges: [], expectedNanoUsd: toNanoUsd(0), worstNanoUsd: toNanoUsd(0), at: 0 });
    await expect(copy([jobs.store, server?.freshAddress() ?? ''])).rejects.toThrow(/Somebody works on/u);
    await ledger.close();
  });
});

/** Aborts when it was asked so many times. */
function stopAfter(count: number): AbortSignal {
  const controller = new AbortController();
  let asked = 0;
  return new Proxy(controller.signal, {
    get: (signal, name) => {
      if (name === 'aborted') asked += 1;
      return name === 'aborted' ? asked > count : (Reflect.get(signal, name) as unknown);
    },
  });
}
