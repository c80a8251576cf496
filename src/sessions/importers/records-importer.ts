import { toNanoUsd } from '../../domain/money.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { atOf, countAt, numberAt, rowAt, textAt, type Row } from '../fields.ts';
import type { Importer } from '../importer.ts';
import { readRows } from '../read-rows.ts';
import { countUnknown, createSessionDraft, finishSession, type SessionDraft } from '../session-draft.ts';
import { userSaid, type CallEvent } from '../thread-event.ts';
import { usageOf } from '../usage-fields.ts';
import { JSON_LINES } from './row-importer.ts';

/**
 * Our own records as `pointsman export` writes them: a line that names the format, then job, steps, calls and outcomes. Calls in
 * a fresh context are threads of their own, one per step and attempt; the shared transcript is the main thread.
 */
export const recordsImporter: Importer = {
  client: 'pointsman',
  reads: JSON_LINES,
  detect({ rows: [first] }) {
    return textAt(first, 'format') === 'pointsman-records';
  },
  async *read(paths, options) {
    for (const path of paths) {
      const sessions = new Map<string, SessionDraft>();
      const kinds = new Map<string, StepKind>();
      const calls: Row[] = [];
      const losses = { malformedCount: 0, oversizedCount: 0 };
      let unknown = 0;
      for await (const item of readRows(path, options)) {
        if (item.kind !== 'row') {
          losses[`${item.kind}Count`] += 1;
          continue;
        }
        const record = rowAt(item.row, 'record');
        const kind = textAt(item.row, 'kind');
        if (kind === 'step') kinds.set(textAt(record, 'stepId') ?? '', kindOf(textAt(record, 'kind')));
        else if (kind === 'call' && record !== undefined) calls.push(record);
        else if (kind !== 'job' && kind !== 'outcome' && textAt(item.row, 'format') === undefined) unknown += 1;
      }
      calls.sort((a, b) => (atOf(a, 'startedAt') ?? 0) - (atOf(b, 'startedAt') ?? 0));
      for (const call of calls) {
        const sessionId = textAt(call, 'sessionId') ?? path;
        const draft = sessions.get(sessionId) ?? createSessionDraft('pointsman', sessionId, [path]);
        sessions.set(sessionId, draft);
        takeCall(draft, call, kinds);
      }
      const [first] = sessions.values();
      if (first === undefined) options.tally.orphanRowCount += losses.malformedCount + losses.oversizedCount;
      else {
        Object.assign(first.dropped, losses);
        for (let index = 0; index < unknown; index += 1) countUnknown(first, 'record');
      }
      for (const draft of sessions.values()) {
        const trace = finishSession(draft, options);
        if (trace !== undefined) yield trace;
      }
    }
  },
};

function takeCall(draft: SessionDraft, call: Row, kinds: ReadonlyMap<string, StepKind>): void {
  const mode = textAt(call, 'mode') ?? 'continue';
  const stepId = textAt(call, 'stepId');
  const threadId = mode === 'continue' ? 'main' : `${stepId ?? ''}/${countAt(call, 'attempt') ?? 0}`;
  let thread = draft.threads.find((candidate) => candidate.threadId === threadId);
  if (thread === undefined) {
    thread =
      mode === 'continue'
        ? { threadId, events: [] }
        : { threadId, parentThreadId: 'main', agentType: mode, events: [] };
    draft.threads.push(thread);
  }
  const last = thread.events.findLast((event) => event.type === 'call');
  const at = atOf(call, 'startedAt');
  if (last?.stepId !== stepId) thread.events.push(userSaid(at, '', 1));
  thread.events.push(callOf(call, at, stepId === undefined ? undefined : kinds.get(stepId)));
}

function callOf(call: Row, at: number | undefined, stepKind: StepKind | undefined): CallEvent {
  const usage = rowAt(call, 'usage');
  const durationMs = numberAt(call, 'durationMs');
  const bill = numberAt(call, 'billNanoUsd');
  const finish = textAt(call, 'finishReason');
  return {
    type: 'call',
    callId: textAt(call, 'callId') ?? '',
    requestId: textAt(call, 'requestId'),
    at,
    endedAt: at === undefined || durationMs === undefined ? undefined : at + Math.round(durationMs),
    ttftMs: numberAt(call, 'ttftMs'),
    requestedModel: textAt(call, 'requestedModel') ?? 'unknown',
    provider: textAt(call, 'endpoint'),
    usage: usageOf({
      uncached: countAt(usage, 'uncachedTokens'),
      read: countAt(usage, 'cacheReadTokens'),
      write: countAt(usage, 'cacheWriteTokens'),
      write1h: countAt(usage, 'cacheWrite1hTokens'),
      output: countAt(usage, 'outputTokens'),
      reasoning: countAt(usage, 'reasoningTokens'),
    }),
    loggedCostNanoUsd: bill !== undefined && Number.isSafeInteger(bill) ? toNanoUsd(bill) : undefined,
    finish:
      finish === 'stop' || finish === 'tool-calls' || finish === 'length' || finish === 'refusal'
        ? finish
        : textAt(call, 'errorCode') === undefined
          ? 'other'
          : 'error',
    textCharCount: 0,
    blockCount: 1,
    toolCalls: [],
    stepKind,
    stepId: textAt(call, 'stepId'),
  };
}

export function kindOf(kind: string | undefined): StepKind {
  return STEP_KINDS.find((known) => known === kind) ?? 'other';
}
