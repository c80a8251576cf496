import { headRows } from '../detect-head.ts';
import type { Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { readRows } from '../read-rows.ts';
import { createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { ClientName } from '../session-trace.ts';

/** Takes the rows of one file into a draft, in order. */
export interface RowReader {
  take(row: Row): void;
  /** After the last row. */
  end?(): void;
}

/** An importer for clients that write one session into one JSON-lines file. `looksRight` sees the first twenty rows. */
export function createRowImporter(
  client: ClientName,
  looksRight: (rows: readonly Row[], path: string) => boolean,
  createReader: (draft: SessionDraft) => RowReader,
): Importer {
  return {
    client,
    async detect(path) {
      const rows = await headRows(path);
      return rows.length > 0 && looksRight(rows, path);
    },
    async *read(paths, options) {
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
    },
  };
}
