// One file: one client’s log, whose rows refer to each other across kinds.

import { readFile, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { At } from '../../domain/time.ts';
import { asRow, atOf, countAt, listAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { ImportOptions, Importer, LogUnit } from '../importer.ts';
import { readLogHead } from '../log-head.ts';
import { parseRow, readRows } from '../read-rows.ts';
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
import { anthropicTerms, anthropicUsageAt } from '../usage-fields.ts';
import { JSON_LINES } from './row-importer.ts';

/**
 * Claude Code's transcripts (`~/.claude/projects/<cwd>/<sessionId>.jsonl`, format of 2.1.330 read on 2026-11-21). A message is
 * one row per content block with the same usage on each: grouped by message and request id, the last usage wins. Sub-agents
 * lie in `<sessionId>/subagents/agent-*.jsonl`; older versions mark their rows `isSidechain` in the same file. Errors that
 * the client made up (`<synthetic>`) are no calls. Resumed and forked sessions repeat rows: those count once.
 */
export const claudeCodeImporter: Importer = {
  client: 'claude-code',
  reads: JSON_LINES,
  detect({ rows }) {
    return rows.some(
      (row) =>
        textAt(row, 'sessionId') !== undefined &&
        (textAt(row, 'uuid') !== undefined || textAt(row, 'type') === 'queue-operation') &&
        !Array.isArray(rowAt(row, 'message')?.['parts']),
    );
  },
  async *read(paths, options) {
    const orphans = await groupAgentFiles(paths);
    for (const path of paths.filter((candidate) => !isAgentFile(candidate))) {
      const draft = createSessionDraft('claude-code', basename(path, '.jsonl'), [path]);
      await readTranscript(path, 'main', draft, options);
      const agentFiles = new Set([...(await agentFilesOf(path)), ...(orphans.get(draft.sessionId) ?? [])]);
      orphans.delete(draft.sessionId);
      for (const file of agentFiles) await readAgent(file, draft, options);
      const trace = finishSession(draft, options);
      if (trace !== undefined) yield trace;
    }
    for (const [sessionId, files] of orphans) {
      const draft = createSessionDraft('claude-code', sessionId, []);
      for (const file of files) await readAgent(file, draft, options);
      const trace = finishSession(draft, options);
      if (trace !== undefined) yield trace;
    }
  },
  async units(paths) {
    const named = new Set(paths.filter(isAgentFile));
    const units: LogUnit[] = [];
    for (const path of paths.filter((candidate) => !isAgentFile(candidate))) {
      const agents = await agentFilesOf(path);
      const own = agents.filter((file) => named.delete(file));
      const metas = agents.map((file) => file.replace(/\.jsonl$/u, '.meta.json'));
      units.push({ paths: [path, ...own], files: [path, ...agents, ...metas] });
    }
    // Whose a sub-agent elsewhere is only its rows can say.
    return named.size === 0 ? units : undefined;
  },
};

function isAgentFile(path: string): boolean {
  return /^agent-[\w-]+\.jsonl$/u.test(basename(path));
}

async function agentFilesOf(path: string): Promise<readonly string[]> {
  const folder = join(dirname(path), basename(path, '.jsonl'), 'subagents');
  try {
    return (await readdir(folder, { recursive: true }))
      .filter(isAgentFile)
      .sort()
      .map((file) => join(folder, file));
  } catch {
    return [];
  }
}

/** Agent files that were named themselves, by the session they belong to. */
async function groupAgentFiles(paths: readonly string[]): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  for (const path of paths.filter(isAgentFile)) {
    const [first] = (await readLogHead(path)).rows;
    const sessionId = textAt(first, 'sessionId') ?? path;
    groups.set(sessionId, [...(groups.get(sessionId) ?? []), path]);
  }
  return groups;
}

async function readAgent(path: string, draft: SessionDraft, options: ImportOptions): Promise<void> {
  const threadId = basename(path, '.jsonl');
  draft.sources.push(path);
  const before = draft.threads.length;
  await readTranscript(path, threadId, draft, options);
  const thread = draft.threads[before];
  const meta = await readMeta(path.replace(/\.jsonl$/u, '.meta.json'));
  if (thread === undefined) return;
  draft.threads[before] = {
    ...thread,
    parentThreadId: 'main',
    agentType: textAt(meta, 'agentType'),
    spawnedByToolCallId: textAt(meta, 'toolUseId'),
  };
}

async function readMeta(path: string): Promise<Row | undefined> {
  try {
    return parseRow(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

async function readTranscript(
  path: string,
  threadId: string,
  draft: SessionDraft,
  options: ImportOptions,
): Promise<void> {
  const reader = new TranscriptReader(draft, threadId);
  for await (const item of readRows(path, options)) {
    if (item.kind === 'row') reader.take(item.row);
    else draft.dropped[`${item.kind}Count`] += 1;
  }
}

/** Rows that tell about the client or repeat what other rows say. */
const QUIET_TYPES = new Set([
  'attachment',
  'queue-operation',
  'api-request-shape',
  'api-request-blob',
  'tools-used',
  'last-prompt',
  'cost-state',
  'atis-latch',
  'mode',
  'progress',
  'file-history-snapshot',
  'permission-mode',
  'custom-title',
  'ai-title',
  'agent-name',
  'agent-color',
  'agent-setting',
  'tag',
  'pr-link',
  'file-history-delta',
  'bridge-session',
  'frame-link',
  'relocated',
  'worktree-state',
  'started',
  'result',
]);

type MutableCall = { -readonly [Key in keyof CallEvent]: CallEvent[Key] } & { toolCalls: ToolCallEvent[] };

interface RequestInfo {
  readonly at: At | undefined;
  readonly shapeHash: string | undefined;
  readonly messageCount: number;
  /** It keeps less than all of the request that it builds on. */
  readonly rewrites: boolean;
}

class TranscriptReader {
  private readonly draft: SessionDraft;
  private readonly main: ThreadEvent[] = [];
  private readonly threadId: string;
  private readonly sidechains = new Map<string, ThreadEvent[]>();
  private readonly calls = new Map<string, MutableCall>();
  private readonly advisors = new Map<string, MutableCall>();
  private advised: ThreadEvent[] | undefined;
  private readonly requests = new Map<string, RequestInfo>();
  private lastShape: string | undefined;
  private effort: string | undefined;

  constructor(draft: SessionDraft, threadId: string) {
    this.draft = draft;
    this.threadId = threadId;
    draft.threads.push({ threadId, events: this.main });
  }

  take(row: Row): void {
    const type = textAt(row, 'type');
    this.draft.clientVersion ??= textAt(row, 'version');
    this.draft.folder ??= textAt(row, 'cwd');
    if (this.threadId === 'main') this.draft.sessionId = textAt(row, 'sessionId') ?? this.draft.sessionId;
    switch (type ?? '') {
      case 'assistant':
        this.takeAssistant(row, this.eventsFor(row));
        break;
      case 'user':
        this.takeUser(row, this.eventsFor(row));
        break;
      case 'system':
        if (textAt(row, 'subtype') === 'compact_boundary') {
          this.eventsFor(row).push({ type: 'prefix-change', relation: 'compacted' });
        }
        break;
      case 'summary':
        break;
      case 'api-request':
        this.takeRequest(row);
        break;
      default:
        if (!QUIET_TYPES.has(type ?? '')) countUnknown(this.draft, type);
    }
  }

  /** Older versions keep a sub-agent's rows in the session's own file. */
  private eventsFor(row: Row): ThreadEvent[] {
    if (this.threadId !== 'main' || row['isSidechain'] !== true) return this.main;
    const id = `agent-${textAt(row, 'agentId') ?? 'sidechain'}`;
    let events = this.sidechains.get(id);
    if (events === undefined) {
      events = [];
      this.sidechains.set(id, events);
      this.draft.threads.push({ threadId: id, parentThreadId: 'main', events });
    }
    return events;
  }

  private takeRequest(row: Row): void {
    const id = textAt(row, 'id');
    const shapeHash = textAt(row, 'shapeHash');
    if (id === undefined) return;
    const base = this.requests.get(textAt(row, 'base') ?? '');
    const keep = countAt(row, 'keep') ?? 0;
    this.requests.set(id, {
      at: atOf(row, 'timestamp'),
      shapeHash,
      messageCount: (base === undefined ? 0 : keep) + listAt(row, 'tail').length,
      rewrites: base !== undefined && keep < base.messageCount,
    });
  }

  private takeAssistant(row: Row, events: ThreadEvent[]): void {
    const message = rowAt(row, 'message');
    const messageId = textAt(message, 'id');
    const model = textAt(message, 'model');
    if (model === '<synthetic>' || row['isApiErrorMessage'] === true) {
      this.draft.dropped.syntheticCallCount += 1;
      return;
    }
    if (messageId === undefined || model === undefined) {
      this.draft.dropped.malformedCount += 1;
      return;
    }
    const requestId = textAt(row, 'requestId');
    const key = requestId === undefined ? messageId : `${messageId}|${requestId}`;
    let call = this.calls.get(key);
    if (call === undefined) {
      call = this.openCall(row, key, model, events);
      this.calls.set(key, call);
      events.push(call);
    }
    this.addBlocks(call, row, message);
  }

  private openCall(row: Row, key: string, model: string, events: ThreadEvent[]): MutableCall {
    const request = this.requests.get(textAt(row, 'requestRef') ?? '');
    if (request?.shapeHash !== undefined && events === this.main) {
      if (this.lastShape !== undefined && this.lastShape !== request.shapeHash) {
        events.push({ type: 'prefix-change', relation: 'tools-changed' });
      }
      this.lastShape = request.shapeHash;
    }
    if (request?.rewrites === true) events.push({ type: 'prefix-change', relation: 'rewound' });
    const effort = textAt(row, 'effort');
    if (events === this.main && effort !== undefined) {
      if (this.effort !== undefined && this.effort !== effort) {
        events.push({ type: 'prefix-change', relation: 'effort-changed' });
      }
      this.effort = effort;
    }
    const requestedModel = textAt(row, 'requestedModel') ?? model;
    return {
      type: 'call',
      callId: key,
      bareId: textAt(rowAt(row, 'message'), 'id'),
      requestId: textAt(row, 'requestId'),
      at: request?.at ?? atOf(row, 'timestamp'),
      endedAt: atOf(row, 'timestamp'),
      requestedModel,
      servedModel: model,
      provider: 'anthropic',
      effort,
      usage: undefined,
      finish: 'unknown',
      textCharCount: 0,
      blockCount: 0,
      toolCalls: [],
    };
  }

  /** Each row of a message repeats the usage so far: the last one that has any is the whole. */
  private addBlocks(call: MutableCall, row: Row, message: Row | undefined): void {
    const counted = rowAt(message, 'usage');
    const usage = anthropicUsageAt(counted);
    if (usage !== undefined && usage.outputTokens >= (call.usage?.outputTokens ?? 0)) {
      call.usage = usage;
      call.terms = anthropicTerms(counted);
      this.takeAdvice(call, counted);
    }
    call.finish = finishOf(textAt(message, 'stop_reason')) ?? call.finish;
    call.endedAt = atOf(row, 'timestamp') ?? call.endedAt;
    for (const block of rowsAt(message, 'content')) {
      call.blockCount += 1;
      const type = textAt(block, 'type');
      if (type === 'text') call.textCharCount += textAt(block, 'text')?.length ?? 0;
      if (type !== 'tool_use') continue;
      const toolCallId = textAt(block, 'id') ?? '';
      if (call.toolCalls.some((tool) => tool.toolCallId === toolCallId)) continue;
      call.toolCalls.push(toolAsked(toolCallId, textAt(block, 'name') ?? '', block['input']));
    }
  }

  /** An adviser is another model with a prompt of its own, told of only in the usage of the call that asked it. */
  private takeAdvice(call: MutableCall, counted: Row | undefined): void {
    for (const [index, iteration] of rowsAt(counted, 'iterations').entries()) {
      const usage = anthropicUsageAt(iteration);
      if (textAt(iteration, 'type') !== 'advisor_message' || usage === undefined) continue;
      const callId = `${call.callId}/advisor/${index}`;
      let advice = this.advisors.get(callId);
      if (advice === undefined) {
        const model = textAt(iteration, 'model') ?? 'unknown';
        advice = { ...call, callId, bareId: undefined, requestedModel: model, servedModel: model, toolCalls: [] };
        Object.assign(advice, { effort: undefined, finish: 'stop', textCharCount: 0, blockCount: 1 });
        this.advisors.set(callId, advice);
        this.adviceEvents().push(advice);
      }
      advice.usage = usage;
      advice.terms = anthropicTerms(iteration);
    }
  }

  private adviceEvents(): ThreadEvent[] {
    if (this.advised === undefined) {
      this.advised = [];
      const threadId = this.threadId === 'main' ? 'advisor' : `${this.threadId}-advisor`;
      this.draft.threads.push({ threadId, parentThreadId: 'main', agentType: 'advisor', events: this.advised });
    }
    return this.advised;
  }

  private takeUser(row: Row, events: ThreadEvent[]): void {
    const message = rowAt(row, 'message');
    if (row['isCompactSummary'] === true) {
      events.push({ type: 'prefix-change', relation: 'compacted' });
      return;
    }
    const content = message?.['content'];
    if (typeof content === 'string') {
      this.takeText(row, content, 1, events);
      return;
    }
    const blocks = rowsAt(message, 'content');
    for (const block of blocks) if (textAt(block, 'type') === 'tool_result') events.push(resultOf(block, row));
    const texts = blocks
      .map((block) => (textAt(block, 'type') === 'text' ? (textAt(block, 'text') ?? '') : ''))
      .filter((text) => text !== '');
    if (texts.length > 0) this.takeText(row, texts.join('\n'), texts.length, events);
  }

  private takeText(row: Row, text: string, blockCount: number, events: ThreadEvent[]): void {
    if (text.startsWith('[Request interrupted by user')) events.push({ type: 'interrupted' });
    else if (row['isMeta'] !== true && !/^<(?:local-command|command-name|system-reminder)/u.test(text)) {
      events.push(userSaid(atOf(row, 'timestamp'), text, blockCount));
    }
  }
}

function resultOf(block: Row, row: Row): ThreadEvent {
  const content = block['content'];
  const output =
    typeof content === 'string'
      ? content
      : listAt(block, 'content')
          .map((part) => textAt(asRow(part), 'text') ?? '')
          .join('\n');
  const decision = textAt(rowAt(row, 'permissionDecision'), 'decision');
  return {
    type: 'tool-result',
    toolCallId: textAt(block, 'tool_use_id') ?? '',
    isError: block['is_error'] === true,
    ...outputOf(output),
    ...(decision === 'reject' || /^The user doesn't want to (?:proceed|take this action)/u.test(output)
      ? { isRejected: true }
      : {}),
  };
}

const FINISH: Readonly<Record<string, CallFinish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
  pause_turn: 'other',
};

function finishOf(reason: string | undefined): CallFinish | undefined {
  if (reason === undefined) return undefined;
  return Object.hasOwn(FINISH, reason) ? FINISH[reason] : 'other';
}
