import { asId, type DecisionId, type JobId } from '../../domain/ids.ts';
import { unpackStep } from '../../recorder/packing/pack-step.ts';
import { packBody, startedAtOf, unpackBody } from '../../recorder/packing/step-body.ts';
import type { StoredRow } from '../../recorder/packing/stored-row.ts';
import type { RecordName } from './shelves.ts';

/** A row of records as either engine has it. */
export type RecordCells = Readonly<Record<string, unknown>> & { readonly body: unknown };

/** The parts that a packed step refers to, by hash. @throws SyntaxError for a body that is none */
export function hashesIn(text: string): readonly string[] {
  const hashes = new Set<string>();
  unpackStep(text, (hash) => {
    hashes.add(hash);
    return undefined;
  });
  return [...hashes];
}

/** @throws Error where a body is damaged, or a part that it refers to is gone */
export function storedRow(name: RecordName, row: RecordCells, partOf: (hash: string) => string | undefined): StoredRow {
  switch (name) {
    case 'jobs':
      return { kind: 'job', record: JSON.parse(String(row.body)), body: String(row.body) };
    case 'calls':
      return { kind: 'call', record: JSON.parse(String(row.body)), body: String(row.body) };
    case 'outcomes': {
      const body = String(row.body);
      return { kind: 'outcome', content: String(row['content']), record: JSON.parse(body), body };
    }
    case 'steps':
      return stepRow(row, partOf);
  }
}

function stepRow(row: RecordCells, partOf: (hash: string) => string | undefined): StoredRow {
  const text = unpackBody(row.body);
  const { startedAt: said } = JSON.parse(text) as { readonly startedAt: number };
  const startedAt = startedAtOf(row.body) ?? said;
  const parts = hashesIn(text).map((hash) => {
    const body = partOf(hash);
    if (body === undefined) throw new Error(`a part of the step ${String(row['decision_id'])} is gone: ${hash}`);
    return { hash, body };
  });
  return {
    kind: 'step',
    decisionId: asId<DecisionId>(String(row['decision_id'])),
    jobId: typeof row['job_id'] === 'string' ? asId<JobId>(row['job_id']) : undefined,
    startedAt,
    body: row.body instanceof Uint8Array ? Buffer.from(row.body) : packBody(text, startedAt),
    parts,
  };
}
