import type { At } from '../../domain/time.ts';
import { asRow, atOf, countAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
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
import { createJsonImporter } from './json-importer.ts';
import { createRowImporter, type RowReader } from './row-importer.ts';

/**
 * qwen-code chats (`~/.qwen/projects/<cwd>/chats/<id>.jsonl`, 0.24.4 read on 2026-11-21): one assistant row is one call.
 * Telemetry rows tell of the same calls and are not counted.
 */
export const qwenImporter: Importer = createRowImporter(
  'qwen',
  (rows) => rows.some((row) => textAt(row, 'uuid') !== undefined && Array.isArray(rowAt(row, 'message')?.['parts'])),
  (draft) => new QwenReader(draft),
);

class QwenReader implements RowReader {
  private readonly draft: SessionDraft;
  private readonly events: ThreadEvent[] = [];
  private inputAt: At | undefined;

  constructor(draft: SessionDraft) {
    this.draft = draft;
    draft.threads.push({ threadId: 'main', events: this.events });
  }

  take(row: Row): void {
    this.draft.sessionId = textAt(row, 'sessionId') ?? this.draft.sessionId;
    this.draft.clientVersion ??= textAt(row, 'version');
    this.draft.folder ??= textAt(row, 'cwd');
    const parts = rowsAt(rowAt(row, 'message'), 'parts');
    const at = atOf(row, 'timestamp');
    switch (textAt(row, 'type') ?? '') {
      case 'user':
        this.events.push(userSaid(at, textOfParts(parts), parts.length));
        this.inputAt = at;
        break;
      case 'tool_result':
        for (const part of parts) this.events.push(...resultOf(part, textAt(rowAt(row, 'toolCallResult'), 'status')));
        this.inputAt = at;
        break;
      case 'assistant':
        this.events.push(this.callOf(row, parts, at));
        break;
      case 'system':
        if (textAt(row, 'subtype') === 'chat_compression')
          this.events.push({ type: 'prefix-change', relation: 'compacted' });
        break;
      default:
        countUnknown(this.draft, textAt(row, 'type'));
    }
  }

  private callOf(row: Row, parts: readonly Row[], at: At | undefined): CallEvent {
    const usage = rowAt(row, 'usageMetadata');
    const prompt = countAt(usage, 'promptTokenCount');
    const total = countAt(usage, 'totalTokenCount');
    const candidates = countAt(usage, 'candidatesTokenCount');
    const thoughts = countAt(usage, 'thoughtsTokenCount');
    const output = total !== undefined && prompt !== undefined ? Math.max(total - prompt, candidates ?? 0) : candidates;
    const toolCalls = parts.flatMap((part) => callPart(part));
    return {
      type: 'call',
      callId: textAt(row, 'uuid') ?? `${this.draft.sessionId}/${this.events.length}`,
      at: this.inputAt ?? at,
      endedAt: at,
      requestedModel: textAt(row, 'model') ?? 'unknown',
      usage: inclusiveUsage({ prompt, read: countAt(usage, 'cachedContentTokenCount'), output, reasoning: thoughts }),
      finish: toolCalls.length > 0 ? 'tool-calls' : 'stop',
      textCharCount: textOfParts(parts).length,
      blockCount: Math.max(1, parts.length),
      toolCalls,
    };
  }
}

/**
 * Gemini CLI chats (`<tmp>/<project>/chats/session-*.jsonl`, 0.61.0 read on 2026-11-21): rows repeat under one id and the last
 * wins; `$set` rows patch the file's head.
 */
export const geminiImporter: Importer = createRowImporter(
  'gemini',
  (rows) => rows.some((row) => textAt(row, 'projectHash') !== undefined && textAt(row, 'sessionId') !== undefined),
  (draft) => new GeminiReader(draft),
);

/** Gemini CLI before its chats were rows: the same messages in one JSON object (`session-*.json`, 0.10 read on 2026-11-29). */
export const geminiJsonImporter: Importer = createJsonImporter(
  'gemini',
  (head) => /"sessionId"\s*:/u.test(head) && /"projectHash"\s*:/u.test(head),
  (draft, file) => {
    const reader = new GeminiReader(draft);
    reader.take(file);
    reader.end();
  },
);

class GeminiReader implements RowReader {
  private readonly draft: SessionDraft;
  private readonly events: ThreadEvent[];
  private readonly rows = new Map<string, Row>();
  /** Tool calls whose result stands in a row of its own. */
  private readonly answered = new Set<string>();

  constructor(draft: SessionDraft) {
    this.draft = draft;
    this.events = [];
    draft.threads.push({ threadId: 'main', events: this.events });
  }

  take(row: Row): void {
    this.draft.sessionId = textAt(row, 'sessionId') ?? this.draft.sessionId;
    const patch = rowAt(row, '$set');
    for (const message of [...rowsAt(patch, 'messages'), ...rowsAt(row, 'messages')]) this.keep(message);
    const type = textAt(row, 'type');
    if (type === 'user' || type === 'gemini') this.keep(row);
    else if (type !== undefined && type !== 'info' && type !== 'error' && type !== 'warning')
      countUnknown(this.draft, type);
  }

  end(): void {
    let inputAt: At | undefined;
    for (const row of this.rows.values()) {
      for (const part of rowsAt(row, 'content')) {
        const id = textAt(rowAt(part, 'functionResponse'), 'id');
        if (id !== undefined) this.answered.add(id);
      }
    }
    for (const row of this.rows.values()) {
      const at = atOf(row, 'timestamp');
      if (textAt(row, 'type') === 'user') {
        this.takeUser(row, at);
        inputAt = at;
      } else this.takeAnswer(row, inputAt ?? at, at);
    }
  }

  private keep(row: Row): void {
    const id = textAt(row, 'id');
    if (id !== undefined) this.rows.set(id, row);
    else this.draft.dropped.malformedCount += 1;
  }

  private takeUser(row: Row, at: At | undefined): void {
    const parts = rowsAt(row, 'content');
    for (const part of parts) this.events.push(...resultOf(part, undefined));
    const text = parts.length > 0 ? textOfParts(parts) : (textAt(row, 'content') ?? '');
    if (text !== '' && !text.startsWith('<session_context>')) this.events.push(userSaid(at, text, 1));
  }

  private takeAnswer(row: Row, at: At | undefined, endedAt: At | undefined): void {
    const tokens = rowAt(row, 'tokens');
    const input = countAt(tokens, 'input');
    const output = countAt(tokens, 'output');
    const thoughts = countAt(tokens, 'thoughts') ?? 0;
    const tools = rowsAt(row, 'toolCalls');
    const content = textAt(row, 'content') ?? '';
    this.events.push({
      type: 'call',
      callId: textAt(row, 'id') ?? '',
      at,
      endedAt,
      requestedModel: textAt(row, 'model') ?? 'unknown',
      usage: inclusiveUsage({
        prompt: input === undefined ? undefined : input + (countAt(tokens, 'tool') ?? 0),
        read: countAt(tokens, 'cached'),
        output: output === undefined ? undefined : output + thoughts,
        reasoning: thoughts,
      }),
      finish: tools.length > 0 ? 'tool-calls' : 'stop',
      textCharCount: content.length,
      blockCount: 1 + tools.length,
      toolCalls: tools.map((tool) => toolAsked(textAt(tool, 'id') ?? '', textAt(tool, 'name') ?? '', tool['args'])),
    });
    for (const tool of tools) {
      if (this.answered.has(textAt(tool, 'id') ?? '')) continue;
      const status = textAt(tool, 'status');
      const shown = textAt(tool, 'resultDisplay') ?? '';
      this.events.push({
        type: 'tool-result',
        toolCallId: textAt(tool, 'id') ?? '',
        isError: status === undefined ? undefined : status !== 'success',
        ...outputOf(shown),
        ...(status === 'cancelled' ? { isRejected: true } : {}),
      });
    }
  }
}

function textOfParts(parts: readonly Row[]): string {
  return parts
    .filter((part) => part['thought'] !== true)
    .map((part) => textAt(part, 'text') ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

function callPart(part: Row): readonly ToolCallEvent[] {
  const call = rowAt(part, 'functionCall');
  if (call === undefined) return [];
  return [toolAsked(textAt(call, 'id') ?? '', textAt(call, 'name') ?? '', call['args'])];
}

function resultOf(part: Row, status: string | undefined): readonly ThreadEvent[] {
  const response = rowAt(part, 'functionResponse');
  if (response === undefined) return [];
  const body = asRow(response['response']);
  const error = textAt(body, 'error');
  const output = error ?? textAt(body, 'output') ?? JSON.stringify(body ?? '');
  return [
    {
      type: 'tool-result',
      toolCallId: textAt(response, 'id') ?? '',
      isError: error !== undefined || (status !== undefined && status !== 'success'),
      ...outputOf(output),
    },
  ];
}
