import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../..');
const OPENER_COUNT = 6;
const ROUND_COUNT = 12;

/** Opens a file in each folder, in the same moment as the others of its kind. */
const OPENER = `
const { parentPort, workerData } = require('node:worker_threads');
const { module, open, byName, folders, gate, openerCount } = workerData;
void (async () => {
  const { AS_STORED } = await import(workerData.src + '/domain/live-values.ts');
  const opener = (await import(workerData.src + '/' + module))[open];
  const turns = new Int32Array(gate);
  const failed = [];
  for (const [round, folder] of folders.entries()) {
    if (Atomics.add(turns, round, 1) === openerCount - 1) Atomics.notify(turns, round);
    for (let at = Atomics.load(turns, round); at < openerCount; at = Atomics.load(turns, round)) Atomics.wait(turns, round, at, 1000);
    const file = folder + '/one.db';
    const options = { file, live: AS_STORED, now: () => 1, onWriteError: (error) => failed.push(String(error)) };
    try {
      const opened = byName ? opener(file, AS_STORED) : opener(options);
      await opened.close();
    } catch (thrown) {
      failed.push(String(thrown));
    }
  }
  parentPort.postMessage(failed);
})();
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pointsman-opened-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each<readonly [what: string, module: string, open: string, byName?: boolean]>([
  ['records', 'recorder/sqlite/sqlite-recorder.ts', 'openSqliteRecorder'],
  ['money', 'money/sqlite/money-tables.ts', 'openMoneyFile', true],
  ['jobs', 'orchestrator/journal/sqlite/sqlite-journal.ts', 'openSqliteJournal', true],
  ['checkpoints', 'orchestrator/journal/sqlite/sqlite-checkpoints.ts', 'openSqliteCheckpoints', true],
  ['calls of tools', 'tools/sqlite/sqlite-tool-journal.ts', 'openSqliteToolJournal'],
  ['ids that vendors gave', 'recorder/sqlite/sqlite-issued-ids.ts', 'openSqliteIssuedIds'],
  ['the audit trail', 'audit/sqlite/sqlite-trail.ts', 'openAuditFile', true],
])(
  'programs that are started in the same moment on a new folder all get at its %s',
  async (_what, module, open, byName = false) => {
    const folders = Array.from({ length: ROUND_COUNT }, (_, round) => path.join(folder, String(round)));
    for (const each of folders) mkdirSync(each);
    const gate = new SharedArrayBuffer(4 * ROUND_COUNT);
    const workerData = { src: SRC, module, open, byName, folders, gate, openerCount: OPENER_COUNT };
    const failed = await Promise.all(
      Array.from(
        { length: OPENER_COUNT },
        () =>
          new Promise<readonly string[]>((resolve, reject) => {
            const worker = new Worker(OPENER, { eval: true, workerData });
            worker.once('message', resolve);
            worker.once('error', reject);
          }),
      ),
    );
    expect(failed.flat()).toEqual([]);
  },
);
