import { readFile, stat } from 'node:fs/promises';
import type { Row } from '../fields.ts';
import { countUnreadable, type Importer } from '../importer.ts';
import { parseRow } from '../read-rows.ts';
import { createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { ClientName } from '../session-trace.ts';

/** A session in one JSON object cannot be read piece by piece; larger files than this are named as unreadable. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** An importer for clients that write one session as one JSON object. `looksRight` sees its beginning as text. */
export function createJsonImporter(
  client: ClientName,
  looksRight: (head: string, path: string) => boolean,
  fill: (draft: SessionDraft, file: Row, path: string) => void | Promise<void>,
): Importer {
  return {
    client,
    reads: /\.json$/u,
    detect({ text, path }) {
      return text.trimStart().startsWith('{') && looksRight(text, path);
    },
    async *read(paths, options) {
      for (const path of paths) {
        options.signal?.throwIfAborted();
        const draft = createSessionDraft(client, path, [path]);
        options.tally.fileCount += 1;
        try {
          const { size } = await stat(path);
          if (size > MAX_FILE_BYTES) throw new RangeError(`larger than ${MAX_FILE_BYTES / 1024 / 1024} MB`);
          const text = await readFile(path, 'utf8');
          options.tally.byteCount += size;
          options.onProgress?.(size);
          const file = parseRow(text.replace(/^\u{feff}/u, ''));
          if (file === undefined) throw new SyntaxError('not a JSON object');
          await fill(draft, file, path);
        } catch (thrown) {
          countUnreadable(options.tally, path, thrown);
          continue;
        }
        const trace = finishSession(draft, options);
        if (trace !== undefined) yield trace;
      }
    },
  };
}
