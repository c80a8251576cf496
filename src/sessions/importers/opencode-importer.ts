import { open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { nanoFromUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import { atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import { countUnreadable, type Importer } from '../importer.ts';
import { parseRow } from '../read-rows.ts';
import { createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { CallFinish } from '../session-trace.ts';
import { outputOf, toolAsked, userSaid, type ThreadEvent } from '../thread-event.ts';
import { usageOf } from '../usage-fields.ts';
import { createJsonImporter } from './json-importer.ts';

/**
 * opencode's exports (`opencode export`, 1.18.33 read on 2026-11-21): one JSON object a session. One assistant message is one
 * call; `input` excludes cached tokens; session totals are a check, not a second source.
 */
export const opencodeExportImporter: Importer = createJsonImporter(
  'opencode',
  (head) => /"info"\s*:/u.test(head) && /"messages"\s*:\s*\[/u.test(head) && /"sessionID"|"projectID"/u.test(head),
  (draft, file) => {
    const info = rowAt(file, 'info');
    draft.sessionId = textAt(info, 'id') ?? draft.sessionId;
    draft.clientVersion = textAt(info, 'version');
    draft.branchedFrom = textAt(info, 'parentID');
    const events: ThreadEvent[] = [];
    draft.threads.push({ threadId: 'main', events });
    for (const message of rowsAt(file, 'messages'))
      takeMessage(rowAt(message, 'info'), rowsAt(message, 'parts'), events, draft);
  },
);

/** opencode's database (`~/.local/share/opencode/opencode.db`), opened read-only, one session at a time. */
export const opencodeDatabaseImporter: Importer = {
  client: 'opencode',
  async detect(path) {
    if (!path.endsWith('.db')) return false;
    try {
      await using file = await open(path, 'r');
      const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
      return buffer.toString('latin1', 0, 15) === 'SQLite format 3';
    } catch {
      return false;
    }
  },
  async *read(paths, options) {
    for (const path of paths) {
      options.tally.fileCount += 1;
      let database: DatabaseSync | undefined;
      try {
        database = openReadOnly(path);
        for (const sessionId of rootSessions(database)) {
          options.signal?.throwIfAborted();
          const draft = createSessionDraft('opencode', sessionId, [path]);
          fillFromDatabase(database, sessionId, 'main', draft, new Set());
          const trace = finishSession(draft, options);
          if (trace !== undefined) yield trace;
        }
      } catch (thrown) {
        if (options.signal?.aborted === true) throw thrown;
        countUnreadable(options.tally, path, thrown);
      } finally {
        database?.close();
      }
    }
  },
};

/** A database in a folder that cannot be written to opens only as one that nobody changes. */
function openReadOnly(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.prepare('SELECT count(*) FROM session').get();
    return database;
  } catch {
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return new DatabaseSync(url, { readOnly: true });
  }
}

function rootSessions(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare(
      'SELECT id FROM session WHERE parent_id IS NULL OR parent_id NOT IN (SELECT id FROM session) ORDER BY time_created, id',
    )
    .all();
  return rows.map((row) => String(row['id']));
}

/** Child sessions are sub-agents: threads of the session that started them. */
function fillFromDatabase(
  database: DatabaseSync,
  sessionId: string,
  threadId: string,
  draft: SessionDraft,
  visited: Set<string>,
): void {
  if (visited.has(sessionId)) return;
  visited.add(sessionId);
  const session = database.prepare('SELECT version FROM session WHERE id = ?').get(sessionId);
  draft.clientVersion ??= typeof session?.['version'] === 'string' ? session['version'] : undefined;
  const events: ThreadEvent[] = [];
  draft.threads.push(
    threadId === 'main'
      ? { threadId, events }
      : { threadId, parentThreadId: 'main', agentType: agentOf(database, sessionId), events },
  );
  const partsOf = database.prepare('SELECT data FROM part WHERE message_id = ? ORDER BY id');
  for (const message of database
    .prepare('SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id')
    .iterate(sessionId)) {
    const info = parseRow(String(message['data']));
    if (info === undefined) {
      draft.dropped.malformedCount += 1;
      continue;
    }
    const parts: Row[] = [];
    for (const part of partsOf.iterate(message['id'] ?? null)) {
      const row = parseRow(String(part['data']));
      if (row === undefined) draft.dropped.malformedCount += 1;
      else parts.push(row);
    }
    takeMessage({ id: String(message['id']), ...info }, parts, events, draft);
  }
  for (const child of database
    .prepare('SELECT id FROM session WHERE parent_id = ? ORDER BY time_created, id')
    .all(sessionId)) {
    fillFromDatabase(database, String(child['id']), String(child['id']), draft, visited);
  }
}

function agentOf(database: DatabaseSync, sessionId: string): string | undefined {
  const row = database
    .prepare('SELECT data FROM message WHERE session_id = ? ORDER BY time_created LIMIT 1')
    .get(sessionId);
  return textAt(parseRow(String(row?.['data'] ?? '')), 'agent');
}

function takeMessage(info: Row | undefined, parts: readonly Row[], events: ThreadEvent[], draft: SessionDraft): void {
  const time = rowAt(info, 'time');
  if (parts.some((part) => textAt(part, 'type') === 'compaction'))
    events.push({ type: 'prefix-change', relation: 'compacted' });
  const text = parts
    .filter((part) => textAt(part, 'type') === 'text')
    .map((part) => textAt(part, 'text') ?? '')
    .join('\n');
  if (textAt(info, 'role') === 'user') {
    if (text !== '') events.push(userSaid(atOf(time, 'created'), text, parts.length));
    return;
  }
  if (textAt(info, 'role') !== 'assistant') return;
  const tools = parts.filter((part) => textAt(part, 'type') === 'tool');
  const cost = numberAt(info, 'cost');
  events.push({
    type: 'call',
    callId: textAt(info, 'id') ?? `${draft.sessionId}/${events.length}`,
    at: atOf(time, 'created'),
    endedAt: atOf(time, 'completed'),
    requestedModel: textAt(info, 'modelID') ?? 'unknown',
    provider: textAt(info, 'providerID'),
    usage: opencodeUsage(rowAt(info, 'tokens')),
    // 0 is what opencode writes for a model it has no price for.
    loggedCostNanoUsd: cost === undefined || cost <= 0 ? undefined : nanoFromUsd(cost),
    finish: finishOf(textAt(info, 'finish'), rowAt(info, 'error')),
    textCharCount: text.length,
    blockCount: Math.max(1, parts.length),
    toolCalls: tools.map((tool) =>
      toolAsked(textAt(tool, 'callID') ?? '', textAt(tool, 'tool') ?? '', rowAt(tool, 'state')?.['input']),
    ),
  });
  for (const tool of tools) events.push(resultOf(tool));
}

/** `total` tells whether reasoning is inside `output` or beside it. */
function opencodeUsage(tokens: Row | undefined): Usage | undefined {
  const cache = rowAt(tokens, 'cache');
  const uncached = countAt(tokens, 'input');
  const read = countAt(cache, 'read');
  const write = countAt(cache, 'write');
  const total = countAt(tokens, 'total');
  const output = countAt(tokens, 'output');
  const rest = total === undefined ? undefined : total - (uncached ?? 0) - (read ?? 0) - (write ?? 0);
  return usageOf({
    uncached,
    read,
    write,
    output: rest !== undefined && output !== undefined && rest >= output ? rest : output,
    reasoning: countAt(tokens, 'reasoning'),
  });
}

function finishOf(finish: string | undefined, error: Row | undefined): CallFinish {
  if (error !== undefined) return textAt(error, 'name') === 'MessageAbortedError' ? 'aborted' : 'error';
  if (finish === undefined) return 'unknown';
  if (finish === 'stop' || finish === 'tool-calls' || finish === 'length') return finish;
  return 'other';
}

function resultOf(tool: Row): ThreadEvent {
  const state = rowAt(tool, 'state');
  const status = textAt(state, 'status');
  const output = textAt(state, 'output') ?? textAt(state, 'error') ?? '';
  return {
    type: 'tool-result',
    toolCallId: textAt(tool, 'callID') ?? '',
    isError: status === 'error' ? true : status === 'completed' ? false : undefined,
    ...outputOf(output),
    ...(/rejected permission/iu.test(output) && status === 'error' ? { isRejected: true } : {}),
  };
}
