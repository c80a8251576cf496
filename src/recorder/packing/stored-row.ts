import type { DecisionId, JobId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import type { KindedRecord } from '../read-record.ts';
import { outcomeKey } from '../record-key.ts';
import type { CallRecord, JobRecord, OutcomeRecord, StepRecord } from '../record.ts';
import type { Redactor } from '../redact.ts';
import { packStep } from './pack-step.ts';
import type { SharedPart } from './shared-parts.ts';
import { packBody } from './step-body.ts';
import { withoutDecision, withText, type StepPacker } from './step-packer.ts';

/** One record on its way into a table: redacted, with what it is found by and the body that is read again. */
export type StoredRow =
  | { readonly kind: 'job'; readonly record: JobRecord; readonly body: string }
  | {
      readonly kind: 'step';
      readonly decisionId: DecisionId;
      readonly jobId: JobId | undefined;
      readonly startedAt: At;
      readonly body: Uint8Array;
      /** All that the body refers to. */
      readonly parts: readonly SharedPart[];
    }
  | { readonly kind: 'call'; readonly record: CallRecord; readonly body: string }
  | { readonly kind: 'outcome'; readonly content: string; readonly record: OutcomeRecord; readonly body: string };

/**
 * Redacts and serialises. Ids are redacted like everything else, so that a secret used as an id is not stored either.
 * @throws TypeError where JSON cannot hold the record.
 */
export function toRow(item: KindedRecord, redactor: Redactor, packer: StepPacker): StoredRow {
  switch (item.kind) {
    case 'job': {
      const record = redactor.record(item.record);
      return { kind: 'job', record, body: JSON.stringify(record) };
    }
    case 'step':
      return toStepRow(item.record, redactor, packer);
    case 'call': {
      const record = redactor.record(item.record);
      return { kind: 'call', record, body: JSON.stringify(record) };
    }
    case 'outcome': {
      const record = redactor.record(item.record);
      return { kind: 'outcome', content: outcomeKey(record), record, body: JSON.stringify(record) };
    }
  }
}

function toStepRow(record: StepRecord, redactor: Redactor, packer: StepPacker): StoredRow {
  const clean = packer.clean(record);
  if (clean !== undefined) {
    const rest = redactor.record(withoutDecision(record));
    const { startedAt, jobId } = rest;
    const body = packBody(withText(rest, clean), startedAt);
    return { kind: 'step', decisionId: record.decision.decisionId, jobId, startedAt, body, parts: clean.parts };
  }
  const { record: packed, parts } = packStep(record, packer.cache);
  const step = redactor.record(packed) as typeof record;
  const { startedAt, jobId } = step;
  const body = packBody(JSON.stringify(step), startedAt);
  return { kind: 'step', decisionId: step.decision.decisionId, jobId, startedAt, body, parts };
}
