import { nanoFromUsd } from '../../domain/money.ts';
import { asRow, atOf, countAt, listAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { outputOf, toolAsked, userSaid, type CallEvent, type ThreadEvent } from '../thread-event.ts';
import { usageOf } from '../usage-fields.ts';
import { createJsonImporter } from './json-importer.ts';

/**
 * Cline sessions (`~/.cline/data/sessions/<id>/<id>.messages.json`, 3.0.65 read on 2026-11-21): Anthropic-like messages, each
 * answer with its own metrics. The header file's totals repeat them.
 */
export const clineImporter: Importer = createJsonImporter(
  'cline',
  (head, path) => path.endsWith('.messages.json') && /"messages"\s*:\s*\[/u.test(head),
  (draft, file) => {
    draft.sessionId = textAt(file, 'sessionId') ?? draft.sessionId;
    draft.clientVersion = textAt(rowAt(file, 'origin'), 'version');
    const events: ThreadEvent[] = [];
    draft.threads.push({ threadId: 'main', events });
    for (const [index, message] of rowsAt(file, 'messages').entries()) {
      const id = textAt(message, 'id') ?? `${index}`;
      if (textAt(message, 'role') === 'assistant') events.push(callOf(message, `${draft.sessionId}/${id}`));
      else takeUser(message, events);
    }
  },
);

function callOf(message: Row, callId: string): CallEvent {
  const metrics = rowAt(message, 'metrics');
  const blocks = rowsAt(message, 'content');
  const cost = numberAt(metrics, 'cost');
  const toolCalls = blocks
    .filter((block) => textAt(block, 'type') === 'tool_use')
    .map((block) => toolAsked(textAt(block, 'id') ?? '', textAt(block, 'name') ?? '', block['input']));
  return {
    type: 'call',
    callId,
    at: atOf(message, 'ts'),
    requestedModel: textAt(rowAt(message, 'modelInfo'), 'id') ?? 'unknown',
    provider: textAt(rowAt(message, 'modelInfo'), 'provider'),
    usage: usageOf({
      uncached: countAt(metrics, 'inputTokens'),
      read: countAt(metrics, 'cacheReadTokens'),
      write: countAt(metrics, 'cacheWriteTokens'),
      output: countAt(metrics, 'outputTokens'),
    }),
    loggedCostNanoUsd: cost === undefined || cost <= 0 ? undefined : nanoFromUsd(cost),
    finish: toolCalls.length > 0 ? 'tool-calls' : 'stop',
    textCharCount: blocks.reduce((sum, block) => sum + (textAt(block, 'text')?.length ?? 0), 0),
    blockCount: Math.max(1, blocks.length),
    toolCalls,
  };
}

function takeUser(message: Row, events: ThreadEvent[]): void {
  const blocks = rowsAt(message, 'content');
  for (const block of blocks.filter((candidate) => textAt(candidate, 'type') === 'tool_result')) {
    const parts = listAt(block, 'content').map(asRow);
    const output =
      parts.map((part) => textAt(part, 'result') ?? textAt(part, 'text') ?? '').join('\n') ||
      (textAt(block, 'content') ?? '');
    events.push({
      type: 'tool-result',
      toolCallId: textAt(block, 'tool_use_id') ?? '',
      isError: block['is_error'] === true || parts.some((part) => part?.['success'] === false),
      ...outputOf(output),
    });
  }
  const text = blocks
    .map((block) => textAt(block, 'text') ?? '')
    .join('\n')
    .trim();
  const said = text.replace(/^<user_input[^>]*>/u, '').replace(/<\/user_input>$/u, '');
  if (said !== '') events.push(userSaid(atOf(message, 'ts'), said, blocks.length));
}
