import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { rowAt, textAt, type Row } from '../fields.ts';
import { countUnreadable, type ImportOptions, type Importer } from '../importer.ts';
import { parseRow } from '../read-rows.ts';
import { createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { ThreadEvent } from '../thread-event.ts';
import { takeMessage } from './opencode-importer.ts';

/**
 * opencode before its database: one file a message (`storage/message/<session>/<message>.json`), its parts beside them
 * (`storage/part/<message>/*.json`), read as of 1.1 on 2026-11-29. Child sessions are sessions of their own here: their parent
 * stands in a file that need not be there.
 */
export const opencodeStorageImporter: Importer = {
  client: 'opencode',
  reads: /msg_\w+\.json$/u,
  detect: ({ text, path }) => isMessageFile(path) && /"sessionID"\s*:/u.test(text) && /"role"\s*:/u.test(text),
  async *read(paths, options) {
    const sessions = Map.groupBy(paths, dirname);
    for (const [folder, files] of sessions) {
      options.signal?.throwIfAborted();
      const draft = createSessionDraft('opencode', basename(folder), files);
      const events: ThreadEvent[] = [];
      draft.threads.push({ threadId: 'main', events });
      for (const { info, parts } of inOrder(await readMessages(files, draft, options))) {
        takeMessage(info, parts, events, draft);
      }
      const trace = finishSession(draft, options);
      if (trace !== undefined) yield trace;
    }
  },
};

function isMessageFile(path: string): boolean {
  return /[\\/]message[\\/][^\\/]+[\\/]msg_[^\\/]+\.json$/u.test(path);
}

interface StoredMessage {
  readonly info: Row;
  readonly parts: readonly Row[];
}

async function readMessages(
  files: readonly string[],
  draft: SessionDraft,
  options: ImportOptions,
): Promise<readonly StoredMessage[]> {
  const messages: StoredMessage[] = [];
  for (const file of files) {
    options.tally.fileCount += 1;
    const info = await readRow(file, draft, options);
    if (info === undefined) continue;
    const partFolder = join(dirname(file), '../../part', basename(file, '.json'));
    const names = (await readdir(partFolder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
    const parts: Row[] = [];
    for (const name of names) {
      const part = await readRow(join(partFolder, name), draft, options);
      if (part !== undefined) parts.push(part);
    }
    messages.push({ info: { id: basename(file, '.json'), ...info }, parts });
  }
  return messages;
}

async function readRow(file: string, draft: SessionDraft, options: ImportOptions): Promise<Row | undefined> {
  try {
    const text = await readFile(file, 'utf8');
    options.tally.byteCount += text.length;
    options.onProgress?.(text.length);
    const row = parseRow(text);
    if (row === undefined) draft.dropped.malformedCount += 1;
    return row;
  } catch (thrown) {
    countUnreadable(options.tally, file, thrown);
    return undefined;
  }
}

function inOrder(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const keyOf = ({ info }: StoredMessage): number => Number(rowAt(info, 'time')?.['created'] ?? 0) || 0;
  return messages.toSorted((a, b) => keyOf(a) - keyOf(b) || (idOf(a) < idOf(b) ? -1 : 1));
}

function idOf({ info }: StoredMessage): string {
  return textAt(info, 'id') ?? '';
}
