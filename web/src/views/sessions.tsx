import type { JSX } from 'preact';
import type { Sessions } from '../answers.ts';
import { get } from '../api.ts';
import { filtersOf, Filters, go } from '../filters.tsx';
import { plural, span, usd } from '../format.ts';
import { At, SessionLink, Shown, Table, Warm } from '../parts.tsx';
import type { Route } from '../route.ts';
import { useAnswer } from '../use-answer.ts';

const PAGE = 50;

export function SessionsView({ route }: { readonly route: Route }): JSX.Element {
  const offset = Number(route.query['offset'] ?? 0) || 0;
  const query = { ...filtersOf(route), offset: String(offset) };
  const answer = useAnswer(JSON.stringify(query), () => get<Sessions>('sessions', query));
  return (
    <>
      <Filters route={route} />
      <Shown answer={answer}>
        {({ sessions }) => (
          <>
            <Table
              caption="Sessions and jobs, the latest first"
              rows={sessions}
              keyOf={(row) => row.sessionId}
              empty="No session is recorded in this span."
              columns={[
                { title: 'Session', of: (row) => <SessionLink id={row.sessionId} /> },
                { title: 'By', of: (row) => (row.jobId === undefined ? (row.harness ?? 'gateway') : 'job') },
                { title: 'Where', of: (row) => row.workspace ?? row.key ?? '' },
                { title: 'Last', of: (row) => <At at={row.lastAt} /> },
                { title: 'Lasted', of: (row) => span(row.lastAt - row.firstAt), isNumber: true },
                { title: 'Calls', of: (row) => row.callCount, isNumber: true },
                { title: 'Models', of: (row) => row.modelCount, isNumber: true },
                { title: 'Warm', of: (row) => <Warm read={row.cacheReadTokens} prompt={row.promptTokens} /> },
                { title: 'Spent', of: (row) => usd(row.billNanoUsd), isNumber: true },
                {
                  title: 'Unknown',
                  of: (row) => (row.unknownBillCallCount === 0 ? '' : plural(row.unknownBillCallCount, 'call')),
                  isNumber: true,
                },
              ]}
            />
            <p class="tabs">
              {offset > 0 ? (
                <button type="button" onClick={() => go(route, { offset: String(Math.max(0, offset - PAGE)) })}>
                  Newer
                </button>
              ) : null}
              {sessions.length === PAGE ? (
                <button type="button" onClick={() => go(route, { offset: String(offset + PAGE) })}>
                  Older
                </button>
              ) : null}
            </p>
          </>
        )}
      </Shown>
    </>
  );
}
