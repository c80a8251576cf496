import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { nanoFromUsd } from '../../domain/money.ts';
import { atOf, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import { countUnreadable, type Importer } from '../importer.ts';
import { parseRow } from '../read-rows.ts';
import { countUnknown, createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import { outputOf, toolAsked, userSaid, type ThreadEvent } from '../thread-event.ts';
import { opencodeFinish, opencodeUsage, takeMessage } from './opencode-importer.ts';

/**
 * opencode's database (`~/.local/share/opencode/opencode*.db`), opened read-only, one session at a time. 1.x: `session`,
 * `message`, `part` (1.18.33 read on 2026-11-21). 2.x: `session_v2` and `session_message`, beside what is left of the older
 * tables (2.0.12, as users report it in codeburn#1293 and cross_agent_session_resumer#30; read on 2026-11-29).
 */
export const opencodeDatabaseImporter: Importer = {
  client: 'opencode',
  reads: /\.db$/u,
  detect: ({ path, text }) => path.endsWith('.db') && text.startsWith('SQLite format 3'),
  async *read(paths, options) {
    for (const path of paths) {
      options.tally.fileCount += 1;
      let store: OpencodeStore | undefined;
      try {
        store = new OpencodeStore(openReadOnly(path));
        for (const sessionId of store.rootSessions()) {
          options.signal?.throwIfAborted();
          const draft = createSessionDraft('opencode', sessionId, [path]);
          fillThread(store, sessionId, 'main', draft, new Set());
          const trace = finishSession(draft, options);
          if (trace !== undefined) yield trace;
        }
      } catch (thrown) {
        if (options.signal?.aborted === true) throw thrown;
        countUnreadable(options.tally, path, thrown);
      } finally {
        store?.close();
      }
    }
  },
};

/** A database in a folder that cannot be written to opens only as one that nobody changes. */
function openReadOnly(path: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } catch {
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return new DatabaseSync(url, { readOnly: true });
  }
}

/** A row of either form: where it came from says how to read it. */
type StoredMessage = { readonly id: string; readonly data: string; readonly type?: string };

/** Both forms of the database behind one set of questions. A session of the newer form is read there only. */
class OpencodeStore {
  private readonly database: DatabaseSync;
  private readonly sessionTables: readonly string[];
  private readonly hasParts: boolean;
  private readonly hasSessionMessages: boolean;

  constructor(database: DatabaseSync) {
    this.database = database;
    const tables = new Set(
      database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .all()
        .map((row) => String(row['name'])),
    );
    this.sessionTables = ['session_v2', 'session'].filter((name) => tables.has(name));
    this.hasParts = tables.has('message') && tables.has('part');
    this.hasSessionMessages = tables.has('session_message');
    if (this.sessionTables.length === 0) throw new TypeError('a database without sessions of opencode');
  }

  close(): void {
    this.database.close();
  }

  /** Sessions that no other one started, the oldest first. */
  rootSessions(): readonly string[] {
    const known = this.sessionTables.map((table) => `SELECT id FROM ${table}`).join(' UNION ');
    const all = this.sessionTables
      .map((table) => `SELECT id, parent_id, time_created FROM ${table}`)
      .join(' UNION ALL ');
    return this.ids(
      `SELECT id FROM (${all}) WHERE parent_id IS NULL OR parent_id NOT IN (${known}) GROUP BY id ORDER BY min(time_created), id`,
    );
  }

  childrenOf(sessionId: string): readonly string[] {
    const all = this.sessionTables
      .map((table) => `SELECT id, parent_id, time_created FROM ${table}`)
      .join(' UNION ALL ');
    return this.ids(
      `SELECT id FROM (${all}) WHERE parent_id = ? GROUP BY id ORDER BY min(time_created), id`,
      sessionId,
    );
  }

  /** A column of a session's row, in the newer table first. */
  textOf(sessionId: string, column: 'version' | 'directory'): string | undefined {
    for (const table of this.sessionTables) {
      const value = this.database.prepare(`SELECT * FROM ${table} WHERE id = ?`).get(sessionId)?.[column];
      if (typeof value === 'string') return value;
    }
    return undefined;
  }

  /** Rows of the newer form, in the order they were written. */
  *sessionMessages(sessionId: string): Generator<StoredMessage> {
    if (!this.hasSessionMessages) return;
    const rows = this.database
      .prepare('SELECT id, type, data FROM session_message WHERE session_id = ? ORDER BY time_created, id')
      .iterate(sessionId);
    for (const row of rows) yield { id: String(row['id']), type: String(row['type']), data: String(row['data']) };
  }

  *messages(sessionId: string): Generator<StoredMessage> {
    if (!this.hasParts) return;
    const rows = this.database
      .prepare('SELECT id, data FROM message WHERE session_id = ? ORDER BY time_created, id')
      .iterate(sessionId);
    for (const row of rows) yield { id: String(row['id']), data: String(row['data']) };
  }

  partsOf(messageId: string): readonly string[] {
    const rows = this.database.prepare('SELECT data FROM part WHERE message_id = ? ORDER BY id').all(messageId);
    return rows.map((row) => String(row['data']));
  }

  private ids(sql: string, ...values: readonly string[]): readonly string[] {
    return this.database
      .prepare(sql)
      .all(...values)
      .map((row) => String(row['id']));
  }
}

/** Child sessions are sub-agents: threads of the session that started them. */
function fillThread(
  store: OpencodeStore,
  sessionId: string,
  threadId: string,
  draft: SessionDraft,
  visited: Set<string>,
): void {
  if (visited.has(sessionId)) return;
  visited.add(sessionId);
  draft.clientVersion ??= store.textOf(sessionId, 'version');
  draft.folder ??= store.textOf(sessionId, 'directory');
  const events: ThreadEvent[] = [];
  const agentType =
    takeSessionMessages(store, sessionId, events, draft) ?? takeMessages(store, sessionId, events, draft);
  draft.threads.push(
    threadId === 'main' ? { threadId, events } : { threadId, parentThreadId: 'main', agentType, events },
  );
  for (const child of store.childrenOf(sessionId)) fillThread(store, child, child, draft, visited);
}

/** @returns the agent of the first answer */
function takeMessages(
  store: OpencodeStore,
  sessionId: string,
  events: ThreadEvent[],
  draft: SessionDraft,
): string | undefined {
  let agent: string | undefined;
  for (const message of store.messages(sessionId)) {
    const info = parsed(message.data, draft);
    if (info === undefined) continue;
    agent ??= textAt(info, 'agent');
    const parts = store.partsOf(message.id).map((data) => parsed(data, draft));
    takeMessage(
      { id: message.id, ...info },
      parts.filter((part) => part !== undefined),
      events,
      draft,
    );
  }
  return agent;
}

/** Rows that tell about the session, or carry what a person did beside the model. */
const QUIET_TYPES = new Set(['system', 'synthetic', 'shell', 'model-switched', 'agent-switched', 'location-switched']);

/** @returns the agent of the first answer; `undefined` when the session has no row of the newer form */
function takeSessionMessages(
  store: OpencodeStore,
  sessionId: string,
  events: ThreadEvent[],
  draft: SessionDraft,
): string | undefined {
  let agent: string | undefined;
  for (const { id, type, data } of store.sessionMessages(sessionId)) {
    const message = parsed(data, draft);
    if (message === undefined) continue;
    if (type === 'assistant') {
      agent ??= textAt(message, 'agent') ?? '';
      takeAnswer(id, message, events);
    } else if (type === 'user') {
      events.push(userSaid(atOf(rowAt(message, 'time'), 'created'), textAt(message, 'text') ?? '', 1));
    } else if (type === 'compaction') events.push({ type: 'prefix-change', relation: 'compacted' });
    else if (!QUIET_TYPES.has(type ?? '')) countUnknown(draft, type);
  }
  return agent;
}

/** A fork copies messages under their own id with a number behind it. */
const COPIED_ID = /^(msg_.{26})_\d+$/u;

function takeAnswer(id: string, message: Row, events: ThreadEvent[]): void {
  const time = rowAt(message, 'time');
  const content = rowsAt(message, 'content');
  const tools = content.filter((part) => textAt(part, 'type') === 'tool');
  const model = rowAt(message, 'model');
  const cost = numberAt(message, 'cost');
  events.push({
    type: 'call',
    callId: COPIED_ID.exec(id)?.[1] ?? id,
    at: atOf(time, 'created'),
    endedAt: atOf(time, 'completed'),
    requestedModel: textAt(model, 'id') ?? 'unknown',
    provider: textAt(model, 'providerID'),
    effort: textAt(model, 'variant'),
    usage: opencodeUsage(rowAt(message, 'tokens')),
    // 0 is what opencode writes for a model it has no price for.
    loggedCostNanoUsd: cost === undefined || cost <= 0 ? undefined : nanoFromUsd(cost),
    finish: opencodeFinish(textAt(message, 'finish'), rowAt(message, 'error')),
    textCharCount: textOf(content).length,
    blockCount: Math.max(1, content.length),
    toolCalls: tools.map((tool) =>
      toolAsked(textAt(tool, 'id') ?? '', textAt(tool, 'name') ?? '', rowAt(tool, 'state')?.['input']),
    ),
  });
  for (const tool of tools) events.push(resultOf(tool));
}

function resultOf(tool: Row): ThreadEvent {
  const state = rowAt(tool, 'state');
  const status = textAt(state, 'status');
  const error = textAt(state, 'error') ?? textAt(rowAt(state, 'error'), 'message');
  return {
    type: 'tool-result',
    toolCallId: textAt(tool, 'id') ?? '',
    isError: status === 'error' ? true : status === 'completed' ? false : undefined,
    ...outputOf(error ?? textAt(state, 'output') ?? textOf(rowsAt(state, 'content'))),
  };
}

function textOf(parts: readonly Row[]): string {
  return parts
    .filter((part) => textAt(part, 'type') === 'text')
    .map((part) => textAt(part, 'text') ?? '')
    .join('\n');
}

function parsed(data: string, draft: SessionDraft): Row | undefined {
  const row = parseRow(data);
  if (row === undefined) draft.dropped.malformedCount += 1;
  return row;
}
