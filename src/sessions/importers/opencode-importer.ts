import { nanoFromUsd } from '../../domain/money.ts';
import type { Usage } from '../../domain/usage.ts';
import { atOf, countAt, numberAt, rowAt, rowsAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import type { SessionDraft } from '../session-draft.ts';
import type { CallFinish } from '../session-trace.ts';
import { outputOf, toolAsked, userSaid, type ThreadEvent } from '../thread-event.ts';
import { usageOf } from '../usage-fields.ts';
import { createJsonImporter } from './json-importer.ts';

/**
 * opencode's exports (`opencode export`, 1.18.33 read on 2026-11-21): one JSON object a session. One assistant message is one
 * call; `input` excludes cached tokens; session totals are a check, not a second source.
 */
export const opencodeExportImporter: Importer = createJsonImporter(
  'opencode',
  (head) => /"info"\s*:/u.test(head) && /"messages"\s*:\s*\[/u.test(head) && /"sessionID"|"projectID"/u.test(head),
  (draft, file) => {
    const info = rowAt(file, 'info');
    draft.sessionId = textAt(info, 'id') ?? draft.sessionId;
    draft.clientVersion = textAt(info, 'version');
    draft.folder = textAt(info, 'directory');
    draft.branchedFrom = textAt(info, 'parentID');
    const events: ThreadEvent[] = [];
    draft.threads.push({ threadId: 'main', events });
    for (const message of rowsAt(file, 'messages'))
      takeMessage(rowAt(message, 'info'), rowsAt(message, 'parts'), events, draft);
  },
);

/** One message of the first storage form, with its parts. */
export function takeMessage(
  info: Row | undefined,
  parts: readonly Row[],
  events: ThreadEvent[],
  draft: SessionDraft,
): void {
  const time = rowAt(info, 'time');
  if (parts.some((part) => textAt(part, 'type') === 'compaction'))
    events.push({ type: 'prefix-change', relation: 'compacted' });
  const text = parts
    .filter((part) => textAt(part, 'type') === 'text')
    .map((part) => textAt(part, 'text') ?? '')
    .join('\n');
  if (textAt(info, 'role') === 'user') {
    if (text !== '') events.push(userSaid(atOf(time, 'created'), text, parts.length));
    return;
  }
  if (textAt(info, 'role') !== 'assistant') return;
  const tools = parts.filter((part) => textAt(part, 'type') === 'tool');
  const cost = numberAt(info, 'cost');
  events.push({
    type: 'call',
    callId: textAt(info, 'id') ?? `${draft.sessionId}/${events.length}`,
    at: atOf(time, 'created'),
    endedAt: atOf(time, 'completed'),
    requestedModel: textAt(info, 'modelID') ?? 'unknown',
    provider: textAt(info, 'providerID'),
    usage: opencodeUsage(rowAt(info, 'tokens')),
    // 0 is what opencode writes for a model it has no price for.
    loggedCostNanoUsd: cost === undefined || cost <= 0 ? undefined : nanoFromUsd(cost),
    finish: opencodeFinish(textAt(info, 'finish'), rowAt(info, 'error')),
    textCharCount: text.length,
    blockCount: Math.max(1, parts.length),
    toolCalls: tools.map((tool) =>
      toolAsked(textAt(tool, 'callID') ?? '', textAt(tool, 'tool') ?? '', rowAt(tool, 'state')?.['input']),
    ),
  });
  for (const tool of tools) events.push(resultOf(tool));
}

/** `total` tells whether reasoning is inside `output` or beside it. */
export function opencodeUsage(tokens: Row | undefined): Usage | undefined {
  const cache = rowAt(tokens, 'cache');
  const uncached = countAt(tokens, 'input');
  const read = countAt(cache, 'read');
  const write = countAt(cache, 'write');
  const total = countAt(tokens, 'total');
  const output = countAt(tokens, 'output');
  const rest = total === undefined ? undefined : total - (uncached ?? 0) - (read ?? 0) - (write ?? 0);
  return usageOf({
    uncached,
    read,
    write,
    output: rest !== undefined && output !== undefined && rest >= output ? rest : output,
    reasoning: countAt(tokens, 'reasoning'),
  });
}

export function opencodeFinish(finish: string | undefined, error: Row | undefined): CallFinish {
  if (error !== undefined) return textAt(error, 'name') === 'MessageAbortedError' ? 'aborted' : 'error';
  if (finish === undefined) return 'unknown';
  if (finish === 'stop' || finish === 'tool-calls' || finish === 'length') return finish;
  return 'other';
}

function resultOf(tool: Row): ThreadEvent {
  const state = rowAt(tool, 'state');
  const status = textAt(state, 'status');
  const output = textAt(state, 'output') ?? textAt(state, 'error') ?? '';
  return {
    type: 'tool-result',
    toolCallId: textAt(tool, 'callID') ?? '',
    isError: status === 'error' ? true : status === 'completed' ? false : undefined,
    ...outputOf(output),
    ...(/rejected permission/iu.test(output) && status === 'error' ? { isRejected: true } : {}),
  };
}
