import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { AS_STORED } from '../../domain/live-values.ts';
import { journalContract, type OpenedJournal } from '../../testing/journal-contract.ts';
import { factKey } from '../model/fact-key.ts';
import { createMemoryJournal } from './memory-journal.ts';
import { openSqliteJournal } from './sqlite/sqlite-journal.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'pointsman-journal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function openMemory(): Promise<OpenedJournal> {
  const journal = createMemoryJournal();
  return { journal, reopen: async () => journal };
}

async function openSqlite(): Promise<OpenedJournal> {
  const file = path.join(folder, `${(files += 1)}.db`);
  const journal = openSqliteJournal(file, AS_STORED);
  return {
    journal,
    reopen: async () => {
      await journal.close();
      return openSqliteJournal(file, AS_STORED);
    },
  };
}

describe('the memory journal', () => {
  test.each(journalContract(openMemory))('$name', ({ run }) => run());
});

describe('the SQLite journal', () => {
  test.each(journalContract(openSqlite))('$name', ({ run }) => run());
});

test('a journal that cannot be opened says which, under a code, with the hint', () => {
  expect(() => openSqliteJournal(path.join(folder, 'no', 'such', 'folder.db'), AS_STORED)).toThrow(
    expect.objectContaining({ code: 'record-unwritable', message: expect.stringContaining('folder.db') }) as Error,
  );
});

describe('a journal that an earlier version began', () => {
  const jobId = asId<JobId>('job-1');
  const input = { minted: 'theirs', mends: [1], kind: 'refuse', code: 'x', message: 'y', mend: 'z' };
  const call = { type: 'tool-call', toolCallId: 'c', toolName: 't', input, minted: { by: 'm', wire: { minted: 1 } } };
  const old = {
    messages: [{ role: 'assistant', content: [call, { type: 'thinking', text: 'w', minted: { by: 'm', wire: {} } }] }],
    decision: { kind: 'refuse', mends: ['Add a model.'] },
    losses: [{ kind: 'minted-dropped', messageIndex: 0, mintedBy: 'm' }],
    failure: { code: 'internal', message: 'no', mend: 'Try again.' },
    note: { mends: 3, minted: 4, mend: 5 },
  };

  test('is read in the words of today, others\u2019 fields as they are', async () => {
    const file = path.join(folder, 'old.db');
    await openSqliteJournal(file, AS_STORED).close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 0');
    database.prepare('INSERT INTO fact (job_id, key, value) VALUES (?, ?, ?)').run(jobId, 'x', JSON.stringify(old));
    const { failure } = old;
    database
      .prepare('INSERT INTO job (job_id, started_at, entry) VALUES (?, 1, ?)')
      .run(jobId, JSON.stringify({ jobId, request: { task: 't', input }, status: 'failed', failure }));
    database.close();

    const journal = openSqliteJournal(file, AS_STORED);
    const { minted, ...kept } = call;
    expect(await journal.fact(jobId, factKey('x'))).toEqual({
      messages: [
        {
          role: 'assistant',
          content: [
            { ...kept, issued: minted },
            { type: 'thinking', text: 'w', issued: { by: 'm', wire: {} } },
          ],
        },
      ],
      decision: { kind: 'refuse', hints: ['Add a model.'] },
      losses: [{ kind: 'issued-dropped', messageIndex: 0, issuedBy: 'm' }],
      failure: { code: 'internal', message: 'no', hint: 'Try again.' },
      note: old.note,
    });
    const job = await journal.job(jobId);
    expect([job?.failure?.hint, job?.request]).toEqual(['Try again.', { task: 't', input }]);
    await journal.close();
  });

  test('of a later version is refused, and a new one says which it is', async () => {
    const file = path.join(folder, 'later.db');
    await openSqliteJournal(file, AS_STORED).close();
    const database = new DatabaseSync(file);
    expect(database.prepare('PRAGMA user_version').get()?.['user_version']).toBe(2);
    database.exec('PRAGMA user_version = 3');
    database.close();
    expect(() => openSqliteJournal(file, AS_STORED)).toThrow(
      expect.objectContaining({ code: 'record-unreadable', hint: expect.stringContaining('Update') }) as Error,
    );
  });
});
