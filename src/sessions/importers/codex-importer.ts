import type { At } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import { atOf, countAt, listAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { countUnknown, type SessionDraft } from '../session-draft.ts';
import {
  outputOf,
  toolAsked,
  userSaid,
  type CallEvent,
  type ThreadEvent,
  type ToolCallEvent,
} from '../thread-event.ts';
import { inclusiveUsage } from '../usage-fields.ts';
import {
  CodexLineage,
  CopiedHistory,
  identityOf,
  inOrderOfDescent,
  totalCallId,
  type RolloutIdentity,
} from './codex-lineage.ts';
import { JSON_LINES, readEach, type RowReader } from './row-importer.ts';

/**
 * Codex rollouts (`~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`, 0.169.0 read on 2026-11-21). One `token_usage_record` is one
 * call; older files have only `token_count` events, which repeat, in forks and sub-agents those of the parent. Cached tokens are inside `input_tokens`. Tool schemas are
 * not logged.
 */
export const codexImporter: Importer = {
  client: 'codex',
  reads: JSON_LINES,
  detect: ({ rows }) =>
    rows.some((row) => textAt(row, 'type') === 'session_meta' && rowAt(row, 'payload') !== undefined),
  async *read(paths, options) {
    const { families, parents } = await inOrderOfDescent(paths);
    const lineage = new CodexLineage(parents);
    yield* readEach('codex', families.flat(), options, (draft) => new CodexReader(draft, lineage));
  },
  async units(paths) {
    const { families } = await inOrderOfDescent(paths);
    return families.map((files) => ({ paths: files, files }));
  },
};

const QUIET_TYPES = new Set([
  'world_state',
  'session_state',
  'ghost_snapshot',
  'inter_agent_communication',
  'inter_agent_communication_metadata',
  'agent_message',
]);

type MutableCall = { -readonly [Key in keyof CallEvent]: CallEvent[Key] };

class CodexReader implements RowReader {
  private readonly draft: SessionDraft;
  private readonly events: ThreadEvent[] = [];
  private readonly lineage: CodexLineage;
  private readonly metas: Row[] = [];
  private identity: RolloutIdentity = identityOf([]);
  private readonly copied = new CopiedHistory();
  /** Calls that were counted before any row named a model. */
  private unnamed: MutableCall[] = [];
  private model: string | undefined;
  private provider: string | undefined;
  private effort: string | undefined;
  private inputAt: At | undefined;
  private open = emptyAnswer();
  private hasRecords = false;
  private lastTotal = '';
  private lastCallId = '';

  constructor(draft: SessionDraft, lineage: CodexLineage) {
    this.draft = draft;
    this.lineage = lineage;
    draft.threads.push({ threadId: 'main', events: this.events });
  }

  take(row: Row): void {
    const payload = rowAt(row, 'payload');
    const at = atOf(row, 'timestamp');
    const type = textAt(row, 'type');
    switch (type ?? '') {
      case 'session_meta':
        this.takeMeta(payload ?? {});
        break;
      case 'turn_context':
        this.takeContext(payload);
        break;
      case 'response_item':
        this.takeItem(payload, at);
        break;
      case 'token_usage_record':
        this.hasRecords = true;
        this.closeCall(textAt(payload, 'response_id') ?? this.ownId(), codexUsage(rowAt(payload, 'usage')), at);
        break;
      case 'event_msg':
        this.takeEvent(payload, at);
        break;
      case 'compacted':
        this.events.push({ type: 'prefix-change', relation: 'compacted' });
        break;
      default:
        if (!QUIET_TYPES.has(type ?? '')) countUnknown(this.draft, type);
    }
  }

  end(): void {
    if (this.open.blockCount > 0) this.closeCall(this.ownId(), undefined, undefined);
  }

  private takeMeta(meta: Row): void {
    this.metas.push(meta);
    this.identity = identityOf(this.metas);
    this.draft.sessionId = this.identity.sessionId ?? this.draft.sessionId;
    this.draft.branchedFrom = this.identity.parentId;
    if (this.metas.length > 1) return;
    this.draft.clientVersion = textAt(meta, 'cli_version');
    this.draft.folder = textAt(meta, 'cwd');
    this.provider = textAt(meta, 'model_provider');
    this.copied.begin(this.identity.startedAt);
  }

  private ownId(): string {
    return `${this.draft.sessionId}/${this.events.length}`;
  }

  private takeContext(payload: Row | undefined): void {
    this.model = textAt(payload, 'model') ?? this.model;
    if (this.model !== undefined) {
      for (const call of this.unnamed) call.requestedModel = this.model;
      this.unnamed = [];
    }
    const effort =
      textAt(payload, 'effort') ?? textAt(rowAt(rowAt(payload, 'collaboration_mode'), 'settings'), 'reasoning_effort');
    if (this.effort !== undefined && effort !== this.effort)
      this.events.push({ type: 'prefix-change', relation: 'effort-changed' });
    this.effort = effort;
  }

  private takeItem(item: Row | undefined, at: At | undefined): void {
    const type = textAt(item, 'type');
    if (type === 'message' && textAt(item, 'role') !== 'assistant') {
      this.takeInput(item, at);
      return;
    }
    if (type?.endsWith('_output') === true) {
      this.takeOutput(item, at);
      return;
    }
    this.open.blockCount += 1;
    this.open.at ??= at;
    this.takeAnswer(item, type ?? '');
  }

  private takeAnswer(item: Row | undefined, type: string): void {
    if (type === 'message') {
      for (const part of rowsAt(item, 'content')) this.open.textCharCount += textAt(part, 'text')?.length ?? 0;
    } else if (type.endsWith('_call')) {
      const id = textAt(item, 'call_id') ?? textAt(item, 'id') ?? '';
      const name = textAt(item, 'name') ?? type.replace(/_call$/u, '');
      this.open.toolCalls.push(toolAsked(id, name, item?.['arguments'] ?? item?.['input'] ?? item?.['action']));
    } else if (type !== 'reasoning') countUnknown(this.draft, `response_item.${type}`);
  }

  /** The harness speaks as the user too: only text that a person wrote starts a turn. */
  private takeInput(item: Row | undefined, at: At | undefined): void {
    if (textAt(item, 'role') !== 'user') return;
    const parts = rowsAt(item, 'content');
    const kinds = listAt(rowAt(item, 'internal_chat_message_metadata_passthrough'), 'content_item_kinds');
    const text = parts
      .filter((part, index) =>
        kinds.length > 0 ? kinds[index] === 'user.text' : textAt(part, 'text')?.startsWith('<') === false,
      )
      .map((part) => textAt(part, 'text') ?? '')
      .join('\n');
    this.inputAt = at;
    if (text !== '') this.events.push(userSaid(at, text, parts.length));
  }

  private takeOutput(item: Row | undefined, at: At | undefined): void {
    const raw = item?.['output'];
    const output =
      typeof raw === 'string' ? raw : (textAt(rowAt(item, 'output'), 'content') ?? JSON.stringify(raw ?? ''));
    const event: ThreadEvent = {
      type: 'tool-result',
      toolCallId: textAt(item, 'call_id') ?? '',
      isError: isFailure(output),
      ...outputOf(output),
    };
    if (this.open.blockCount > 0) this.open.results.push(event);
    else this.events.push(event);
    this.inputAt = at;
  }

  private takeEvent(payload: Row | undefined, at: At | undefined): void {
    const type = textAt(payload, 'type');
    if (type === 'turn_aborted') this.events.push({ type: 'interrupted' });
    else if (type === 'context_compacted') this.events.push({ type: 'prefix-change', relation: 'compacted' });
    else if (type === 'token_count') this.takeCount(rowAt(payload, 'info'), at);
  }

  /** A running total that has grown is a call, where no record of its own says so. */
  private takeCount(info: Row | undefined, at: At | undefined): void {
    const totals = rowAt(info, 'total_token_usage');
    const last = codexUsage(rowAt(info, 'last_token_usage'));
    const total = JSON.stringify(totals ?? null);
    if (last === undefined || total === this.lastTotal) return;
    this.lastTotal = total;
    if (!this.hasRecords) this.closeCall(this.countedId(total, at), last, at);
    if (totals !== undefined) this.lineage.remember(this.draft.sessionId, total, this.lastCallId);
  }

  private countedId(total: string, at: At | undefined): string {
    const copied = this.copied.holds(at) ? this.lineage.ancestorCallId(this.identity.ancestorIds, total) : undefined;
    return copied ?? (total === 'null' ? this.ownId() : totalCallId(this.draft.sessionId, total));
  }

  private closeCall(callId: string, usage: Usage | undefined, at: At | undefined): void {
    const { open } = this;
    this.open = emptyAnswer();
    this.lastCallId = callId;
    const call: MutableCall = {
      type: 'call',
      callId,
      at: this.inputAt ?? open.at ?? at,
      endedAt: at,
      requestedModel: this.model ?? 'unknown',
      provider: this.provider,
      effort: this.effort,
      usage,
      finish: usage === undefined ? 'aborted' : open.toolCalls.length > 0 ? 'tool-calls' : 'stop',
      textCharCount: open.textCharCount,
      blockCount: Math.max(1, open.blockCount),
      toolCalls: open.toolCalls,
    };
    if (this.model === undefined) this.unnamed.push(call);
    this.events.push(call, ...open.results);
  }
}

interface OpenAnswer {
  at: At | undefined;
  blockCount: number;
  textCharCount: number;
  readonly toolCalls: ToolCallEvent[];
  readonly results: ThreadEvent[];
}

function emptyAnswer(): OpenAnswer {
  return { at: undefined, blockCount: 0, textCharCount: 0, toolCalls: [], results: [] };
}

function codexUsage(usage: Row | undefined): Usage | undefined {
  return inclusiveUsage({
    prompt: countAt(usage, 'input_tokens'),
    read: countAt(usage, 'cached_input_tokens'),
    write: countAt(usage, 'cache_write_input_tokens'),
    output: countAt(usage, 'output_tokens'),
    reasoning: countAt(usage, 'reasoning_output_tokens'),
  });
}

function isFailure(output: string): boolean | undefined {
  const code = /(?:exit code|Process exited with code|"exit_code"):?\s*(\d+)/iu.exec(output.slice(0, 400))?.[1];
  if (code !== undefined) return code !== '0';
  return /^(?:unsupported call|failed to parse function arguments|execution error)/iu.test(output) ? true : undefined;
}
