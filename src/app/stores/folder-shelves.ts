import { existsSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { openAuditFile } from '../../audit/sqlite/sqlite-trail.ts';
import { writeWhole } from '../../config/refreshed-file.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { AS_STORED } from '../../domain/live-values.ts';
import { isInUse } from '../../money/sqlite/money-accounts.ts';
import { openMoneyFile } from '../../money/sqlite/money-tables.ts';
import { isTodaysForm } from '../../orchestrator/journal/sqlite/journal-form.ts';
import { openSqliteCheckpoints } from '../../orchestrator/journal/sqlite/sqlite-checkpoints.ts';
import { openSqliteJournal } from '../../orchestrator/journal/sqlite/sqlite-journal.ts';
import { ROUTES } from '../../orchestrator/model/job-facts.ts';
import type { JobJournal } from '../../orchestrator/model/job-journal.ts';
import type { StoredRow } from '../../recorder/packing/stored-row.ts';
import { openStoreFile } from '../../recorder/sqlite/open-store-file.ts';
import { createRowWriter } from '../../recorder/sqlite/rows.ts';
import { openSqliteIssuedIds } from '../../recorder/sqlite/sqlite-issued-ids.ts';
import { inTransaction } from '../../recorder/sqlite/sweep-parts.ts';
import { openSqliteToolJournal } from '../../tools/sqlite/sqlite-tool-journal.ts';
import { keepToOwner, makeFolder } from '../open-recorder.ts';
import { documentShelf, liveShelf, documentText } from './folder-files.ts';
import { moneyIn } from './folder-money.ts';
import {
  cellsOf,
  pageOf,
  pageSql,
  PLAIN_SHELVES,
  type ShelfCell,
  type Cells,
  type PageAsked,
  type PlainName,
  type RecordName,
  type Shelf,
  type Shelves,
} from './shelves.ts';
import { hashesIn, storedRow, type RecordCells } from './stored-rows.ts';

/** Files of a store's folder. */
const RECORDS = 'records.db';
const JOBS = 'jobs.db';
const CHECKPOINTS = 'checkpoints.db';
const TOOLS = 'tools.db';
const MONEY = 'money.db';
const ISSUED = 'issued-ids.db';
const AUDIT = 'audit.db';
const LIVE = 'live';
const PROGRESS = 'copy.json';

interface PlainTable {
  readonly file: string;
  readonly table: string;
  readonly order: readonly string[];
  /** SQL of columns that have another name or form here. */
  readonly read?: Readonly<Record<string, string>>;
  /** Columns of the table that are made of others. Absent: those of the shelf. */
  readonly write?: Readonly<Record<string, (row: Cells) => ShelfCell>>;
}

const PLAIN: Readonly<Record<Exclude<PlainName, 'documents' | 'live values'>, PlainTable>> = {
  'job entries': { file: JOBS, table: 'job', order: ['rowid'] },
  'job calls': {
    file: JOBS,
    table: 'call',
    order: ['rowid'],
    read: { slot: 'json_array(job_id, step_id, attempt, call_index)' },
    write: {
      call_id: (row) => row['call_id'] ?? null,
      job_id: (row) => row['job_id'] ?? null,
      step_id: (row) => slotOf(row)[1],
      attempt: (row) => slotOf(row)[2],
      call_index: (row) => slotOf(row)[3],
      entry: (row) => row['entry'] ?? null,
      ended: (row) => row['ended'] ?? null,
    },
  },
  'job parts': { file: JOBS, table: 'part', order: ['hash'] },
  'job facts': {
    file: JOBS,
    table: 'fact',
    order: ['rowid'],
    read: { parts: "''" },
    write: {
      job_id: (row) => row['job_id'] ?? null,
      key: (row) => row['key'] ?? null,
      value: (row) => row['value'] ?? null,
    },
  },
  checkpoints: { file: CHECKPOINTS, table: 'checkpoints', order: ['rowid'] },
  'checkpoint writes': { file: CHECKPOINTS, table: 'writes', order: ['rowid'] },
  'tool calls': { file: TOOLS, table: 'tool_calls', order: ['key'] },
  'issued ids': { file: ISSUED, table: 'issued', order: ['digest'] },
  'audit trail': { file: AUDIT, table: 'audit', order: ['chain', 'seq'] },
};

function slotOf(row: Cells): readonly [string, string, number, number] {
  return JSON.parse(String(row['slot'])) as [string, string, number, number];
}

export interface FolderShelvesOptions {
  /** What is written as ours: the folder, and a file with its text. */
  readonly claim: (place: string, text?: string) => void;
  readonly mustExist: boolean;
}

/** @throws PointsmanError `record-unreadable`, `record-unwritable`; `not-found` where it is to be there and is not */
export function openFolderShelves(dir: string, { claim, mustExist }: FolderShelvesOptions): Shelves {
  if (mustExist && !existsSync(path.join(dir, RECORDS)) && !existsSync(path.join(dir, JOBS))) {
    throw new PointsmanError('not-found', `There is no store in ${dir}.`, {
      hint: 'Name the folder that holds records.db or jobs.db.',
    });
  }
  makeFolder(dir);
  claim(dir);
  layOut(dir);
  const opened = new Map<string, DatabaseSync>();
  const databaseOf = (file: string): DatabaseSync => {
    const known = opened.get(file);
    if (known !== undefined) return known;
    const database = new DatabaseSync(path.join(dir, file), { timeout: 5000 });
    opened.set(file, database);
    return database;
  };
  checkForm(databaseOf(JOBS), dir);
  const journal = openSqliteJournal(path.join(dir, JOBS), AS_STORED);
  const table = (name: keyof typeof PLAIN): Shelf<Cells> => plainShelf(databaseOf(PLAIN[name].file), name);
  const record = (name: RecordName): Shelf<StoredRow> => recordShelf(databaseOf(RECORDS), name, dir);
  return {
    place: dir,
    records: { jobs: record('jobs'), steps: record('steps'), calls: record('calls'), outcomes: record('outcomes') },
    plain: {
      'job entries': table('job entries'),
      'job calls': table('job calls'),
      'job parts': table('job parts'),
      'job facts': withParts(table('job facts')),
      checkpoints: table('checkpoints'),
      'checkpoint writes': table('checkpoint writes'),
      'tool calls': table('tool calls'),
      'live values': liveShelf(databaseOf(JOBS), path.join(dir, LIVE)),
      'issued ids': table('issued ids'),
      'audit trail': table('audit trail'),
      documents: documentShelf(dir, claim),
    },
    money: moneyIn(databaseOf(MONEY)),
    busy: () => busy(journal, databaseOf(JOBS), databaseOf(MONEY)),
    progress: {
      read: async () => documentText(path.join(dir, PROGRESS)),
      write: async (text) => writeWhole(path.join(dir, PROGRESS), text),
    },
    close: async () => {
      await journal.close();
      for (const database of opened.values()) database.close();
    },
  };
}

/** Each file as its own adapter makes it, or brings it forward. */
function layOut(dir: string): void {
  openStoreFile({ file: path.join(dir, RECORDS), busyTimeoutMs: 5000 }).close();
  for (const name of [JOBS, CHECKPOINTS, ISSUED]) keepToOwner(path.join(dir, name));
  void openSqliteJournal(path.join(dir, JOBS), AS_STORED).close();
  openSqliteCheckpoints(path.join(dir, CHECKPOINTS)).close();
  void openSqliteToolJournal({ file: path.join(dir, TOOLS), live: AS_STORED }).close();
  openMoneyFile(path.join(dir, MONEY)).close();
  openAuditFile(path.join(dir, AUDIT)).close();
  const onWriteError = (error: PointsmanError): void => {
    throw error;
  };
  openSqliteIssuedIds({ file: path.join(dir, ISSUED), now: Date.now, onWriteError }).close();
}

/** What lies in an older form is read as it is by who runs jobs; elsewhere nobody would know. */
function checkForm(database: DatabaseSync, dir: string): void {
  if (isTodaysForm(database)) return;
  throw new PointsmanError('record-unreadable', `The job journal in ${dir} was begun by an earlier version.`, {
    hint: 'Move jobs.db away once its jobs are done; records keep what they did.',
  });
}

function plainShelf(database: DatabaseSync, name: keyof typeof PLAIN): Shelf<Cells> {
  const { table, order, read = {}, write } = PLAIN[name];
  const columns = PLAIN_SHELVES[name];
  const written = Object.entries(write ?? Object.fromEntries(columns.map((column) => [column, cellOf(column)])));
  const names = written.map(([column]) => `"${column}"`).join(', ');
  const insert = `insert or ignore into ${table} (${names}) values (${written.map(() => '?').join(', ')})`;
  const selected = columns.map((column) => `${read[column] ?? `"${column}"`} as "${column}"`);
  return {
    count: async () => countIn(database, table),
    page: async (after) =>
      pageOf(pageIn(database, { table, order, read: selected, after }), order.length, (row) => cellsOf(row, columns)),
    put: async (rows) =>
      inTransaction(database, () => {
        const statement = database.prepare(insert);
        for (const row of rows) statement.run(...written.map(([, valueOf]) => valueOf(row) as SQLInputValue));
      }),
  };
}

function cellOf(column: string): (row: Cells) => ShelfCell {
  return (row) => row[column] ?? null;
}

function countIn(database: DatabaseSync, table: string): number {
  return Number(database.prepare(`select count(*) as n from ${table}`).get()?.['n'] ?? 0);
}

function pageIn(database: DatabaseSync, asked: PageAsked): readonly Readonly<Record<string, unknown>>[] {
  return database.prepare(pageSql(asked, () => '?')).all(...(asked.after ?? []));
}

/** In PostgreSQL a fact names the parts that it refers to. */
function withParts(shelf: Shelf<Cells>): Shelf<Cells> {
  const named = (row: Cells): Cells => {
    const value = String(row['value']);
    const refers = String(row['key']).startsWith(ROUTES.prefix) && value.startsWith('{');
    return refers ? { ...row, parts: hashesIn(value).join(' ') } : row;
  };
  return {
    ...shelf,
    page: async (after) => {
      const page = await shelf.page(after);
      return { ...page, rows: page.rows.map(named) };
    },
  };
}

function recordShelf(database: DatabaseSync, name: RecordName, dir: string): Shelf<StoredRow> {
  const selected = { jobs: ['body'], calls: ['body'], outcomes: ['content', 'body'] };
  const read = name === 'steps' ? ['decision_id', 'job_id', 'body'] : selected[name];
  const put = createRowWriter(database);
  const part = database.prepare('select body from parts where hash = ?');
  const partOf = (hash: string): string | undefined => part.get(hash)?.['body'] as string | undefined;
  return {
    count: async () => countIn(database, name),
    page: async (after) => {
      try {
        const rows = pageIn(database, { table: name, order: ['seq'], read, after });
        return pageOf(rows, 1, (row) => storedRow(name, row as RecordCells, partOf));
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        throw new PointsmanError('record-unreadable', `The ${name} in ${dir} cannot be read: ${why}`, {
          cause: thrown,
        });
      }
    },
    put: async (rows) => put(rows),
  };
}

async function busy(journal: JobJournal, jobs: DatabaseSync, money: DatabaseSync): Promise<string | undefined> {
  for (const row of jobs.prepare('select job_id from lease').all()) {
    const jobId = asId<JobId>(String(row['job_id']));
    if (await journal.isHeld(jobId, Date.now())) return `the job ${jobId} runs`;
  }
  return isInUse(money, Date.now()) ? 'a gateway or a job spends money' : undefined;
}
