import type { At } from '../../domain/time.ts';
import type { Usage } from '../../domain/usage.ts';
import { asRow, atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { countUnknown, type SessionDraft } from '../session-draft.ts';
import { outputOf, toolAsked, userSaid, type CallEvent, type ThreadEvent } from '../thread-event.ts';
import { inclusiveUsage, spreadUsage } from '../usage-fields.ts';
import { createRowImporter, type RowReader } from './row-importer.ts';

/**
 * Copilot CLI sessions (`~/.copilot/session-state/<id>/events.jsonl`, 1.0.102 read on 2026-11-21). One `session.usage_record` is
 * one call, told before its message; the totals of the shutdown row repeat them. Its `cost` is in premium requests, not in USD.
 * Older versions (1.0.34 to 1.0.68, as users report them in codeburn#676 and copilot-arewecooked#45, read on 2026-11-29) have no
 * record of a call: each `session.shutdown` then sums up the calls per model since the one before it.
 */
export const copilotImporter: Importer = createRowImporter(
  'copilot',
  (rows) => rows.some((row) => textAt(row, 'type') === 'session.start' && rowAt(row, 'data') !== undefined),
  (draft) => new CopilotReader(draft),
);

const QUIET =
  /^(?:session\.(?!usage_record|start|shutdown|compaction_complete)|assistant\.(?:turn_|intent|reasoning|usage)|tool\.execution_(?:start|progress|partial)|system\.|hook\.|skill\.|permission\.|subagent\.)/u;

class CopilotReader implements RowReader {
  private readonly draft: SessionDraft;
  private readonly events: ThreadEvent[] = [];
  private open: CallEvent | undefined;
  private effort: string | undefined;
  private recordCount = 0;
  private inputAt: At | undefined;

  constructor(draft: SessionDraft) {
    this.draft = draft;
    draft.threads.push({ threadId: 'main', events: this.events });
  }

  take(row: Row): void {
    const data = rowAt(row, 'data');
    const type = textAt(row, 'type');
    const at = atOf(row, 'timestamp');
    switch (type ?? '') {
      case 'session.start':
        this.draft.sessionId = textAt(data, 'sessionId') ?? this.draft.sessionId;
        this.draft.clientVersion = textAt(data, 'copilotVersion');
        this.draft.folder = textAt(rowAt(data, 'context'), 'cwd');
        this.effort = textAt(data, 'reasoningEffort');
        break;
      case 'session.compaction_complete':
        this.events.push({ type: 'prefix-change', relation: 'compacted' });
        break;
      case 'session.usage_record':
        this.close();
        this.recordCount += 1;
        this.open = this.callOf(row, rowAt(data, 'usage'));
        break;
      case 'session.shutdown':
        this.close();
        if (this.recordCount === 0) this.takeTotals(rowAt(data, 'modelMetrics'), at);
        this.recordCount = 0;
        this.inputAt = undefined;
        break;
      case 'user.message':
        this.close();
        this.inputAt ??= at;
        this.events.push(userSaid(at, textAt(data, 'content') ?? '', 1));
        break;
      case 'assistant.message':
        this.takeMessage(data);
        break;
      case 'tool.execution_complete':
        this.close();
        this.events.push(resultOf(data));
        break;
      case 'abort':
        this.events.push({ type: 'interrupted' });
        break;
      default:
        if (type === undefined || !QUIET.test(type)) countUnknown(this.draft, type);
    }
  }

  end(): void {
    this.close();
  }

  private close(): void {
    if (this.open !== undefined) this.events.push(this.open);
    this.open = undefined;
  }

  private callOf(row: Row, usage: Row | undefined): CallEvent {
    const endedAt = atOf(row, 'timestamp');
    const duration = numberAt(usage, 'duration');
    return {
      type: 'call',
      callId: textAt(usage, 'apiCallId') ?? textAt(row, 'id') ?? `${this.draft.sessionId}/${this.events.length}`,
      at: endedAt === undefined ? undefined : endedAt - Math.max(0, Math.round(duration ?? 0)),
      endedAt,
      ttftMs: numberAt(usage, 'timeToFirstTokenMs'),
      requestedModel: textAt(usage, 'model') ?? 'unknown',
      provider: textAt(usage, 'modelProvider'),
      effort: this.effort,
      usage: copilotUsage(usage),
      finish: 'unknown',
      textCharCount: 0,
      blockCount: 1,
      toolCalls: [],
    };
  }

  /** Sums of several calls are spread over them: a price may depend on how long a prompt is, and a sum is no prompt. */
  private takeTotals(metrics: Row | undefined, endedAt: At | undefined): void {
    for (const [model, value] of Object.entries(metrics ?? {})) {
      const row = asRow(value);
      const usage = copilotUsage(rowAt(row, 'usage'));
      const count = Math.min(countAt(rowAt(row, 'requests'), 'count') ?? 1, MAX_SUMMED_CALLS);
      if (usage === undefined || count === 0) continue;
      for (const [index, part] of spreadUsage(usage, count).entries()) {
        this.events.push({
          type: 'call',
          callId: `${this.draft.sessionId}/${endedAt ?? this.events.length}/${model}/${index}`,
          at: this.inputAt ?? endedAt,
          endedAt,
          requestedModel: model,
          usage: part,
          finish: 'unknown',
          textCharCount: 0,
          blockCount: 1,
          toolCalls: [],
        });
        this.draft.dropped.summedCallCount += 1;
      }
    }
  }

  private takeMessage(data: Row | undefined): void {
    const requests = rowsAt(data, 'toolRequests');
    if (this.open === undefined) return;
    this.open = {
      ...this.open,
      finish: requests.length > 0 ? 'tool-calls' : 'stop',
      textCharCount: textAt(data, 'content')?.length ?? 0,
      blockCount: 1 + requests.length,
      toolCalls: requests.map((request) =>
        toolAsked(textAt(request, 'toolCallId') ?? '', textAt(request, 'name') ?? '', request['arguments']),
      ),
    };
    this.close();
  }
}

const MAX_SUMMED_CALLS = 10_000;

function copilotUsage(usage: Row | undefined): Usage | undefined {
  return inclusiveUsage({
    prompt: countAt(usage, 'inputTokens'),
    read: countAt(usage, 'cacheReadTokens'),
    write: countAt(usage, 'cacheWriteTokens'),
    output: countAt(usage, 'outputTokens'),
    reasoning: countAt(usage, 'reasoningTokens'),
  });
}

function resultOf(data: Row | undefined): ThreadEvent {
  const output = textAt(asRow(data?.['result']), 'content') ?? '';
  const success = data?.['success'];
  return {
    type: 'tool-result',
    toolCallId: textAt(data, 'toolCallId') ?? '',
    isError: typeof success === 'boolean' ? !success : undefined,
    ...outputOf(output),
  };
}
