import type { JSX } from 'preact';
import type { ListedCall, CallView } from './answers.ts';
import { ms, tokens, usd } from './format.ts';
import { At, Bill, SessionLink, Table, Warm, type Column } from './parts.tsx';
import { hashOf } from './route.ts';

const COLUMNS: readonly Column<CallView>[] = [
  { title: 'Time', of: (call) => <At at={call.at} /> },
  { title: 'Session', of: (call) => <SessionLink id={call.jobId ?? call.sessionId} /> },
  { title: 'Kind', of: (call) => call.purpose ?? call.kind ?? '' },
  {
    title: 'Model',
    of: (call) => (
      <span>
        {call.decisionId === undefined ? call.model : <a href={hashOf('decision', call.decisionId)}>{call.model}</a>}
        {call.fallbackFrom.length === 0 ? null : <small> instead of {call.fallbackFrom.join(', ')}</small>}
      </span>
    ),
  },
  { title: 'Prompt', of: (call) => tokens(call.promptTokens), isNumber: true },
  { title: 'Warm', of: (call) => <Warm read={call.cacheReadTokens} prompt={call.promptTokens} /> },
  { title: 'Answer', of: (call) => tokens(call.outputTokens), isNumber: true },
  { title: 'Bill', of: (call) => <Bill nano={call.billNanoUsd} more={call.mayHaveBilledNanoUsd} />, isNumber: true },
  { title: 'Predicted', of: (call) => usd(call.predictedBillNanoUsd), isNumber: true },
  { title: 'Took', of: (call) => ms(call.durationMs), isNumber: true },
  { title: 'Outcome', of: (call) => call.errorCode ?? call.finishReason ?? '' },
];

export function CallTable({
  caption,
  calls,
}: {
  readonly caption: string;
  readonly calls: readonly (CallView | ListedCall)[];
}): JSX.Element {
  return (
    <Table
      caption={caption}
      columns={COLUMNS}
      rows={calls}
      keyOf={(call) => call.callId}
      empty="No call is recorded here yet."
      markOf={(call) => (call.errorCode === undefined ? undefined : 'bad')}
    />
  );
}
