import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/json.ts';
import type { OutcomeRecord } from './record.ts';

/** Outcomes have no id: saying exactly the same twice is one outcome, so that a resumed writer adds nothing. */
export function outcomeKey(record: OutcomeRecord): string {
  return createHash('sha256').update(canonicalJson(record)).digest('hex');
}
