import { nanoFromUsd } from '../../domain/money.ts';
import { asRow, atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { countUnknown, type SessionDraft, type ThreadDraft } from '../session-draft.ts';
import type { CallFinish } from '../session-trace.ts';
import { toolAsked, userSaid, type ThreadEvent } from '../thread-event.ts';
import { usageOf } from '../usage-fields.ts';
import { kindOf } from './records-importer.ts';
import { createRowImporter, type RowReader } from './row-importer.ts';

/** The documented JSON lines that anyone can produce; see this room's README. */
export const neutralImporter: Importer = createRowImporter(
  'neutral',
  ([first]) => textAt(first, 'type') === 'session' && first?.['v'] === 1,
  (draft) => new NeutralReader(draft),
);

const FINISHES: readonly CallFinish[] = ['stop', 'tool-calls', 'length', 'aborted', 'error', 'refusal', 'other'];
const CHANGES = ['compacted', 'rewound', 'tools-changed', 'system-changed', 'effort-changed'] as const;

class NeutralReader implements RowReader {
  private readonly draft: SessionDraft;

  constructor(draft: SessionDraft) {
    this.draft = draft;
  }

  take(row: Row): void {
    const type = textAt(row, 'type');
    if (type === 'session') {
      this.draft.sessionId = textAt(row, 'sessionId') ?? this.draft.sessionId;
      this.draft.clientVersion = textAt(row, 'client');
      this.draft.branchedFrom = textAt(row, 'branchedFrom');
      return;
    }
    const event = this.eventOf(type, row);
    if (event === undefined) countUnknown(this.draft, type);
    else if (event === 'malformed') this.draft.dropped.malformedCount += 1;
    else this.threadOf(row).events.push(event);
  }

  private threadOf(row: Row): ThreadDraft {
    const threadId = textAt(row, 'thread') ?? 'main';
    let thread = this.draft.threads.find((candidate) => candidate.threadId === threadId);
    if (thread === undefined) {
      const parentThreadId = textAt(row, 'parentThread') ?? (threadId === 'main' ? undefined : 'main');
      thread = { threadId, parentThreadId, agentType: textAt(row, 'agentType'), events: [] };
      this.draft.threads.push(thread);
    }
    return thread;
  }

  private eventOf(type: string | undefined, row: Row): ThreadEvent | 'malformed' | undefined {
    switch (type ?? '') {
      case 'user':
        return userSaid(atOf(row, 'at'), textAt(row, 'text') ?? '', 1);
      case 'call':
        return this.callOf(row);
      case 'tool-result':
        return resultOf(row);
      case 'prefix-change': {
        const relation = CHANGES.find((change) => change === row['relation']);
        return relation === undefined ? 'malformed' : { type: 'prefix-change', relation };
      }
      case 'interrupted':
        return { type: 'interrupted' };
      default:
        return undefined;
    }
  }

  private callOf(row: Row): ThreadEvent | 'malformed' {
    const callId = textAt(row, 'callId');
    const model = textAt(row, 'model');
    if (callId === undefined || model === undefined) return 'malformed';
    const cost = numberAt(row, 'costUsd');
    const usage = rowAt(row, 'usage');
    const tools = rowsAt(row, 'toolCalls');
    const kind = textAt(row, 'stepKind');
    return {
      type: 'call',
      callId: `${this.draft.sessionId}/${callId}`,
      requestId: textAt(row, 'requestId'),
      at: atOf(row, 'at'),
      endedAt: atOf(row, 'endedAt'),
      ttftMs: numberAt(row, 'ttftMs'),
      requestedModel: model,
      servedModel: textAt(row, 'servedModel'),
      provider: textAt(row, 'provider'),
      effort: textAt(row, 'effort'),
      usage: usageOf({
        uncached: countAt(usage, 'uncachedTokens'),
        read: countAt(usage, 'cacheReadTokens'),
        write: countAt(usage, 'cacheWriteTokens'),
        write1h: countAt(usage, 'cacheWrite1hTokens'),
        output: countAt(usage, 'outputTokens'),
        reasoning: countAt(usage, 'reasoningTokens'),
      }),
      loggedCostNanoUsd: cost === undefined || cost < 0 || cost > 1e6 ? undefined : nanoFromUsd(cost),
      finish: FINISHES.find((finish) => finish === row['finish']) ?? 'unknown',
      textCharCount: countAt(row, 'textCharCount') ?? 0,
      blockCount: 1 + tools.length,
      toolCalls: tools.map((tool) => toolAsked(textAt(tool, 'id') ?? '', textAt(tool, 'name') ?? '', tool['input'])),
      stepKind: kind === undefined ? undefined : kindOf(kind),
      stepId: textAt(row, 'stepId'),
    };
  }
}

function resultOf(row: Row): ThreadEvent {
  const output = textAt(row, 'text') ?? '';
  const isError = asRow(row)?.['isError'];
  return {
    type: 'tool-result',
    toolCallId: textAt(row, 'toolCallId') ?? '',
    isError: typeof isError === 'boolean' ? isError : undefined,
    output,
    charCount: countAt(row, 'charCount') ?? output.length,
  };
}
