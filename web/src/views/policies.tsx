import type { JSX } from 'preact';
import type { Effect, EffectRow, LearnedRow, ProvedRow } from '../answers.ts';
import { get } from '../api.ts';
import { percent, plural, usd } from '../format.ts';
import { Shown, Table } from '../parts.tsx';
import { useAnswer } from '../use-answer.ts';

/** What each policy and notch of the dial would have done with the steps of the last week. */
export function PoliciesView(): JSX.Element {
  const answer = useAnswer('effect', () => get<Effect>('effect', { days: '7' }));
  return (
    <Shown answer={answer}>
      {(effect) => (
        <>
          <p>
            The latest {plural(effect.stepCount, 'step')} of the last {effect.days} days, decided again with what was
            known then (modelled: each step by itself, expected bills; another model would have written other words).
          </p>
          <Table
            caption="Policies and notches of the dial, and their effect"
            rows={effect.rows}
            keyOf={(row) => `${row.policyId} ${row.dial}`}
            empty="No step was decided in the last week."
            markOf={(row) => (row.isActive ? 'chosen' : undefined)}
            columns={[
              { title: 'Policy', of: (row) => `${row.policyId}${row.isActive ? ' (in force)' : ''}` },
              { title: 'Dial', of: (row) => row.dial, isNumber: true },
              { title: 'Expected bill', of: (row) => usd(row.billNanoUsd), isNumber: true },
              { title: 'P(success)', of: (row) => percent(row.successRatio), isNumber: true },
              { title: 'Elsewhere', of: (row) => `${row.movedCount} of ${row.stepCount}`, isNumber: true },
              { title: 'Refused', of: (row) => row.refusedCount, isNumber: true },
              { title: 'Models', of: (row) => modelsOf(row) },
            ]}
          />
          {effect.learnedFault === undefined ? undefined : (
            <p>What was learned of policies is not known: {effect.learnedFault}</p>
          )}
          <Learned rows={effect.learned} />
          {effect.provedFault === undefined ? undefined : (
            <p>What was proved of policies is not known: {effect.provedFault}</p>
          )}
          <Proved rows={effect.proved} />
        </>
      )}
    </Shown>
  );
}

/** What `pointsman learn` has in force, on trial and proposed; nothing is shown where it was never asked. */
function Learned({ rows }: { readonly rows: readonly LearnedRow[] }): JSX.Element | undefined {
  if (rows.length === 0) return undefined;
  return (
    <Table
      caption="Learned"
      rows={rows}
      keyOf={(row) => `${row.policyId} ${row.stage}`}
      empty=""
      columns={[
        { title: 'What', of: (row) => row.text },
        { title: 'To take it back', of: (row) => row.takeBack },
      ]}
    />
  );
}

/** What `pointsman certify` proved; nothing is shown where it was never asked. */
function Proved({ rows }: { readonly rows: readonly ProvedRow[] }): JSX.Element | undefined {
  if (rows.length === 0) return undefined;
  return (
    <Table
      caption="Proved on held-out rows"
      rows={rows}
      keyOf={(row) => row.policyId}
      empty=""
      columns={[
        { title: 'Policy', of: (row) => row.policyId },
        {
          title: 'At most',
          of: (row) =>
            `${percent(row.worseByRatio)} worse than always ${row.referenceModel}, with ${percent(row.confidenceRatio)} confidence`,
        },
        { title: 'Up to dial', of: (row) => notchesOf(row) },
        { title: 'Rows', of: (row) => row.rowsName },
        { title: 'Stands', of: (row) => (row.outOfDate === undefined ? 'yes' : `no longer: ${row.outOfDate}`) },
      ]}
    />
  );
}

function notchesOf({ kinds }: ProvedRow): string {
  return kinds.flatMap(({ kind, notch }) => (notch === undefined ? [] : [`${kind} ${notch}`])).join(', ');
}

function modelsOf({ models, stepCount }: EffectRow): string {
  return models
    .slice(0, 4)
    .map((one) => `${one.model} ${percent(one.stepCount / stepCount)}`)
    .join(', ');
}
