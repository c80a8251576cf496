import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { AS_STORED } from '../../domain/live-values.ts';
import { journalContract, type OpenedJournal } from '../../testing/journal-contract.ts';
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

test('a journal that cannot be opened says which, under a code, with the mend', () => {
  expect(() => openSqliteJournal(path.join(folder, 'no', 'such', 'folder.db'), AS_STORED)).toThrow(
    expect.objectContaining({ code: 'record-unwritable', message: expect.stringContaining('folder.db') }) as Error,
  );
});
