import { nanoFromUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import { asRow, atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { readRows } from '../read-rows.ts';
import { countUnknown, createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import type { CallFinish } from '../session-trace.ts';
import {
  outputOf,
  toolAsked,
  userSaid,
  type CallEvent,
  type ThreadEvent,
  type ToolCallEvent,
} from '../thread-event.ts';
import { JSON_LINES } from './row-importer.ts';

/**
 * pi's session files (`~/.pi/agent/sessions/--cwd--/*.jsonl`, version 3 read on 2026-11-21; older ones have no ids). One
 * assistant message is one call; usage excludes cached tokens and carries the client's own cost. A session that branched
 * from another repeats its rows: those count once.
 */
export const piImporter: Importer = {
  client: 'pi',
  reads: JSON_LINES,
  detect({ rows: [first] }) {
    return textAt(first, 'type') === 'session' && textAt(first, 'cwd') !== undefined;
  },
  async *read(paths, options) {
    for (const path of paths) {
      const draft = createSessionDraft('pi', path, [path]);
      const reader = new PiReader(draft);
      for await (const item of readRows(path, options)) {
        if (item.kind === 'row') reader.take(item.row);
        else draft.dropped[`${item.kind}Count`] += 1;
      }
      const trace = finishSession(draft, options);
      if (trace !== undefined) yield trace;
    }
  },
};

/** Rows that tell about the client, not about the transcript. */
const QUIET_TYPES = new Set(['custom', 'label', 'session_info', 'custom_message']);

class PiReader {
  private readonly draft: SessionDraft;
  private readonly events: ThreadEvent[] = [];
  private lastId: string | undefined;
  private effort: string | undefined;

  constructor(draft: SessionDraft) {
    this.draft = draft;
    draft.threads.push({ threadId: 'main', events: this.events });
  }

  take(row: Row): void {
    const type = textAt(row, 'type');
    const parentId = textAt(row, 'parentId');
    if (parentId !== undefined && this.lastId !== undefined && parentId !== this.lastId) {
      this.events.push({ type: 'prefix-change', relation: 'rewound' });
    }
    this.lastId = textAt(row, 'id') ?? this.lastId;
    if (type === 'session') this.takeHeader(row);
    else if (type === 'message') this.takeMessage(row);
    else if (type === 'compaction' || type === 'branch_summary') {
      this.events.push({ type: 'prefix-change', relation: 'compacted' });
    } else if (type === 'thinking_level_change') this.takeEffort(textAt(row, 'thinkingLevel'));
    else if (type !== 'model_change' && !QUIET_TYPES.has(type ?? '')) countUnknown(this.draft, type);
  }

  private takeHeader(row: Row): void {
    this.draft.sessionId = textAt(row, 'id') ?? this.draft.sessionId;
    this.draft.branchedFrom = textAt(row, 'branchedFrom') ?? textAt(row, 'parentSession');
    const version = countAt(row, 'version');
    this.draft.clientVersion = version === undefined ? undefined : `format ${version}`;
    this.draft.folder = textAt(row, 'cwd');
    this.effort = textAt(row, 'thinkingLevel');
  }

  private takeEffort(level: string | undefined): void {
    if (this.effort !== undefined && level !== this.effort) {
      this.events.push({ type: 'prefix-change', relation: 'effort-changed' });
    }
    this.effort = level;
  }

  private takeMessage(row: Row): void {
    const message = rowAt(row, 'message');
    const role = textAt(message, 'role');
    const at = atOf(message, 'timestamp') ?? atOf(row, 'timestamp');
    if (role === 'user') this.events.push(userSaid(at, textOf(message), blockCount(message)));
    else if (role === 'toolResult') {
      const output = textOf(message);
      this.events.push({
        type: 'tool-result',
        toolCallId: textAt(message, 'toolCallId') ?? '',
        isError: booleanAt(message, 'isError'),
        ...outputOf(output),
      });
    } else if (role === 'assistant') this.events.push(this.callOf(row, message));
    else if (role !== 'bashExecution' && role !== 'custom') countUnknown(this.draft, `message.${role ?? ''}`);
  }

  private callOf(row: Row, message: Row | undefined): CallEvent {
    const usage = rowAt(message, 'usage');
    const startedAt = atOf(message, 'timestamp');
    const endedAt = atOf(row, 'timestamp');
    const toolCalls: ToolCallEvent[] = rowsAt(message, 'content')
      .filter((block) => textAt(block, 'type') === 'toolCall')
      .map((block) => toolAsked(textAt(block, 'id') ?? '', textAt(block, 'name') ?? '', block['arguments']));
    const cost = numberAt(rowAt(usage, 'cost'), 'total');
    return {
      type: 'call',
      callId:
        textAt(message, 'responseId') ??
        `${textAt(row, 'timestamp') ?? ''}/${textAt(message, 'model') ?? ''}/${JSON.stringify(usage ?? null)}`,
      at: startedAt ?? endedAt,
      endedAt: startedAt === undefined ? undefined : endedAt,
      requestedModel: textAt(message, 'model') ?? 'unknown',
      provider: textAt(message, 'provider'),
      effort: this.effort,
      usage: piUsage(usage),
      loggedCostNanoUsd: cost === undefined || cost < 0 ? undefined : nanoFromUsd(cost),
      finish: piFinish(textAt(message, 'stopReason')),
      textCharCount: textOf(message).length,
      blockCount: Math.max(blockCount(message), 1),
      toolCalls,
    };
  }
}

/** pi writes zeros where nothing was reported: an aborted call with all four at zero has no usage. */
export function piUsage(
  usage: Row | undefined,
  cacheKeys: readonly [string, string] = ['cacheRead', 'cacheWrite'],
): Usage | undefined {
  const uncachedTokens = countAt(usage, 'input');
  const outputTokens = countAt(usage, 'output');
  if (uncachedTokens === undefined || outputTokens === undefined) return undefined;
  const cacheReadTokens = countAt(usage, cacheKeys[0]);
  const cacheWriteTokens = countAt(usage, cacheKeys[1]);
  if (uncachedTokens + outputTokens + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0) === 0) return undefined;
  return {
    uncachedTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    cacheWrite1hTokens: undefined,
    reasoningTokens: undefined,
  };
}

const FINISH: Readonly<Record<string, CallFinish>> = {
  toolUse: 'tool-calls',
  stop: 'stop',
  length: 'length',
  aborted: 'aborted',
  error: 'error',
};

export function piFinish(reason: string | undefined): CallFinish {
  if (reason === undefined) return 'unknown';
  return Object.hasOwn(FINISH, reason) ? (FINISH[reason] ?? 'other') : 'other';
}

function booleanAt(row: Row | undefined, key: string): boolean | undefined {
  const value = row?.[key];
  return typeof value === 'boolean' ? value : undefined;
}

function blockCount(message: Row | undefined): number {
  const content = message?.['content'];
  return Array.isArray(content) ? content.length : 1;
}

function textOf(message: Row | undefined): string {
  const content = message?.['content'];
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block) => textAt(asRow(block), 'text') ?? '')
    .filter((text) => text !== '')
    .join('\n');
}
