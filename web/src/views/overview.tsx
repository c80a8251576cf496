import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { BudgetRow, Overview, PauseView, SpendGroup, SpendView } from '../answers.ts';
import { get } from '../api.ts';
import { CallTable } from '../call-table.tsx';
import { loadDrawing, SpendChart, type Series } from '../chart.tsx';
import { filtersOf, Filters, go } from '../filters.tsx';
import { percent, plural, span, tokens, usd } from '../format.ts';
import { At, Figure, SessionLink, Shown, Table } from '../parts.tsx';
import type { Route } from '../route.ts';
import { useAnswer, useEvery } from '../use-answer.ts';

const DIMENSIONS = ['model', 'key', 'harness', 'project'] as const;
type Dimension = (typeof DIMENSIONS)[number];
const REFRESH_MS = 15_000;

export function OverviewView({ route }: { readonly route: Route }): JSX.Element {
  const [round, setRound] = useState(0);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const query = { ...filtersOf(route), zone };
  const key = JSON.stringify(query);
  const answer = useAnswer(`${key} ${round}`, () => get<Overview>('overview', query));
  useEvery(REFRESH_MS, () => setRound(round + 1));
  useEffect(() => void loadDrawing().catch(() => undefined), []);
  return (
    <>
      <Filters route={route} />
      <Shown answer={answer}>
        {({ spend, calls, budgets, viewer }) => (
          <>
            <Totals spend={spend} />
            <Spending spend={spend} route={route} />
            <Budgets budgets={budgets} isKey={viewer.sees === 'key'} />
            <Pauses query={query} />
            <h2>Latest calls</h2>
            <CallTable caption="The latest calls" calls={calls} />
          </>
        )}
      </Shown>
    </>
  );
}

function Totals({ spend: { total } }: { readonly spend: SpendView }): JSX.Element {
  const unknown =
    total.unknownBillCallCount === 0
      ? undefined
      : `and ${plural(total.unknownBillCallCount, 'call')} with an unknown bill`;
  return (
    <dl class="figures">
      <Figure name="Spent" value={usd(total.billNanoUsd)} more={unknown} />
      <Figure name="Calls" value={total.callCount.toLocaleString('en-US')} />
      <Figure
        name="Read from caches"
        value={percent(total.cacheReadTokens / total.promptTokens)}
        more={`of ${tokens(total.promptTokens)} tokens sent`}
      />
      <Figure name="Written by models" value={tokens(total.outputTokens)} more="tokens" />
    </dl>
  );
}

function Spending({ spend, route }: { readonly spend: SpendView; readonly route: Route }): JSX.Element {
  const by = DIMENSIONS.find((one) => one === route.query['by']) ?? 'model';
  const groups = spend.by[by];
  const series = useMemo(() => seriesOf(groups), [groups]);
  return (
    <section aria-labelledby="spending">
      <h2 id="spending">Spending by {by}</h2>
      <p class="tabs">
        {DIMENSIONS.map((one) => (
          <button type="button" aria-pressed={one === by} onClick={() => go(route, { by: one })}>
            {one}
          </button>
        ))}
      </p>
      {spend.days.length === 0 ? (
        <p class="quiet">Nothing was spent in this span.</p>
      ) : (
        <SpendChart days={spend.days} series={series} />
      )}
      <GroupTable by={by} groups={groups} route={route} />
    </section>
  );
}

/** As many as there are colours; together they come to what the table below says. */
const MOST_SERIES = 8;

function seriesOf(groups: readonly SpendGroup[]): readonly Series[] {
  const series = groups.map(({ name, nanoUsdByDay }) => ({ name, nano: nanoUsdByDay }));
  if (series.length <= MOST_SERIES) return series;
  const rest = series.slice(MOST_SERIES - 1);
  const nano = rest[0]?.nano.map((_, day) => rest.reduce((sum, one) => sum + (one.nano[day] ?? 0), 0)) ?? [];
  return [...series.slice(0, MOST_SERIES - 1), { name: '(others)', nano }];
}

