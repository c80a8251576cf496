import type { AuditEntry, ChainState } from '../../audit/audit-entry.ts';
import { shown } from '../../trust/shown.ts';
import { csvLine } from './csv-line.ts';

const COLUMNS = ['at', 'actor', 'act', 'subject', 'detail', 'chain', 'seq', 'hash'] as const;

/** An entry on a line of its own, and its details on the next. */
export function auditLine({ at, act, subject, actor, detail }: AuditEntry): string {
  const more = Object.entries(detail).map(([key, value]) => `${key} ${String(value)}`);
  const when = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const line = `${shown([when, act, subject, `by ${actor}`].join('  '))}\n`;
  return more.length === 0 ? line : `${line}    ${shown(more.join(', '))}\n`;
}

export const AUDIT_CSV_HEAD: string = csvLine(COLUMNS);

export function auditCsvLine(entry: AuditEntry): string {
  const cells = { ...entry, at: new Date(entry.at).toISOString(), detail: JSON.stringify(entry.detail) };
  return csvLine(COLUMNS.map((name) => cells[name]));
}

/** How chains stand. `lost`: a head that was sought and stands in none. */
export function chainsText(chains: readonly ChainState[], lost?: string): string {
  const lines = chains.map(({ chain, count, head, brokenAt }) =>
    brokenAt === undefined
      ? `Chain ${chain}: ${count} entries, whole.\n  Head ${head}\n`
      : `! Chain ${chain}: changed outside at entry ${brokenAt}, or one before it is missing.\n  What stands before it is as it was written.\n`,
  );
  if (lost !== undefined)
    lines.push(`! The head ${shown(lost)} is missing:\n  the newest entries were removed, or this is another store.\n`);
  return lines.length === 0 ? 'Nothing stands on the audit trail.\n' : lines.join('');
}
