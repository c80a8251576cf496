import type { DatabaseSync } from 'node:sqlite';
import { PointsmanError } from '../../../domain/errors.ts';
import type { JobId } from '../../../domain/ids.ts';
import { unpackStep } from '../../../recorder/packing/pack-step.ts';
import type { SharedPart } from '../../../recorder/packing/shared-parts.ts';
import { createPlainPacker, type CleanText } from '../../../recorder/packing/step-packer.ts';
import { ROUTES } from '../../model/job-facts.ts';
import { packedFact } from '../decision-fact.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS fact (
    job_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job_id, key)) STRICT;
  CREATE TABLE IF NOT EXISTS part (hash TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

/** The facts of a journal as they stand in its file. Throws SQLite's own errors. */
export interface StoredFacts {
  /** @throws PointsmanError `record-unreadable` when a part of the fact is gone. */
  readonly read: (jobId: JobId, name: string) => unknown;
  readonly names: (jobId: JobId, prefix: string) => readonly string[];
  /** Adds a fact with the parts it refers to, or nothing; `false`: there is one of that key. @param packed it, where it is at hand */
  readonly add: (jobId: JobId, name: string, value: unknown, packed?: CleanText) => boolean;
}

/**
 * Decisions are stored as the flight recorder stores them: the pool and the policy, which every decision of a job holds,
 * once. Facts of journals that stored them whole are read as they are.
 */
export function openStoredFacts(database: DatabaseSync): StoredFacts {
  database.exec(SCHEMA);
  const sql = {
    fact: database.prepare('SELECT value FROM fact WHERE job_id = ? AND key = ?'),
    keys: database.prepare('SELECT key FROM fact WHERE job_id = ? AND substr(key, 1, length(?)) = ? ORDER BY rowid'),
    add: database.prepare('INSERT INTO fact (job_id, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    part: database.prepare('SELECT body FROM part WHERE hash = ?'),
    addPart: database.prepare('INSERT INTO part (hash, body) VALUES (?, ?) ON CONFLICT DO NOTHING'),
  };
  const packer = createPlainPacker();
  const known = new Set<string>();
  const partOf = (hash: string): string => {
    const body = sql.part.get(hash)?.['body'];
    if (typeof body === 'string') return body;
    throw new PointsmanError('record-unreadable', `A part of a decision is missing in the job journal: ${hash}.`, {
      hint: 'Restore the journal from a copy, or start the job anew.',
    });
  };
  const addWithParts = (row: readonly [JobId, string, string], parts: readonly SharedPart[]): boolean => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const { hash, body } of parts) sql.addPart.run(hash, body);
      const isFirst = sql.add.run(...row).changes === 1;
      database.exec('COMMIT');
      for (const { hash } of parts) known.add(hash);
      return isFirst;
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw thrown;
    }
  };
  return {
    read: (jobId, key) => {
      const text = sql.fact.get(jobId, key)?.['value'];
      if (typeof text !== 'string') return undefined;
      return text.startsWith('{') && key.startsWith(ROUTES.prefix) ? unpackStep(text, partOf) : JSON.parse(text);
    },
    names: (jobId, prefix) => sql.keys.all(jobId, prefix, prefix).map((row) => String(row['key'])),
    add: (jobId, key, value, packed = packedFact(packer, key, value)) => {
      const { text, parts } = packed ?? { text: JSON.stringify(value), parts: [] };
      const row = [jobId, key, text] as const;
      const fresh = parts.filter(({ hash }) => !known.has(hash));
      return fresh.length === 0 ? sql.add.run(...row).changes === 1 : addWithParts(row, fresh);
    },
  };
}
