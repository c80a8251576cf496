import type { JSX } from 'preact';
import type { TimelineStep, TimelineView } from '../answers.ts';
import { get } from '../api.ts';
import { CallTable } from '../call-table.tsx';
import { percent, plural, usd } from '../format.ts';
import { At, Figure, Shown } from '../parts.tsx';
import { hashOf, type Route } from '../route.ts';
import { useAnswer } from '../use-answer.ts';

/** What a session or job did, step by step: where each step went and why, its calls warm or cold, what checks said. */
export function SessionView({ route }: { readonly route: Route }): JSX.Element {
  const answer = useAnswer(route.id, () => get<TimelineView>(`sessions/${encodeURIComponent(route.id)}`));
  return (
    <Shown answer={answer}>
      {(timeline) => (
        <>
          <Summary timeline={timeline} />
          {timeline.isCut ? <p class="quiet">The first calls of the session; there are more.</p> : null}
          <ol class="timeline">
            {timeline.steps.map((step) => (
              <Step step={step} key={`${step.stepId} ${step.attempt} ${step.at}`} />
            ))}
          </ol>
        </>
      )}
    </Shown>
  );
}

function Summary({ timeline: { id, job, steps } }: { readonly timeline: TimelineView }): JSX.Element {
  const calls = steps.flatMap((step) => step.calls);
  const sum = (pick: (call: (typeof calls)[number]) => number | undefined): number =>
    calls.reduce((total, call) => total + (pick(call) ?? 0), 0);
  const switches = steps.filter(({ decision }) => decision?.kind === 'switch' && decision.from !== undefined).length;
  const escalations = steps.filter(({ decision }) => decision?.kind === 'escalate').length;
  const unknown = calls.filter(
    ({ billNanoUsd, errorCode }) => billNanoUsd === undefined && errorCode === undefined,
  ).length;
  return (
    <>
      <p class="id">{id}</p>
      {job === undefined ? null : (
        <p>
          <b>{job.task}</b> <span class={`tag ${job.status}`}>{job.status}</span> in {job.workspace}, policy{' '}
          {job.policyId} at dial {job.dial}
          {job.failure === undefined ? null : <span class="fault"> {job.failure.message}</span>}
          {job.pause === undefined ? null : <span class="fault"> {job.pause.question}</span>}
          {job.goOn === undefined ? null : (
            <>
              {' '}
              This page only reads; answer in a terminal: <code>{job.goOn}</code>
            </>
          )}
        </p>
      )}
      <dl class="figures">
        <Figure
          name="Spent"
          value={usd(sum((call) => call.billNanoUsd))}
          more={unknown === 0 ? undefined : `and ${plural(unknown, 'call')} unknown`}
        />
        <Figure
          name="Steps"
          value={String(steps.length)}
          more={`${plural(switches, 'switch').replace('switchs', 'switches')}, ${plural(escalations, 'escalation')}`}
        />
        <Figure name="Calls" value={String(calls.length)} />
        <Figure
          name="Read from caches"
          value={percent(sum((call) => call.cacheReadTokens) / sum((call) => call.promptTokens))}
        />
      </dl>
    </>
  );
}

function Step({ step }: { readonly step: TimelineStep }): JSX.Element {
  const { decision, outcome, calls } = step;
  return (
    <li>
      <h2>
        <span class="tag">{step.kind ?? 'call'}</span> {step.title === '' ? step.stepId : step.title}
        {step.attempt === 0 ? null : <small> try {step.attempt + 1}</small>}
      </h2>
      <p>
        <At at={step.at} />
        {decision === undefined ? null : (
          <>
            {' · '}
            <a href={hashOf('decision', decision.decisionId)}>
              <span class={`tag ${decision.kind}`}>{decision.kind}</span>{' '}
              {decision.from === undefined || decision.from === decision.to ? '' : `${decision.from} → `}
              {decision.to ?? 'no model'}
            </a>{' '}
            {decision.reason}
          </>
        )}
      </p>
      {outcome === undefined ? null : (
        <p>
          <span class={`tag ${outcome.status}`}>{outcome.status}</span> {outcome.summary}
          {outcome.checks.map((check) => (
            <span class="check">
              {check.passed ? '✓' : '✗'} {check.verifierId}: {check.summary}
            </span>
          ))}
        </p>
      )}
      {calls.length === 0 ? null : (
        <details open={calls.length <= 4}>
          <summary>{plural(calls.length, 'call')}</summary>
          <CallTable caption="Calls of this step" calls={calls} />
        </details>
      )}
    </li>
  );
}
