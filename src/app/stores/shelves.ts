import type { StoredRow } from '../../recorder/packing/stored-row.ts';

/** Where a page ended, in the order of whoever read it. */
export type ShelfCursor = readonly (string | number)[];

export interface ShelfPage<Row> {
  readonly rows: readonly Row[];
  /** `undefined`: there is nothing behind it. */
  readonly next: ShelfCursor | undefined;
}

/** Rows of one kind in a store, in the order in which they were written where that means something. */
export interface Shelf<Row> {
  count(): Promise<number>;
  page(after: ShelfCursor | undefined): Promise<ShelfPage<Row>>;
  /** All of them or none. What is there already stays as it is. */
  put(rows: readonly Row[]): Promise<void>;
}

/** A row as both engines have it: columns by the names of PostgreSQL, bytes as `Buffer`. */
export type Cells = Readonly<Record<string, ShelfCell>>;
export type ShelfCell = string | number | Buffer | null;

export type PlainName =
  | 'job entries'
  | 'job calls'
  | 'job parts'
  | 'job facts'
  | 'checkpoints'
  | 'checkpoint writes'
  | 'tool calls'
  | 'live values'
  | 'issued ids'
  /** The chains of the store and of those that were copied into it. */
  | 'audit trail'
  /** Access keys and certificates. */
  | 'documents';

const CHECKPOINT = ['thread_id', 'checkpoint_ns', 'checkpoint_id'];

/** Columns of what is copied as it stands. */
export const PLAIN_SHELVES: Readonly<Record<PlainName, readonly string[]>> = {
  'job entries': ['job_id', 'started_at', 'entry'],
  'job calls': ['call_id', 'job_id', 'slot', 'entry', 'ended'],
  'job parts': ['hash', 'body'],
  'job facts': ['job_id', 'key', 'value', 'parts'],
  checkpoints: [...CHECKPOINT, 'parent_checkpoint_id', 'type', 'checkpoint', 'metadata'],
  'checkpoint writes': [...CHECKPOINT, 'task_id', 'idx', 'channel', 'type', 'value', 'task_path'],
  'tool calls': ['key', 'fingerprint', 'started_at', 'result'],
  'live values': ['job_id', 'key', 'hash', 'value'],
  'issued ids': ['digest', 'owner', 'by', 'at'],
  'audit trail': ['chain', 'seq', 'at', 'act', 'actor', 'subject', 'detail', 'hash'],
  documents: ['name', 'body'],
};

export type RecordName = 'jobs' | 'steps' | 'calls' | 'outcomes';
export const RECORD_SHELVES: readonly RecordName[] = ['jobs', 'steps', 'calls', 'outcomes'];

export const SPENT_COLUMNS: readonly string[] = ['account', 'day', 'nano_usd', 'unknown_nano_usd'];
export const HOLD_COLUMNS: readonly string[] = [
  'id',
  'account',
  'day',
  'process',
  'held_nano_usd',
  'expected_nano_usd',
  'presumed_nano_usd',
  'worst_nano_usd',
];

/** What the ledger holds: sums by account and day, what calls under way had set aside, and what was taken over by name. */
export interface MoneyRows {
  readonly spent: readonly Cells[];
  readonly holds: readonly Cells[];
  readonly takenOver: readonly string[];
}

/** A store as its rows, for copying. */
export interface Shelves {
  /** For people. */
  readonly place: string;
  readonly records: Readonly<Record<RecordName, Shelf<StoredRow>>>;
  readonly plain: Readonly<Record<PlainName, Shelf<Cells>>>;
  readonly money: {
    read(): Promise<MoneyRows>;
    /** Adds sums to what is there, once for each name. False: it was done before. */
    add(name: string, money: MoneyRows): Promise<boolean>;
  };
  /** Who works on it now, in words; `undefined`: nobody. */
  busy(): Promise<string | undefined>;
  /** How far a copy into it has come. */
  readonly progress: { read(): Promise<string | undefined>; write(text: string): Promise<void> };
  close(): Promise<void>;
}

export const PAGE_COUNT: number = 500;

/** What a page is asked for with. */
export interface PageAsked {
  readonly table: string;
  /** Columns that rows are read in the order of. */
  readonly order: readonly string[];
  /** What is read of a row, as SQL. */
  readonly read: readonly string[];
  readonly after: ShelfCursor | undefined;
}

/** The question whose answer `pageOf` takes; `after` are its values, each at a place that an engine marks in its own way. */
export function pageSql({ table, order, read, after }: PageAsked, placeAt: (n: number) => string): string {
  const where =
    after === undefined ? '' : `where (${order.join(', ')}) > (${order.map((_, n) => placeAt(n)).join(', ')})`;
  const cursor = order.map((column, n) => `${column} as c${n}`);
  return `select ${[...cursor, ...read].join(', ')} from ${table} ${where} order by ${order.join(', ')} limit ${PAGE_COUNT}`;
}

/** A page of rows whose cursor stands in the first columns, called `c0`, `c1` and so on. */
export function pageOf<Row>(
  found: readonly Readonly<Record<string, unknown>>[],
  cursorCount: number,
  toRow: (row: Readonly<Record<string, unknown>>) => Row,
): ShelfPage<Row> {
  const last = found.length < PAGE_COUNT ? undefined : found.at(-1);
  return {
    rows: found.map(toRow),
    next: last && Array.from({ length: cursorCount }, (_, index) => last[`c${index}`] as string | number),
  };
}

export function cellsOf(row: Readonly<Record<string, unknown>>, columns: readonly string[]): Cells {
  return Object.fromEntries(columns.map((column) => [column, toCell(row[column])]));
}

function toCell(value: unknown): ShelfCell {
  if (value === null || value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (typeof value === 'number' || typeof value === 'string') return value;
  throw new TypeError(`a store has no column of ${typeof value}`);
}
