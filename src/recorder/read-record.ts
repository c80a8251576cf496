import type { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { callSchema, jobSchema, outcomeSchema, stepSchema } from './record-schema.ts';
import type { CallRecord, JobRecord, OutcomeRecord, StepRecord } from './record.ts';

/** The kinds of record, each with what it reads as. */
export interface RecordKinds {
  readonly job: JobRecord;
  readonly step: StepRecord;
  readonly call: CallRecord;
  readonly outcome: OutcomeRecord;
}
export type RecordKind = keyof RecordKinds;

/** A record with what kind it is. */
export type KindedRecord = {
  readonly [Kind in RecordKind]: { readonly kind: Kind; readonly record: RecordKinds[Kind] };
}[RecordKind];

/** Takes a record of one version to the next. Total: what it cannot know it leaves out. */
type Upgrade = (record: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

interface RecordForm {
  readonly schema: z.ZodType;
  readonly version: number;
  /** `upgrades[n]` takes version n to n + 1. Every version from 1 to `version - 1` has one. */
  readonly upgrades: Readonly<Record<number, Upgrade>>;
}

const forms: Readonly<Record<RecordKind, RecordForm>> = {
  job: { schema: jobSchema, version: 1, upgrades: {} },
  step: { schema: stepSchema, version: 2, upgrades: { 1: withHints } },
  call: { schema: callSchema, version: 1, upgrades: {} },
  outcome: { schema: outcomeSchema, version: 1, upgrades: {} },
};

/** Version 1 called the hints of a refusal by another word. */
function withHints(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const shadows = record['shadows'];
  const changed = {
    decision: hintsOf(record['decision']),
    shadows: Array.isArray(shadows) ? shadows.map(hintsOf) : shadows,
  };
  return { ...record, ...changed };
}

/** A decision with its keys in their order, as replaying it gives them. */
function hintsOf(decision: unknown): unknown {
  if (decision === null || typeof decision !== 'object' || !('mends' in decision)) return decision;
  return Object.fromEntries(
    Object.entries(decision).map(([key, value]) => [key === 'mends' ? 'hints' : key, value] as const),
  );
}

/**
 * Reads one stored record: brings an old version forward, then checks it. Keys and their order stay as they were stored.
 * @throws PointsmanError `record-unreadable` for text that is no JSON, a version this build does not know, or a wrong shape.
 */
export function readRecord<Kind extends RecordKind>(kind: Kind, json: string): RecordKinds[Kind] {
  return checkRecord(kind, parse(kind, json));
}

/** The same for a value that has been parsed. */
export function checkRecord<Kind extends RecordKind>(kind: Kind, value: unknown): RecordKinds[Kind] {
  const form = forms[kind];
  const record = upgradeRecord(kind, value, form);
  const checked = form.schema.safeParse(record);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw unreadable(kind, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong shape'}`);
  }
  return record as unknown as RecordKinds[Kind];
}

/** Folds an old record forward, one version at a time. */
export function upgradeRecord(
  kind: RecordKind,
  value: unknown,
  form: Pick<RecordForm, 'version' | 'upgrades'>,
): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw unreadable(kind, 'not an object');
  let record = value as Readonly<Record<string, unknown>>;
  for (let version = versionOf(kind, record); version < form.version; version = versionOf(kind, record)) {
    const upgrade = form.upgrades[version];
    if (upgrade === undefined) throw unreadable(kind, `no way from version ${version} to ${version + 1}`);
    record = { ...upgrade(record), v: version + 1 };
  }
  const version = versionOf(kind, record);
  if (version > form.version) {
    throw unreadable(kind, `version ${version} is newer than this build's ${form.version}`, 'Update pointsman.');
  }
  return record;
}

function versionOf(kind: RecordKind, record: Readonly<Record<string, unknown>>): number {
  const version = record['v'];
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) {
    throw unreadable(kind, 'it has no version `v`');
  }
  return version;
}

function parse(kind: RecordKind, json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw unreadable(kind, 'it is not JSON', undefined, cause);
  }
}

function unreadable(kind: RecordKind, why: string, hint?: string, cause?: unknown): PointsmanError {
  return new PointsmanError('record-unreadable', `A ${kind} record cannot be read: ${why}`, {
    details: { kind },
    hint: hint ?? 'The store was changed by something else: restore it from a copy, or move it away and start anew.',
    cause,
  });
}
