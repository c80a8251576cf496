import type { At } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import type { CallFilter } from '../store-views.ts';

/** Collects the values of one statement, and gives each its place in it. */
export interface Values {
  readonly list: unknown[];
  /** Adds one; what stands for it in SQL. */
  readonly add: (value: unknown) => string;
}

export function createValues(): Values {
  const list: unknown[] = [];
  return { list, add: (value) => `$${list.push(value)}` };
}

const EXACT = { model: 'model', endpoint: 'endpoint', key: 'access_key', harness: 'harness' } as const;
/** Where a searched text may stand. */
const SEARCHED = ['model', 'session_id', 'job_id', 'access_key', 'harness', 'endpoint', 'error'];

/** An answer that was given again is no call of a vendor's, and nobody paid for it. */
export const NOT_REPEATED = "purpose is distinct from 'response-cache'";

/** What follows `where`. */
export function conditionOf(filter: CallFilter, values: Values): string {
  const between = [
    ...(filter.sinceAt === undefined ? [] : [`at >= ${values.add(filter.sinceAt satisfies At)}`]),
    ...(filter.untilAt === undefined ? [] : [`at < ${values.add(filter.untilAt satisfies At)}`]),
  ];
  const named = Object.entries(EXACT).flatMap(([name, column]) => {
    const value = filter[name as keyof typeof EXACT];
    return value === undefined ? [] : [`${column} = ${values.add(columnText(value))}`];
  });
  const text = filter.text ?? '';
  if (text === '') return [...between, ...named, 'true'].join(' and ');
  const sought = values.add(columnText(text.toLowerCase()));
  const found = SEARCHED.map((column) => `position(${sought} in lower(${column})) > 0`).join(' or ');
  return [...between, ...named, `(${found})`].join(' and ');
}
