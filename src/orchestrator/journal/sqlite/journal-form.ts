import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../../domain/errors.ts';

/** Form of what a journal holds, as `user_version` says it. 2: a refusal has `hints`, a failure a `hint`, provider state is `issued`. */
const JOURNAL_FORM = 2;

/** Whether values lie in the file as they are read today. */
export function isTodaysForm(database: DatabaseSync): boolean {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']) === JOURNAL_FORM;
}

/** Brings a value of the journal to today's form. */
export type FromStored = <Value>(value: Value) => Value;

/**
 * Marks a new journal with its form, and says how values of this one are read: as they are, or brought forward where an
 * earlier version began the file. Call it before any table is made.
 * @throws PointsmanError `record-unreadable` for a journal of a newer version
 */
export function openForm(database: DatabaseSync): FromStored {
  const isNew = database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0;
  if (isNew) database.exec(`PRAGMA user_version = ${JOURNAL_FORM}`);
  const form = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (form > JOURNAL_FORM) {
    throw new PointsmanError(
      'record-unreadable',
      `The job journal has form ${form}, this build knows ${JOURNAL_FORM}.`,
      {
        hint: 'Update pointsman, or name another folder with POINTSMAN_STORE.',
      },
    );
  }
  return form < JOURNAL_FORM ? (value) => forward(value) as typeof value : (value) => value;
}

/** What others wrote: their keys are theirs. */
const FOREIGN: ReadonlySet<string> = new Set(['input', 'result', 'raw', 'wire', 'request', 'workspace']);

/** Keys are known by the company they keep, so that nothing that is only called like one is renamed. */
function forward(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(forward);
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.map(([key, item]) => [newKey(key, value), newValue(key, item)]));
}

function newKey(key: string, owner: object): string {
  const kind = 'kind' in owner ? owner.kind : undefined;
  if (key === 'mends' && kind === 'refuse') return 'hints';
  if (key === 'mend' && 'code' in owner && 'message' in owner) return 'hint';
  if (key === 'minted' && 'type' in owner && (owner.type === 'thinking' || owner.type === 'tool-call')) return 'issued';
  if (key === 'mintedBy' && (kind === 'thinking-dropped' || kind === 'minted-dropped')) return 'issuedBy';
  return key;
}

function newValue(key: string, value: unknown): unknown {
  if (key === 'kind' && value === 'minted-dropped') return 'issued-dropped';
  return FOREIGN.has(key) && !isOurs(value) ? value : forward(value);
}

/** The result of a call and the input of a decision are ours, though tools have fields of those names. */
function isOurs(value: unknown): boolean {
  return value !== null && typeof value === 'object' && ('finishReason' in value || 'decisionId' in value);
}
