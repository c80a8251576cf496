import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { PointsmanError } from '../domain/errors.ts';
import { createLonePacker, type StepPacker } from './packing/step-packer.ts';
import { toRow, type StoredRow } from './packing/stored-row.ts';
import type { KindedRecord } from './read-record.ts';
import type { Recorder } from './recorder.ts';
import type { Redactor } from './redact.ts';

/** Where rows are stored. */
export interface RowPlace {
  /** Stores all of them or, when it throws or rejects, none. */
  write(rows: readonly StoredRow[]): void | Promise<void>;
  /** Another writer is in the way for a moment. */
  isBusy(thrown: unknown): boolean;
  /** Whether the same rows may pass later. */
  isPlaceAtFault(thrown: unknown): boolean;
  /** What was thrown, as `record-unwritable` with a hint. */
  toError(thrown: unknown, details: Readonly<Record<string, unknown>>): PointsmanError;
}

/** Records on their way into a store. */
export interface WriteQueue {
  /** Never throws, never waits. */
  add(item: KindedRecord): void;
  /** Resolves when everything added so far is stored, or its failure has been told. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface WriteQueueOptions {
  readonly redactor: Redactor;
  /** Of the same redactor, shared with whoever stores the same decisions. Absent: nobody does. */
  readonly packer?: StepPacker | undefined;
  readonly onWriteError: (error: PointsmanError) => void;
  /** Told when what had waited for the store is in it. */
  readonly onRestored?: (() => void) | undefined;
  readonly batchMs: number;
}

/** A batch is stored at once when it is this large. */
const BATCH_COUNT = 256;
/** Records per transaction: a turn of the event loop is not held for longer than these take, a few milliseconds. */
const TURN_COUNT = 64;
/** Rows that could not be stored wait for the next flush; past this the oldest are given up, and that is told. */
const MAX_WAITING = 10_000;
/** Rows that wait are tried again after this, also where none come any more. */
const RETRY_MS = 1000;
const BUSY_TRIES = 20;
const BUSY_WAIT_MS = 50;

/** Queues records, and stores them in one transaction per batch. What fails is kept and tried again with the next batch. */
export function createWriteQueue(place: RowPlace, options: WriteQueueOptions): WriteQueue {
  const packer = options.packer ?? createLonePacker(options.redactor);
  let added: KindedRecord[] = [];
  let waiting: StoredRow[] = [];
  let timer: NodeJS.Timeout | undefined;
  let tail: Promise<void> = Promise.resolve();
  let closed = false;
  /** Rows that wait for a store that cannot be written; 0: it can. */
  let reportedCount = 0;

  const report = (error: PointsmanError): void => {
    try {
      options.onWriteError(error);
    } catch {
      process.emitWarning(`The handler of record errors failed on: ${error.message}`);
    }
  };
  const serialise = (items: readonly KindedRecord[]): void => {
    for (const item of newestOf(items)) {
      try {
        waiting.push(toRow(item, options.redactor, packer));
      } catch (cause) {
        report(lost(`A ${item.kind} record cannot be written as JSON`, 1, cause));
      }
    }
    const excess = waiting.length - MAX_WAITING;
    if (excess <= 0) return;
    waiting = waiting.slice(excess);
    report(lost(`${excess} records were given up: the store has not taken any for too long`, excess));
  };
  const fail = (thrown: unknown, recordCount: number, willRetry: boolean): void =>
    report(place.toError(thrown, { recordCount, willRetry }));
  /** One row that the tables refuse must not take its batch along. */
  const storeOneByOne = async (rows: readonly StoredRow[]): Promise<void> => {
    for (const row of rows) {
      try {
        await place.write([row]);
      } catch (thrown) {
        if (place.isPlaceAtFault(thrown)) waiting.push(row);
        fail(thrown, 1, place.isPlaceAtFault(thrown));
      }
    }
  };
  const store = async (): Promise<void> => {
    let left = added.length;
    do {
      serialise(added.splice(0, Math.min(left, TURN_COUNT)));
      left -= TURN_COUNT;
      await storeWaiting();
      if (left > 0 && !closed) await nextTurn();
    } while (left > 0);
  };
  const waitForPlace = (thrown: unknown, rowCount: number): void => {
    if (!closed) timer ??= setTimeout(() => void flush(), RETRY_MS).unref();
    if (rowCount !== reportedCount || closed) fail(thrown, rowCount, !closed);
    reportedCount = rowCount;
  };
  const storeWaiting = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const rows = waiting;
    for (let tries = 1; ; tries += 1) {
      try {
        await place.write(rows);
        waiting = [];
        if (reportedCount > 0) options.onRestored?.();
        reportedCount = 0;
        return;
      } catch (thrown) {
        if (place.isBusy(thrown) && tries < BUSY_TRIES) {
          await wait(BUSY_WAIT_MS);
          continue;
        }
        if (place.isPlaceAtFault(thrown)) return waitForPlace(thrown, rows.length);
        waiting = [];
        await storeOneByOne(rows);
        return;
      }
    }
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    tail = tail.then(store);
    return tail;
  };
  return {
    add(item) {
      if (closed) return report(lost(`A ${item.kind} record came after the store was closed`, 1));
      added.push(item);
      if (added.length === BATCH_COUNT) void flush();
      else timer ??= setTimeout(() => void flush(), options.batchMs);
    },
    flush,
    async close() {
      closed = true;
      await flush();
    },
  };
}

/** Of a step that was written twice meanwhile, the newer: it takes the place of the other. */
function newestOf(items: readonly KindedRecord[]): readonly KindedRecord[] {
  const last = new Map<string, KindedRecord>();
  for (const item of items) if (item.kind === 'step') last.set(item.record.decision.decisionId, item);
  return items.filter((item) => item.kind !== 'step' || last.get(item.record.decision.decisionId) === item);
}

/** How a recorder that has a queue takes records. */
export function queued(
  queue: WriteQueue,
): Pick<Recorder, 'writeJob' | 'writeStep' | 'writeCall' | 'writeOutcome' | 'flush'> {
  return {
    writeJob: (record) => queue.add({ kind: 'job', record }),
    writeStep: (record) => queue.add({ kind: 'step', record }),
    writeCall: (record) => queue.add({ kind: 'call', record }),
    writeOutcome: (record) => queue.add({ kind: 'outcome', record }),
    flush: () => queue.flush(),
  };
}

function lost(message: string, recordCount: number, cause?: unknown): PointsmanError {
  return new PointsmanError('record-unwritable', message, { cause, details: { recordCount, willRetry: false } });
}