function GroupTable({
  by,
  groups,
  route,
}: {
  readonly by: Dimension;
  readonly groups: readonly SpendGroup[];
  readonly route: Route;
}): JSX.Element {
  const isFilter = by !== 'project';
  return (
    <Table
      caption={`Spending by ${by}`}
      rows={groups}
      keyOf={({ name }) => name}
      empty="Nothing was spent in this span."
      columns={[
        {
          title: by,
          of: ({ name }) =>
            isFilter && !name.startsWith('(') ? (
              <button type="button" class="link" onClick={() => go(route, { [by]: name })}>
                {name}
              </button>
            ) : (
              name
            ),
        },
        { title: 'Spent', of: (row) => usd(row.billNanoUsd), isNumber: true },
        {
          title: 'Unknown',
          of: (row) => (row.unknownBillCallCount === 0 ? '' : plural(row.unknownBillCallCount, 'call')),
          isNumber: true,
        },
        { title: 'Calls', of: (row) => row.callCount.toLocaleString('en-US'), isNumber: true },
        { title: 'Sent', of: (row) => tokens(row.promptTokens), isNumber: true },
        { title: 'From caches', of: (row) => percent(row.cacheReadTokens / row.promptTokens), isNumber: true },
        { title: 'Written', of: (row) => tokens(row.outputTokens), isNumber: true },
      ]}
    />
  );
}

function Budgets({ budgets, isKey }: { readonly budgets: readonly BudgetRow[]; readonly isKey: boolean }): JSX.Element {
  const rows = budgets.flatMap(
    (row): readonly (BudgetRow & { readonly period: BudgetRow['periods'][number] | undefined })[] =>
      row.periods.length === 0 ? [{ ...row, period: undefined }] : row.periods.map((period) => ({ ...row, period })),
  );
  return (
    <section aria-labelledby="budgets">
      <h2 id="budgets">Budgets</h2>
      <Table
        caption={isKey ? 'What this key may spend' : 'What access keys may spend'}
        rows={rows}
        keyOf={(row) => `${row.keyId} ${row.period?.period ?? ''}`}
        empty="There are no access keys, so nothing but policies limits what is spent."
        columns={[
          { title: 'Key', of: (row) => row.name },
          { title: 'Period', of: (row) => (row.period === undefined ? 'no budget' : row.period.period) },
          {
            title: 'Budget',
            of: (row) => (row.period === undefined ? '–' : usd(row.period.limitNanoUsd)),
            isNumber: true,
          },
          { title: 'Spent', of: (row) => usd(row.period?.spentNanoUsd ?? row.spentNanoUsd), isNumber: true },
          {
            title: 'Left',
            of: (row) => (row.period === undefined ? '–' : usd(row.period.leftNanoUsd)),
            isNumber: true,
          },
          {
            title: 'Used',
            of: ({ name, period }) =>
              period === undefined ? null : (
                <meter
                  min={0}
                  max={1}
                  high={0.9}
                  optimum={0}
                  value={period.limitNanoUsd === 0 ? 1 : 1 - period.leftNanoUsd / period.limitNanoUsd}
                  aria-label={`used of the budget of ${name}`}
                />
              ),
          },
        ]}
      />
    </section>
  );
}

function Pauses({ query }: { readonly query: Readonly<Record<string, string | undefined>> }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>What pauses cost</summary>
      {isOpen ? <PauseTable query={query} /> : null}
    </details>
  );
}

function PauseTable({ query }: { readonly query: Readonly<Record<string, string | undefined>> }): JSX.Element {
  const answer = useAnswer(JSON.stringify(query), () => get<PauseView>('pauses', query));
  return (
    <Shown answer={answer}>
      {(pauses) => (
        <>
          <p>
            {plural(pauses.returnCount, 'prompt')} came back to a cold cache after a pause: {usd(pauses.costNanoUsd)}{' '}
            more than warm ones, at list prices (modelled).
          </p>
          <Table
            caption="The dearest returns"
            rows={pauses.returns}
            keyOf={(row) => `${row.sessionId} ${row.at}`}
            empty="No pause of this span lost a cache."
            columns={[
              { title: 'Session', of: (row) => <SessionLink id={row.sessionId} /> },
              { title: 'When', of: (row) => <At at={row.at} /> },
              { title: 'Model', of: (row) => row.model },
              { title: 'Pause', of: (row) => span(row.pauseMs), isNumber: true },
              { title: 'Sent anew', of: (row) => tokens(row.lostTokens), isNumber: true },
              { title: 'Cost', of: (row) => usd(row.costNanoUsd), isNumber: true },
            ]}
          />
        </>
      )}
    </Shown>
  );
}
