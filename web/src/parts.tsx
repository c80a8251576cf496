import type { ComponentChildren, JSX } from 'preact';
import { ApiError } from './api.ts';
import { percent, short, time, usd } from './format.ts';
import { hashOf } from './route.ts';
import type { Answer } from './use-answer.ts';

/** What is shown of a question: its answer, that it is awaited, or why there is none. */
export function Shown<Value>({
  answer,
  children,
}: {
  readonly answer: Answer<Value>;
  readonly children: (value: Value) => ComponentChildren;
}): JSX.Element {
  if (answer.error !== undefined) {
    const hint = answer.error instanceof ApiError ? answer.error.hint : undefined;
    return (
      <p class="fault" role="alert">
        {answer.error.message} {hint}
      </p>
    );
  }
  if (answer.value === undefined)
    return (
      <p class="quiet" aria-live="polite">
        Loading…
      </p>
    );
  return <div aria-busy={answer.isLoading}>{children(answer.value)}</div>;
}

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
}

/** A table that scrolls by itself where it is wider than the page, and can be reached by keyboard. */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  empty,
  markOf,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly empty: string;
  readonly markOf?: (row: Row) => string | undefined;
}): JSX.Element {
  if (rows.length === 0) return <p class="quiet">{empty}</p>;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th scope="col" class={isNumber === true ? 'number' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={markOf?.(row) ?? ''}>
              {columns.map(({ of, isNumber }, index) =>
                index === 0 ? (
                  <th scope="row">{of(row)}</th>
                ) : (
                  <td class={isNumber === true ? 'number' : ''}>{of(row)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Figure({
  name,
  value,
  more,
}: {
  readonly name: string;
  readonly value: string;
  readonly more?: string | undefined;
}): JSX.Element {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {more === undefined ? null : <small>{more}</small>}
      </dd>
    </div>
  );
}

/** How much of a prompt was read from a cache. */
export function Warm({
  read,
  prompt,
}: {
  readonly read: number | undefined;
  readonly prompt: number | undefined;
}): JSX.Element {
  if (read === undefined || prompt === undefined || prompt === 0) return <span class="quiet">–</span>;
  const ratio = read / prompt;
  return (
    <span class="warm">
      <meter min={0} max={1} value={ratio} aria-label="read from a cache" />
      {percent(ratio)}
    </span>
  );
}

export function SessionLink({ id }: { readonly id: string }): JSX.Element {
  return (
    <a href={hashOf('session', id)} title={id}>
      {short(id)}
    </a>
  );
}

export function At({ at }: { readonly at: number }): JSX.Element {
  return <time dateTime={new Date(at).toISOString()}>{time(at)}</time>;
}

/** A bill, and what it may be beyond what is known. */
export function Bill({
  nano,
  more,
}: {
  readonly nano: number | undefined;
  readonly more: number | undefined;
}): JSX.Element {
  return (
    <span>
      {usd(nano)}
      {more === undefined || more === 0 ? null : <small> + up to {usd(more)}</small>}
    </span>
  );
}
