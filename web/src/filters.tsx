import type { JSX } from 'preact';
import { hashOf, type Route } from './route.ts';

const SPANS = [
  ['1', 'last day'],
  ['7', 'last 7 days'],
  ['30', 'last 30 days'],
  ['90', 'last 90 days'],
  ['365', 'last year'],
] as const;

/** What every list can be narrowed by; it stands in the address, so that it can be sent to somebody. */
const FILTERS = ['days', 'model', 'key', 'harness', 'text'] as const;

export function filtersOf(route: Route): Record<string, string | undefined> {
  return Object.fromEntries(FILTERS.map((name) => [name, route.query[name]]));
}

export function go(route: Route, change: Readonly<Record<string, string | undefined>>): void {
  location.hash = hashOf(route.view, route.id, { ...route.query, ...change });
}

export function Filters({ route }: { readonly route: Route }): JSX.Element {
  const { query } = route;
  const set = FILTERS.filter((name) => name !== 'days' && name !== 'text' && query[name] !== undefined);
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        Span{' '}
        <select value={query['days'] ?? '30'} onChange={(event) => go(route, { days: event.currentTarget.value })}>
          {SPANS.map(([days, name]) => (
            <option value={days}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Search{' '}
        <input
          id="search"
          type="search"
          maxLength={200}
          placeholder="model, session, key, error"
          value={query['text'] ?? ''}
          onChange={(event) => go(route, { text: event.currentTarget.value })}
        />
      </label>
      {set.map((name) => (
        <button type="button" class="chip" onClick={() => go(route, { [name]: undefined })}>
          {name}: {query[name]} <span aria-label="remove this filter">×</span>
        </button>
      ))}
    </form>
  );
}
