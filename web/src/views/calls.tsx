import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Calls, ListedCall } from '../answers.ts';
import { get } from '../api.ts';
import { CallTable } from '../call-table.tsx';
import { filtersOf, Filters } from '../filters.tsx';
import { Shown } from '../parts.tsx';
import type { Route } from '../route.ts';
import { useAnswer, useEvery } from '../use-answer.ts';

const LOOK_MS = 2000;
const MOST_ROWS = 500;

/** Calls as they end, the newest first; older ones a page at a time. */
export function CallsView({ route }: { readonly route: Route }): JSX.Element {
  const query = filtersOf(route);
  const key = JSON.stringify(query);
  const answer = useAnswer(key, () => get<Calls>('calls', query));
  const [calls, setCalls] = useState<readonly ListedCall[]>([]);
  const [isPaused, setPaused] = useState(false);
  useEffect(() => setCalls(answer.value?.calls ?? []), [answer.value]);
  useEvery(LOOK_MS, () => {
    if (isPaused || answer.value === undefined) return;
    get<Calls>('calls', { ...query, after: String(calls[0]?.seq ?? 0) })
      .then((newer) => newer.calls.length > 0 && setCalls([...newer.calls, ...calls].slice(0, MOST_ROWS)))
      .catch(() => undefined);
  });
  const older = async (): Promise<void> => {
    const page = await get<Calls>('calls', { ...query, before: String(calls.at(-1)?.seq ?? 0) });
    setCalls([...calls, ...page.calls]);
  };
  return (
    <>
      <Filters route={route} />
      <p class="tabs">
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Paused: go on' : 'Live: pause'}
        </button>
      </p>
      <Shown answer={answer}>{() => <CallTable caption="Calls, the newest first" calls={calls} />}</Shown>
      {calls.length >= 50 ? (
        <button type="button" onClick={() => void older()}>
          Older calls
        </button>
      ) : null}
    </>
  );
}
