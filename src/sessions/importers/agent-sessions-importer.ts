import { nanoFromUsd } from '../../domain/money.ts';
import { atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { readRows } from '../read-rows.ts';
import { countUnknown, createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import { outputOf, toolAsked, userSaid, type ThreadEvent } from '../thread-event.ts';
import { piFinish, piUsage } from './pi-importer.ts';
import { JSON_LINES } from './row-importer.ts';

/**
 * Published collections of agent sessions, gzipped or not: one session a row (`{id, turns[]}`, as in
 * `agent_sessions_*.jsonl.gz`) or one call a row (`{session, call, trigger, …}`, as in `pi_calls_usage.jsonl.gz`). Times are
 * those of the answers; rows without times keep their order only.
 */
export const agentSessionsImporter: Importer = {
  client: 'agent-sessions',
  reads: JSON_LINES,
  detect({ path, rows: [first] }) {
    if (/agent_sessions_\w+\.jsonl(?:\.gz)?$/u.test(path)) return true;
    if (first === undefined) return false;
    return Array.isArray(first['turns']) || (textAt(first, 'session') !== undefined && 'context_tokens' in first);
  },
  async *read(paths, options) {
    for (const path of paths) {
      let open: SessionDraft | undefined;
      const losses = { malformedCount: 0, oversizedCount: 0 };
      for await (const item of readRows(path, options)) {
        if (item.kind !== 'row') {
          (open?.dropped ?? losses)[`${item.kind}Count`] += 1;
          continue;
        }
        const sessionId = textAt(item.row, 'session');
        if (open !== undefined && open.sessionId !== sessionId) {
          const trace = finishSession(open, options);
          if (trace !== undefined) yield trace;
          open = undefined;
        }
        if (sessionId !== undefined) {
          open ??= callRowsDraft(sessionId, path);
          takeCallRow(open, item.row);
          continue;
        }
        const trace = finishSession(sessionRowDraft(item.row, path), options);
        if (trace !== undefined) yield trace;
      }
      const trace = open === undefined ? undefined : finishSession(open, options);
      if (trace !== undefined) yield trace;
      options.tally.orphanRowCount += losses.malformedCount + losses.oversizedCount;
    }
  },
};

function callRowsDraft(sessionId: string, path: string): SessionDraft {
  const draft = createSessionDraft('agent-sessions', sessionId, [path]);
  draft.threads.push({ threadId: 'main', events: [] });
  return draft;
}

function takeCallRow(draft: SessionDraft, row: Row): void {
  const events = draft.threads[0]?.events;
  const at = atOf(row, 'timestamp');
  const cost = numberAt(row, 'cost_usd');
  if (textAt(row, 'trigger') === 'user') events?.push(userSaid(at, '', 1));
  const tools = Array.isArray(row['tools']) ? row['tools'].filter((tool) => typeof tool === 'string') : [];
  const callId = `${draft.sessionId}/${countAt(row, 'call') ?? events?.length ?? 0}`;
  events?.push({
    type: 'call',
    callId,
    at,
    requestedModel: textAt(row, 'model') ?? 'unknown',
    usage: piUsage(row, ['cache_read', 'cache_write']),
    loggedCostNanoUsd: cost === undefined || cost < 0 ? undefined : nanoFromUsd(cost),
    finish: piFinish(textAt(row, 'stop')),
    textCharCount: 0,
    blockCount: tools.length + 1,
    toolCalls: tools.map((toolName, index) => toolAsked(`${callId}/${index}`, toolName, undefined)),
  });
}

function sessionRowDraft(row: Row, path: string): SessionDraft {
  const sessionId = textAt(row, 'id') ?? path;
  const draft = createSessionDraft('agent-sessions', sessionId, [path]);
  const events: ThreadEvent[] = [];
  draft.threads.push({ threadId: 'main', events });
  let effort: string | undefined;
  const sessionModel = textAt(row, 'model') ?? 'unknown';
  let callIndex = 0;
  for (const turn of rowsAt(row, 'turns')) {
    const role = textAt(turn, 'role');
    const at = atOf(turn, 'timestamp');
    const content = textAt(turn, 'content') ?? '';
    if (role === 'user') events.push(userSaid(at, content, 1));
    else if (role === 'toolResult' || role === 'tool') events.push(resultOf(turn, content));
    else if (role === 'assistant') {
      events.push(callOf(turn, `${sessionId}/${callIndex}`, sessionModel, effort));
      callIndex += 1;
    } else if (role === 'event') effort = takeEvent(turn, effort, events, draft);
    else if (role !== 'bashExecution' && role !== 'system') countUnknown(draft, role);
  }
  return draft;
}

function takeEvent(
  turn: Row,
  effort: string | undefined,
  events: ThreadEvent[],
  draft: SessionDraft,
): string | undefined {
  const type = textAt(turn, 'type');
  const data = rowAt(turn, 'data');
  if (type === 'compaction') events.push({ type: 'prefix-change', relation: 'compacted' });
  else if (type === 'session') {
    draft.branchedFrom = textAt(data, 'branchedFrom');
    return textAt(data, 'thinkingLevel');
  } else if (type === 'thinking_level_change') {
    const level = textAt(data, 'thinkingLevel');
    if (level !== effort) events.push({ type: 'prefix-change', relation: 'effort-changed' });
    return level;
  } else if (type !== 'model_change') countUnknown(draft, `event.${type ?? ''}`);
  return effort;
}

function resultOf(turn: Row, content: string): ThreadEvent {
  const isError = turn['is_error'];
  return {
    type: 'tool-result',
    toolCallId: textAt(turn, 'tool_call_id') ?? '',
    isError: typeof isError === 'boolean' ? isError : undefined,
    ...outputOf(content),
  };
}

function callOf(turn: Row, callId: string, sessionModel: string, effort: string | undefined): ThreadEvent {
  const cost = numberAt(turn, 'cost');
  const toolCalls = rowsAt(turn, 'tool_calls').map((tool, index) =>
    toolAsked(
      textAt(tool, 'id') ?? `${callId}/${index}`,
      textAt(tool, 'name') ?? textAt(rowAt(tool, 'function'), 'name') ?? '',
      tool['arguments'] ?? rowAt(tool, 'function')?.['arguments'],
    ),
  );
  const content = textAt(turn, 'content') ?? '';
  return {
    type: 'call',
    callId,
    at: atOf(turn, 'timestamp'),
    requestedModel: textAt(turn, 'model') ?? sessionModel,
    provider: textAt(turn, 'provider'),
    effort,
    usage: piUsage(rowAt(turn, 'usage'), ['cache_read', 'cache_write']),
    loggedCostNanoUsd: cost === undefined || cost < 0 ? undefined : nanoFromUsd(cost),
    finish: piFinish(textAt(turn, 'stop')),
    textCharCount: content.length,
    blockCount: (content === '' ? 0 : 1) + toolCalls.length,
    toolCalls,
  };
}
