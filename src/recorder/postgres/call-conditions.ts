import type { At } from '../../domain/time.ts';
import { columnText } from '../../postgres/column-text.ts';
import { CALL_NAMES, SEARCHED_COLUMNS } from '../call-columns.ts';
import type { CallFilter } from '../store-views.ts';

/** Collects the values of one statement, and gives each its place in it. */
export interface StatementValues {
  readonly list: unknown[];
  /** Adds one; what stands for it in SQL. */
  readonly add: (value: unknown) => string;
}

export function createValues(): StatementValues {
  const list: unknown[] = [];
  return { list, add: (value) => `$${list.push(value)}` };
}

/** An answer that was given again is no call of a vendor's, and nobody paid for it. */
export const IS_VENDOR_CALL = "purpose is distinct from 'response-cache'";

/** What follows `where`. */
export function whereOf(filter: CallFilter, values: StatementValues): string {
  const between = [
    ...(filter.sinceAt === undefined ? [] : [`at >= ${values.add(filter.sinceAt satisfies At)}`]),
    ...(filter.untilAt === undefined ? [] : [`at < ${values.add(filter.untilAt satisfies At)}`]),
  ];
  const named = Object.entries(CALL_NAMES).flatMap(([name, column]) => {
    const value = filter[name as keyof typeof CALL_NAMES];
    return value === undefined ? [] : [`${column} = ${values.add(columnText(value))}`];
  });
  const text = filter.text ?? '';
  if (text === '') return [...between, ...named, 'true'].join(' and ');
  const sought = values.add(columnText(text.toLowerCase()));
  const found = SEARCHED_COLUMNS.map((column) => `position(${sought} in lower(${column})) > 0`).join(' or ');
  return [...between, ...named, `(${found})`].join(' and ');
}
