import type { At, Tokens } from '../../domain/time.ts';
import { blockCount, checkBlockRuns, sharedBlocks, toBlockRuns, type BlockRuns } from '../block-runs.ts';
import { countAt, listAt, numberAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { InferredReads } from '../infer-reads.ts';
import { readRows } from '../read-rows.ts';
import {
  countUnknown,
  createSessionDraft,
  finishSession,
  type SessionDraft,
  type ThreadDraft,
} from '../session-draft.ts';
import type { CallFinish } from '../session-trace.ts';
import { toolAsked, userSaid, type CallEvent } from '../thread-event.ts';
import { createJsonImporter } from './json-importer.ts';
import { JSON_LINES } from './row-importer.ts';

/**
 * Sessions in the form of kv-cache-tester (github.com/callanjfox/kv-cache-tester, read 2026-11-29): prompts as blocks of equal
 * length, named by `hash_ids` (one id a block) or, in the compact form, by `blocks` (runs of ids). It holds no texts, no tool
 * names and no cache usage: what was read is inferred from shared blocks and time, and times count from the session's start.
 * One session an object: a file of its own, or a line of many.
 */
export const kvCacheFileImporter: Importer = createJsonImporter(
  'kv-cache-tester',
  (head, path) => !JSON_LINES.test(path) && isSession(head),
  (draft, file) => fillDraft(draft, file),
);

export const kvCacheLinesImporter: Importer = {
  client: 'kv-cache-tester',
  reads: JSON_LINES,
  detect({ path, text }) {
    return JSON_LINES.test(path) && isSession(text);
  },
  async *read(paths, options) {
    for (const path of paths) {
      const losses = { malformedCount: 0, oversizedCount: 0 };
      for await (const item of readRows(path, options)) {
        if (item.kind !== 'row') {
          losses[`${item.kind}Count`] += 1;
          continue;
        }
        const draft = createSessionDraft('kv-cache-tester', path, [path]);
        fillDraft(draft, item.row);
        const trace = finishSession(draft, options);
        if (trace !== undefined) yield trace;
      }
      options.tally.orphanRowCount += losses.malformedCount + losses.oversizedCount;
    }
  },
};

/** From the first 256 kB: the object begins with its block size, and its first request with its blocks. */
function isSession(head: string): boolean {
  return /^\s*\{/u.test(head) && /"block_size"\s*:\s*\d/u.test(head) && /"(?:hash_ids|blocks)"\s*:\s*\[/u.test(head);
}

/** The log counts from its own start; any day serves, and the report says that it is none of the log's. */
const START_AT: At = Date.UTC(2026, 0, 1);
const MAIN = 'main';

/** A request of the log with what is computed of it. */
interface BlockRequest {
  readonly row: Row;
  readonly thread: ThreadDraft;
  readonly index: number;
  readonly at: At;
  readonly readableAt: At;
  readonly model: string;
  readonly promptTokens: Tokens;
  readonly outputTokens: Tokens;
  readonly blocks: BlockRuns;
}

function fillDraft(draft: SessionDraft, session: Row): void {
  const sessionId = textAt(session, 'id') ?? draft.sessionId;
  draft.sessionId = sessionId;
  draft.inferred.push('cache-reads', 'dates');
  const requests = requestsOf(draft, session);
  const blockTokens = countAt(session, 'block_size') ?? 64;
  const reads = new InferredReads(blockTokens);
  const before = new Map<ThreadDraft, BlockRequest>();
  for (const request of requests.toSorted((a, b) => a.at - b.at || a.index - b.index)) {
    const { thread } = request;
    const read = reads.take({ ...request, thread: thread.threadId });
    takeRequest(request, { before: before.get(thread), blockTokens, read, sessionId });
    before.set(thread, request);
  }
}

/** All requests that can be read, sub-agents' among them, in the order of the file. */
function requestsOf(draft: SessionDraft, session: Row): readonly BlockRequest[] {
  const main: ThreadDraft = { threadId: MAIN, events: [] };
  draft.threads.push(main);
  const found: BlockRequest[] = [];
  const take = (row: Row, thread: ThreadDraft, startAt: At): void => {
    const request = requestOf(row, thread, startAt, found.length);
    if (request === undefined) draft.dropped.malformedCount += 1;
    else found.push(request);
  };
  for (const row of rowsAt(session, 'requests')) {
    if (row['type'] !== 'subagent') {
      if (row['type'] === 'n' || row['type'] === 's') take(row, main, START_AT);
      else countUnknown(draft, textAt(row, 'type'));
      continue;
    }
    const threadId = textAt(row, 'agent_id') ?? `agent-${draft.threads.length}`;
    const thread: ThreadDraft = {
      threadId,
      parentThreadId: MAIN,
      agentType: textAt(row, 'subagent_type'),
      events: [],
    };
    draft.threads.push(thread);
    for (const inner of rowsAt(row, 'requests')) take(inner, thread, START_AT + secondsAt(row, 't'));
  }
  return found;
}

function requestOf(row: Row, thread: ThreadDraft, startAt: At, index: number): BlockRequest | undefined {
  const blocks = 'blocks' in row ? checkBlockRuns(listAt(row, 'blocks')) : toBlockRuns(listAt(row, 'hash_ids'));
  const model = textAt(row, 'model');
  const promptTokens = countAt(row, 'in');
  if (blocks === undefined || model === undefined || promptTokens === undefined) return undefined;
  const at = startAt + secondsAt(row, 't');
  const readableAt = at + (secondsAt(row, 'ttft') || secondsAt(row, 'api_time'));
  return { row, thread, index, at, readableAt, model, promptTokens, outputTokens: countAt(row, 'out') ?? 0, blocks };
}

/** Seconds of the log in milliseconds; 0 where there are none. */
function secondsAt(row: Row, key: string): number {
  return Math.round(Math.max(0, numberAt(row, key) ?? 0) * 1000);
}

function takeRequest(
  request: BlockRequest,
  of: {
    readonly before: BlockRequest | undefined;
    readonly blockTokens: Tokens;
    readonly read: Tokens;
    readonly sessionId: string;
  },
): void {
  const { row, thread, at, blocks } = request;
  const { before, blockTokens, sessionId } = of;
  if (isByPerson(row, before?.row)) thread.events.push(userSaid(at, '', 1));
  else thread.events.push({ type: 'tool-result', toolCallId: '', isError: undefined, output: '', charCount: 0 });
  const shared = before === undefined ? undefined : sharedBlocks(before.blocks, blocks);
  if (before !== undefined && shared !== undefined && shared < blockCount(before.blocks)) {
    // More than half gone is a compaction or a cleared history; less is an edit behind its place.
    const relation = shared * 2 < blockCount(before.blocks) ? 'compacted' : 'rewound';
    thread.events.push({ type: 'prefix-change', relation, basis: 'blocks', keptTokens: shared * blockTokens });
  }
  thread.events.push(callOf(request, `${sessionId}/${thread.threadId}/${request.index}`, of));
}

function callOf(
  { row, at, model, promptTokens, outputTokens, blocks }: BlockRequest,
  callId: string,
  { blockTokens, read }: { readonly blockTokens: Tokens; readonly read: Tokens },
): CallEvent {
  const cached = Math.min(promptTokens, blockCount(blocks) * blockTokens);
  const cacheReadTokens = Math.min(read, cached);
  const asks = listAt(row, 'output_types').includes('tool_use');
  const apiTimeMs = secondsAt(row, 'api_time');
  const ttftMs = secondsAt(row, 'ttft');
  return {
    type: 'call',
    callId,
    at,
    ...(apiTimeMs === 0 ? {} : { endedAt: at + apiTimeMs }),
    ...(ttftMs === 0 ? {} : { ttftMs }),
    requestedModel: model,
    usage: {
      uncachedTokens: promptTokens - cached,
      cacheReadTokens,
      cacheWriteTokens: cached - cacheReadTokens,
      cacheWrite1hTokens: undefined,
      outputTokens,
      reasoningTokens: undefined,
    },
    finish: finishOf(textAt(row, 'stop'), asks),
    textCharCount: 0,
    blockCount: listAt(row, 'output_types').length,
    toolCalls: asks ? [toolAsked(`${callId}/tool`, 'unknown', undefined)] : [],
  };
}

/** New text came from a person; beside tool results it is a harness's note, unless the turn had ended. */
function isByPerson(row: Row, before: Row | undefined): boolean {
  const types = listAt(row, 'input_types');
  if (!types.includes('text')) return before === undefined;
  return !types.includes('tool_result') || before === undefined || before['stop'] === 'end_turn';
}

function finishOf(stop: string | undefined, asks: boolean): CallFinish {
  if (stop === 'tool_use' || asks) return 'tool-calls';
  if (stop === 'end_turn') return 'stop';
  return stop === 'max_tokens' ? 'length' : 'unknown';
}
