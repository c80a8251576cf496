import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseNeedRows, type NeedRow } from '../../src/learn/training/need/need-row.ts';

/** Labelled steps that were written for this project's own training, beside what others labelled. */
export function ownRows(): readonly NeedRow[] {
  return parseNeedRows(readFileSync(path.join(import.meta.dirname, 'own-rows.jsonl'), 'utf8'));
}
