import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { PointsmanError, toPointsmanError, type ErrorCode } from '../../../domain/errors.ts';
import { openStoreFile } from '../open-store-file.ts';
import { storeError } from '../sqlite-failure.ts';
import { openToRead } from '../summarise-store.ts';
import { LAYOUT_VERSION } from '../tables.ts';
import { queriesOn, type Queries } from './queries.ts';

export interface ViewsQuestion {
  readonly id: number;
  readonly name: keyof Queries;
  readonly args: readonly unknown[];
}

export type ViewsReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

const { file } = workerData as { readonly file: string };
let opened: { readonly database: DatabaseSync; readonly queries: Queries } | undefined;

/** Opened with the first question after there is a file; one of an earlier layout is brought forward first, as any command that writes would. */
function open(): Queries | undefined {
  if (opened !== undefined) return opened.queries;
  if (!existsSync(file)) return undefined;
  let database = openToRead(file);
  if (Number(database.prepare('pragma user_version').get()?.['user_version']) < LAYOUT_VERSION) {
    database.close();
    openStoreFile({ file, busyTimeoutMs: 5000 }).close();
    database = openToRead(file);
  }
  database.exec('pragma cache_size = -32768');
  opened = { database, queries: queriesOn(database) };
  return opened.queries;
}

function answer({ id, name, args }: ViewsQuestion): ViewsReply {
  try {
    const queries = open();
    if (queries === undefined) {
      return { id, result: name === 'workspaces' ? {} : name === 'job' ? undefined : [] };
    }
    const query = queries[name] as (...args: readonly unknown[]) => unknown;
    return { id, result: query(...args) };
  } catch (thrown) {
    const error = thrown instanceof PointsmanError ? thrown : storeError(thrown, 'record-unreadable', file);
    const { code, message } = toPointsmanError(error);
    return { id, error: { code, message } };
  }
}

parentPort?.on('message', (question: ViewsQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
  parentPort?.postMessage(answer(question));
});
