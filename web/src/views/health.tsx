import type { JSX } from 'preact';
import type { Health } from '../answers.ts';
import { get } from '../api.ts';
import { filtersOf, Filters } from '../filters.tsx';
import { ms, percent } from '../format.ts';
import { At, Shown, Table } from '../parts.tsx';
import type { Route } from '../route.ts';
import { useAnswer } from '../use-answer.ts';

const STATES: Readonly<Record<string, string>> = {
  closed: 'well',
  'half-open': 'being tried',
  open: 'takes no calls now',
};

export function HealthView({ route }: { readonly route: Route }): JSX.Element {
  const query = { ...filtersOf(route), days: route.query['days'] ?? '1' };
  const answer = useAnswer(JSON.stringify(query), () => get<Health>('health', query));
  return (
    <>
      <Filters route={{ ...route, query: { ...route.query, days: query.days } }} />
      <Shown answer={answer}>
        {({ alarms, hosts, circuits }) => (
          <>
            <Table
              caption="Alarms"
              rows={alarms}
              keyOf={(row) => `${row.code} ${row.text}`}
              empty="None is raised."
              markOf={() => 'bad'}
              columns={[
                { title: 'Since', of: (row) => <At at={row.sinceAt} /> },
                { title: 'What', of: (row) => row.text },
                { title: 'What to do', of: (row) => row.hint },
              ]}
            />
            <Table
              caption="Endpoints and models"
              rows={hosts}
              keyOf={(row) => `${row.endpoint} ${row.model}`}
              empty="No call was made in this span."
              markOf={(row) => (row.errorCount / row.callCount > 0.05 ? 'bad' : undefined)}
              columns={[
                { title: 'Endpoint', of: (row) => row.endpoint },
                { title: 'Model', of: (row) => row.model },
                {
                  title: 'Now',
                  of: (row) => {
                    const circuit = circuits.find(
                      ({ endpoint, model }) => endpoint === row.endpoint && model === row.model,
                    );
                    return circuit === undefined ? '–' : (STATES[circuit.state] ?? circuit.state);
                  },
                },
                { title: 'Calls', of: (row) => row.callCount.toLocaleString('en-US'), isNumber: true },
                { title: 'Failed', of: (row) => percent(row.errorCount / row.callCount), isNumber: true },
                { title: 'Last fault', of: (row) => row.lastErrorCode ?? '' },
                { title: 'First token', of: (row) => ms(row.meanTtftMs), isNumber: true },
                { title: 'Slowest', of: (row) => ms(row.worstTtftMs), isNumber: true },
                { title: 'Last call', of: (row) => <At at={row.lastAt} /> },
              ]}
            />
          </>
        )}
      </Shown>
    </>
  );
}
