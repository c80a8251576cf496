import { CALL_NAMES, SEARCHED_COLUMNS } from '../../call-columns.ts';
import type { CallFilter } from '../../store-views.ts';

/** What follows `where`, and the values that it names. */
export interface Condition {
  readonly sql: string;
  readonly values: Readonly<Record<string, string | number>>;
}

/** An answer that was given again is no call of a vendor's, and nobody paid for it. */
export const NOT_REPEATED = "purpose is not 'response-cache'";

/** Names that rows must have, as what follows another condition. */
export function namesOf(filter: CallFilter): Condition {
  const given = Object.entries(CALL_NAMES).flatMap(([name, column]) => {
    const value = filter[name as keyof typeof CALL_NAMES];
    return value === undefined ? [] : [{ name, column, value }];
  });
  return {
    sql: given.map(({ name, column }) => `and ${column} = $${name}`).join(' '),
    values: Object.fromEntries(given.map(({ name, value }) => [name, value])),
  };
}

export function conditionOf(filter: CallFilter): Condition {
  const names = namesOf(filter);
  const times = { sinceAt: filter.sinceAt ?? 0, untilAt: filter.untilAt ?? Number.MAX_SAFE_INTEGER };
  const sql = `at >= $sinceAt and at < $untilAt ${names.sql}`;
  if ((filter.text ?? '') === '') return { sql, values: { ...names.values, ...times } };
  const found = SEARCHED_COLUMNS.map((column) => `instr(lower(${column}), $text) > 0`).join(' or ');
  const values = { ...names.values, ...times, text: filter.text?.toLowerCase() ?? '' };
  return { sql: `${sql} and (${found})`, values };
}
