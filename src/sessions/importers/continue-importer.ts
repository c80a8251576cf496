import { asRow, countAt, listAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { outputOf, toolAsked, userSaid, type CallEvent, type ThreadEvent } from '../thread-event.ts';
import { inclusiveUsage } from '../usage-fields.ts';
import { createJsonImporter } from './json-importer.ts';

/**
 * Continue sessions (`~/.continue/sessions/<id>.json`, 1.5.47 read on 2026-11-21). No times are logged, the model stands inside
 * `usage`, and costs are rounded to whole cents, too coarse to hold a bill against.
 */
export const continueImporter: Importer = createJsonImporter(
  'continue',
  (head) => /"history"\s*:\s*\[/u.test(head) && /"sessionId"\s*:/u.test(head),
  (draft, file) => {
    draft.sessionId = textAt(file, 'sessionId') ?? draft.sessionId;
    const events: ThreadEvent[] = [];
    draft.threads.push({ threadId: 'main', events });
    for (const [index, item] of rowsAt(file, 'history').entries()) {
      const message = rowAt(item, 'message');
      const role = textAt(message, 'role');
      if (role === 'user') events.push(userSaid(undefined, textOf(message), 1));
      if (role !== 'assistant') continue;
      events.push(callOf(message, `${draft.sessionId}/${index}`));
      for (const state of rowsAt(item, 'toolCallStates')) events.push(resultOf(state));
    }
  },
);

function callOf(message: Row | undefined, callId: string): CallEvent {
  const usage = rowAt(message, 'usage');
  const calls = rowsAt(message, 'toolCalls');
  return {
    type: 'call',
    callId,
    at: undefined,
    requestedModel: textAt(usage, 'model') ?? 'unknown',
    usage: inclusiveUsage({
      prompt: countAt(usage, 'prompt_tokens'),
      read: countAt(rowAt(usage, 'prompt_tokens_details'), 'cached_tokens'),
      write: countAt(rowAt(usage, 'prompt_tokens_details'), 'cache_write_tokens'),
      output: countAt(usage, 'completion_tokens'),
      reasoning: countAt(rowAt(usage, 'completion_tokens_details'), 'reasoning_tokens'),
    }),
    finish: calls.length > 0 ? 'tool-calls' : 'stop',
    textCharCount: textOf(message).length,
    blockCount: 1 + calls.length,
    toolCalls: calls.map((call) =>
      toolAsked(
        textAt(call, 'id') ?? '',
        textAt(rowAt(call, 'function'), 'name') ?? '',
        rowAt(call, 'function')?.['arguments'],
      ),
    ),
  };
}

function resultOf(state: Row): ThreadEvent {
  const output = rowsAt(state, 'output')
    .map((part) => textAt(part, 'content') ?? '')
    .join('\n');
  const status = textAt(state, 'status');
  return {
    type: 'tool-result',
    toolCallId: textAt(state, 'toolCallId') ?? '',
    isError: status === undefined ? undefined : status === 'errored',
    ...outputOf(output),
    ...(status === 'canceled' ? { isRejected: true } : {}),
  };
}

function textOf(message: Row | undefined): string {
  const content = message?.['content'];
  if (typeof content === 'string') return content;
  return listAt(message, 'content')
    .map((part) => textAt(asRow(part), 'text') ?? '')
    .join('\n');
}
