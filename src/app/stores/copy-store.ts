import { randomUUID } from 'node:crypto';
import { PointsmanError } from '../../domain/errors.ts';
import { jsonIn } from '../../domain/json.ts';
import {
  PLAIN_SHELVES,
  RECORD_SHELVES,
  type MoneyRows,
  type ShelfCursor,
  type PlainName,
  type Shelf,
  type Shelves,
} from './shelves.ts';

export interface CopyOptions {
  /** Adds to a store that holds something already. */
  readonly merge: boolean;
  /** The machine, where the source lies on one: two may have a folder of the same name. */
  readonly machine: string;
  /** The same of the target. */
  readonly targetMachine: string;
  readonly signal: AbortSignal;
}

export interface CopyReport {
  readonly from: string;
  readonly to: string;
  /** Goes on with a copy that was broken off. */
  readonly resumed: boolean;
  /** Rows in either store, by kind. */
  readonly shelves: readonly { readonly name: string; readonly from: number; readonly to: number }[];
  readonly money: 'added' | 'added before';
}

interface Progress {
  readonly from: string;
  /** Of this run: whoever reads it in the source has one store before him, and whoever reads another one in the target came first. */
  readonly mark: string;
  readonly isDone: boolean;
  readonly after: Readonly<Record<string, ShelfCursor | 'all'>>;
}

/**
 * Copies all rows of one store into another, in an order in which nothing refers to what is not there yet. Broken off, it goes on
 * where it stood: a row that is there is left as it is, and money is added once. What is copied stays in the source. Of several copies into
 * one store the one that began last goes on.
 * @throws PointsmanError `request-invalid` where somebody works on either, where the target holds something and `merge` is not said;
 *   `record-unreadable`, `record-unwritable`; `aborted`
 */
export async function copyStore(from: Shelves, to: Shelves, options: CopyOptions): Promise<CopyReport> {
  await checkQuiet(from, to);
  const source = `${options.machine} ${from.place}`;
  const before = await to.progress.read();
  const begun = progressIn(before);
  const resumed = begun !== undefined && !begun.isDone && begun.from === source;
  if (!resumed && !options.merge) await checkEmpty(to);
  let progress: Progress = { from: source, mark: randomUUID(), isDone: false, after: resumed ? begun.after : {} };
  await to.progress.write(JSON.stringify(progress));
  try {
    await checkApart(from, progress);
    await checkMoney(await from.money.read(), to, {
      own: copyOf(source),
      target: copyOf(`${options.targetMachine} ${to.place}`),
    });
  } catch (thrown) {
    await to.progress.write(before ?? JSON.stringify({ ...progress, isDone: true }));
    throw thrown;
  }
  const note = async (name: string, after: ShelfCursor | 'all'): Promise<void> => {
    await checkLast(to, progress);
    progress = { ...progress, after: { ...progress.after, [name]: after } };
    await to.progress.write(JSON.stringify(progress));
  };
  const shelves: CopyReport['shelves'][number][] = [];
  const copy = async <Row>(name: string, one: Shelf<Row>, other: Shelf<Row>): Promise<void> => {
    await copyShelf({ name, from: one, to: other, after: progress.after[name], note }, options.signal);
    shelves.push({ name, from: await one.count(), to: await other.count() });
  };
  // Parts and entries before what refers to them.
  for (const name of Object.keys(PLAIN_SHELVES) as PlainName[]) await copy(name, from.plain[name], to.plain[name]);
  for (const name of RECORD_SHELVES) await copy(`recorded ${name}`, from.records[name], to.records[name]);
  await checkQuiet(from, to);
  await checkLast(to, progress);
  // Read as late as can be: somebody may have come and gone meanwhile.
  const isNew = await to.money.add(copyOf(source), await from.money.read());
  await to.progress.write(JSON.stringify({ ...progress, isDone: true }));
  return { from: from.place, to: to.place, resumed, shelves, money: isNew ? 'added' : 'added before' };
}

async function checkApart(from: Shelves, { mark }: Progress): Promise<void> {
  if (progressIn(await from.progress.read())?.mark !== mark) return;
  throw new PointsmanError('request-invalid', 'A store is not copied into itself.');
}

async function checkLast(to: Shelves, { mark }: Progress): Promise<void> {
  if (progressIn(await to.progress.read())?.mark === mark) return;
  throw new PointsmanError('request-invalid', `Another copy into ${to.place} was begun after this one.`, {
    hint: 'Leave it to that one; broken off, the same command goes on with it.',
  });
}

interface ShelfCopy<Row> {
  readonly name: string;
  readonly from: Shelf<Row>;
  readonly to: Shelf<Row>;
  readonly after: ShelfCursor | 'all' | undefined;
  /** @throws PointsmanError where another copy goes into the target by now */
  readonly note: (name: string, after: ShelfCursor | 'all') => Promise<void>;
}

async function copyShelf<Row>({ name, from, to, after, note }: ShelfCopy<Row>, signal: AbortSignal): Promise<void> {
  if (after === 'all') return;
  for (let cursor = after; ;) {
    if (signal.aborted) {
      throw new PointsmanError('aborted', 'The copy was stopped.', { hint: 'The same command goes on with it.' });
    }
    const page = await from.page(cursor);
    if (page.rows.length > 0) await to.put(page.rows);
    await note(name, page.next ?? 'all');
    if (page.next === undefined) return;
    cursor = page.next;
  }
}

async function checkQuiet(...stores: readonly Shelves[]): Promise<void> {
  for (const store of stores) {
    const who = await store.busy();
    if (who === undefined) continue;
    throw new PointsmanError('request-invalid', `Somebody works on ${store.place}: ${who}.`, {
      hint: 'Stop gateways and jobs first; one that died is seen to be gone after half a minute.',
    });
  }
}

async function checkEmpty(store: Shelves): Promise<void> {
  const all: readonly (readonly [string, { count(): Promise<number> }])[] = [
    ...Object.entries(store.plain),
    ...Object.entries(store.records),
  ];
  for (const [name, shelf] of all) {
    const count = await shelf.count();
    if (count > 0) throw full(store, `${count} rows of ${name}`);
  }
  if ((await store.money.read()).spent.length > 0) throw full(store, 'sums of money');
}

/** What is added must not hold sums that the target has: those of the target itself, or of a store that both took over. */
async function checkMoney(
  { takenOver, spent, holds }: MoneyRows,
  to: Shelves,
  { own, target }: { readonly own: string; readonly target: string },
): Promise<void> {
  const there = (await to.money.read()).takenOver;
  if (spent.length + holds.length === 0 || there.includes(own)) return;
  const known = new Set([...there, target]);
  const twice = takenOver.find((name) => name.startsWith(COPY) && known.has(name));
  if (twice === undefined) return;
  throw new PointsmanError(
    'request-invalid',
    `The sums of money of ${twice.slice(COPY.length).trim()} are in both stores, and would count twice.`,
    { hint: 'Copy into an empty store.' },
  );
}

const COPY = 'copy of ';

function copyOf(source: string): string {
  return `${COPY}${source}`;
}

function full(store: Shelves, what: string): PointsmanError {
  return new PointsmanError('request-invalid', `${store.place} is not empty: it has ${what}.`, {
    hint: 'Name an empty store, or say --merge to add to it: rows that it has stay as they are, sums of money are added up.',
  });
}

function progressIn(text: string | undefined): Progress | undefined {
  return text === undefined ? undefined : (jsonIn(text) as Progress | undefined);
}
