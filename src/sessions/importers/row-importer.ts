import type { Row } from '../fields.ts';
import type { ImportOptions, Importer } from '../importer.ts';
import { readRows } from '../read-rows.ts';
import { createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { ClientName, SessionTrace } from '../session-trace.ts';

/** Takes the rows of one file into a draft, in order. */
export interface RowReader {
  take(row: Row): void;
  /** After the last row. */
  end?(): void;
}

/** Names of JSON-lines files. */
export const JSON_LINES: RegExp = /\.jsonl(?:\.gz)?$/u;

/** An importer for clients that write one session into one JSON-lines file. `looksRight` sees its first rows. */
export function createRowImporter(
  client: ClientName,
  looksRight: (rows: readonly Row[], path: string) => boolean,
  createReader: (draft: SessionDraft) => RowReader,
): Importer {
  return {
    client,
    reads: JSON_LINES,
    detect({ rows, path }) {
      return rows.length > 0 && looksRight(rows, path);
    },
    read: (paths, options) => readEach(client, paths, options, createReader),
    units: (paths) => Promise.resolve(paths.map((file) => ({ paths: [file], files: [file] }))),
  };
}

/** One session a file, in the order of `paths`. */
export async function* readEach(
  client: ClientName,
  paths: readonly string[],
  options: ImportOptions,
  createReader: (draft: SessionDraft) => RowReader,
): AsyncGenerator<SessionTrace> {
  for (const path of paths) {
    const draft = createSessionDraft(client, path, [path]);
    const reader = createReader(draft);
    for await (const item of readRows(path, options)) {
      if (item.kind === 'row') reader.take(item.row);
      else draft.dropped[`${item.kind}Count`] += 1;
    }
    reader.end?.();
    const trace = finishSession(draft, options);
    if (trace !== undefined) yield trace;
  }
}
