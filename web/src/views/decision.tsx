import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ChoiceView, Policies, ReplayedChoice } from '../answers.ts';
import { get } from '../api.ts';
import { percent, tokens, usd } from '../format.ts';
import { At, SessionLink, Shown, Table } from '../parts.tsx';
import type { Route } from '../route.ts';
import { useAnswer } from '../use-answer.ts';

export function DecisionView({ route }: { readonly route: Route }): JSX.Element {
  const answer = useAnswer(route.id, () => get<ChoiceView>(`decisions/${encodeURIComponent(route.id)}`));
  return (
    <Shown answer={answer}>
      {(choice) => (
        <>
          <p class="id">{choice.decisionId}</p>
          <p class="lead">{choice.headline}</p>
          <p>
            <At at={choice.at} /> · {choice.stepKind} step{choice.title === '' ? '' : ` “${choice.title}”`} of{' '}
            <SessionLink id={choice.jobId ?? choice.sessionId} /> · policy {choice.policyId} at dial {choice.dial}
            {choice.named === undefined ? null : ` · its caller named ${choice.named}`}
          </p>
          <ul>
            {choice.reasons.map((reason) => (
              <li>{reason}</li>
            ))}
          </ul>
          <Candidates choice={choice} caption="Candidates, the cheapest in total first" />
          <WhyNot choice={choice} />
          <Replay choice={choice} />
          <Rejected choice={choice} />
          <details class="more">
            <summary>As the command line says it</summary>
            <pre tabIndex={0}>{choice.text}</pre>
          </details>
        </>
      )}
    </Shown>
  );
}

function Candidates({
  choice,
  caption,
}: {
  readonly choice: Pick<ChoiceView, 'candidates' | 'to' | 'mode'>;
  readonly caption: string;
}): JSX.Element {
  const [isAll, setAll] = useState(false);
  const rows = isAll ? choice.candidates : choice.candidates.slice(0, 12);
  return (
    <>
      <Table
        caption={caption}
        rows={rows}
        keyOf={(row) => `${row.model} ${row.mode}`}
        empty="No model could take this step."
        markOf={(row) => (row.model === choice.to && row.mode === choice.mode ? 'chosen' : undefined)}
        columns={[
          { title: 'Model', of: (row) => row.model },
          { title: 'Mode', of: (row) => row.mode },
          { title: 'P(success)', of: (row) => percent(row.successRatio), isNumber: true },
          { title: 'Warm', of: (row) => (row.warmTokens === 0 ? '–' : tokens(row.warmTokens)), isNumber: true },
          { title: 'Bill', of: (row) => usd(row.billNanoUsd), isNumber: true },
          { title: 'Failure', of: (row) => usd(row.failureNanoUsd), isNumber: true },
          { title: 'Checks', of: (row) => usd(row.ladderNanoUsd), isNumber: true },
          { title: 'Frontier', of: (row) => usd(row.frontierPenaltyNanoUsd), isNumber: true },
          { title: 'Waiting', of: (row) => usd(row.latencyNanoUsd), isNumber: true },
          { title: 'Future', of: (row) => usd(row.futureNanoUsd), isNumber: true },
          {
            title: 'Total',
            of: (row) => `${row.beatenBy === undefined ? '' : '≥ '}${usd(row.totalNanoUsd)}`,
            isNumber: true,
          },
        ]}
      />
      {choice.candidates.length > rows.length ? (
        <button type="button" onClick={() => setAll(true)}>
          All {choice.candidates.length} candidates
        </button>
      ) : null}
    </>
  );
}

function WhyNot({ choice }: { readonly choice: ChoiceView }): JSX.Element {
  const [model, setModel] = useState('');
  return (
    <section class="ask" aria-labelledby="why-not">
      <h2 id="why-not">Why not …?</h2>
      <label>
        Model{' '}
        <select value={model} onChange={(event) => setModel(event.currentTarget.value)}>
          <option value="">choose one</option>
          {choice.models.map((name) => (
            <option value={name}>{name}</option>
          ))}
        </select>
      </label>
      {model === '' ? null : <Reason id={choice.decisionId} model={model} />}
    </section>
  );
}

function Reason({ id, model }: { readonly id: string; readonly model: string }): JSX.Element {
  const answer = useAnswer(model, () => get<{ readonly text: string }>(`why-not/${encodeURIComponent(id)}`, { model }));
  return <Shown answer={answer}>{({ text }) => <p aria-live="polite">{text}</p>}</Shown>;
}

function Replay({ choice }: { readonly choice: ChoiceView }): JSX.Element {
  const policies = useAnswer('policies', () => get<Policies>('policies'));
  const [asked, setAsked] = useState<{ readonly policy: string; readonly dial: string } | undefined>(undefined);
  const [policy, setPolicy] = useState('');
  const [dial, setDial] = useState('');
  return (
    <section class="ask" aria-labelledby="replay">
      <h2 id="replay">Under another policy</h2>
      <Shown answer={policies}>
        {(known) => (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              setAsked({ policy: policy === '' ? known.activeId : policy, dial });
            }}
          >
            <label>
              Policy{' '}
              <select
                value={policy === '' ? known.activeId : policy}
                onChange={(event) => setPolicy(event.currentTarget.value)}
              >
                {known.policies.map(({ id }) => (
                  <option value={id}>{id}</option>
                ))}
              </select>
            </label>{' '}
            <label>
              Dial{' '}
              <select value={dial} onChange={(event) => setDial(event.currentTarget.value)}>
                <option value="">its own</option>
                {Array.from({ length: 11 }, (_, notch) => (
                  <option value={String(notch)}>{notch}</option>
                ))}
              </select>
            </label>{' '}
            <button type="submit">Decide again</button>
          </form>
        )}
      </Shown>
      {asked === undefined ? null : <Replayed id={choice.decisionId} asked={asked} />}
    </section>
  );
}

function Replayed({
  id,
  asked,
}: {
  readonly id: string;
  readonly asked: { readonly policy: string; readonly dial: string };
}): JSX.Element {
  const answer = useAnswer(JSON.stringify(asked), () =>
    get<ReplayedChoice>(`replays/${encodeURIComponent(id)}`, asked),
  );
  return (
    <Shown answer={answer}>
      {(again) => (
        <div aria-live="polite">
          <p class="lead">
            <span class={`tag ${again.isOther ? 'switch' : 'stay'}`}>
              {again.isOther ? 'other choice' : 'same choice'}
            </span>{' '}
            {again.headline}
          </p>
          {again.withoutNamed === undefined ? null : (
            <p class="quiet">The caller named {again.withoutNamed}; this is what would be chosen without that.</p>
          )}
          <ul>
            {again.reasons.map((reason) => (
              <li>{reason}</li>
            ))}
          </ul>
          <Candidates choice={again} caption={`Candidates under ${again.policyId} at dial ${again.dial}`} />
        </div>
      )}
    </Shown>
  );
}

function Rejected({ choice }: { readonly choice: ChoiceView }): JSX.Element {
  return (
    <details class="more">
      <summary>Not eligible ({choice.rejected.length})</summary>
      <Table
        caption="Not eligible"
        rows={choice.rejected}
        keyOf={(row) => `${row.model} ${row.mode ?? ''} ${row.code}`}
        empty="Every model of the pool was eligible."
        columns={[
          { title: 'Model', of: (row) => row.model },
          { title: 'Mode', of: (row) => row.mode ?? 'any' },
          { title: 'Why', of: (row) => row.why },
        ]}
      />
    </details>
  );
}
