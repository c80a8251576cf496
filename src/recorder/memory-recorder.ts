import { PointsmanError } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import { readRecord, type RecordKind, type RecordKinds } from './read-record.ts';
import { outcomeKey } from './record-key.ts';
import type { Recorder } from './recorder.ts';
import { createRedactor, type Redactor } from './redact.ts';

/** A record of a choice among 71 models is about 0.3 MB of text: a gateway without a file would grow until the process ends. */
const MAX_TEXT_LENGTH = 64 * 1024 * 1024;

export interface MemoryRecorderOptions {
  readonly redactor?: Redactor;
  /** What is held at most, in characters of JSON; the oldest records go first. */
  readonly maxTextLength?: number;
  /** A record that JSON cannot hold. */
  readonly onWriteError?: (error: PointsmanError) => void;
}

interface Held {
  readonly kind: RecordKind;
  readonly json: string;
  /** So that those of other jobs are not read. */
  readonly jobId: JobId | undefined;
}

/**
 * A recorder that forgets when the process ends, and its oldest records before that when they grow large: for tests, and for
 * people who want no file. Same promises as any other.
 */
export function createMemoryRecorder(options: MemoryRecorderOptions = {}): Recorder {
  const redactor = options.redactor ?? createRedactor();
  const rows = createHeldRows(options.maxTextLength ?? MAX_TEXT_LENGTH);
  const write = <Kind extends RecordKind>(kind: Kind, key: (record: RecordKinds[Kind]) => string, record: unknown) => {
    try {
      const safe = redactor.record(record) as RecordKinds[Kind];
      const id = `${kind} ${key(safe)}`;
      const { jobId } = safe as { readonly jobId?: JobId };
      if (!(rows.has(id) && kind === 'call')) rows.hold(id, { kind, json: JSON.stringify(safe), jobId });
    } catch (cause) {
      report(options.onWriteError, kind, cause);
    }
  };
  const those = <Kind extends RecordKind>(kind: Kind, isMeant: (held: Held) => boolean): RecordKinds[Kind][] =>
    [...rows.values()].filter((held) => held.kind === kind && isMeant(held)).map(({ json }) => readRecord(kind, json));
  const all = <Kind extends RecordKind>(kind: Kind): RecordKinds[Kind][] => those(kind, () => true);
  return {
    writeJob: (record) => write('job', (job) => job.jobId, record),
    writeStep: (record) => write('step', (step) => step.decision.decisionId, record),
    writeCall: (record) => write('call', (call) => call.callId, record),
    writeOutcome: (record) => write('outcome', outcomeKey, record),
    flush: () => Promise.resolve(),
    job: async (jobId) => all('job').find((job) => job.jobId === jobId),
    jobs: async ({ limit }) =>
      all('job')
        .reverse()
        .sort((a, b) => b.startedAt - a.startedAt)
        .slice(0, Math.max(0, limit)),
    steps: async (jobId) => those('step', (held) => held.jobId === jobId),
    step: async (decisionId) => all('step').find((step) => step.decision.decisionId === decisionId),
    calls: async (jobId) => those('call', (held) => held.jobId === jobId),
    callsWithoutJob: async ({ limit }) =>
      those('call', (held) => held.jobId === undefined)
        .reverse()
        .slice(0, Math.max(0, limit)),
    outcomes: async ({ limit, jobId }) => {
      const decisions = new Set(those('step', (held) => held.jobId === jobId).map((step) => step.decision.decisionId));
      return all('outcome')
        .filter((outcome) => jobId === undefined || decisions.has(outcome.decisionId))
        .reverse()
        .sort((a, b) => b.at - a.at)
        .slice(0, Math.max(0, limit));
    },
    close: () => Promise.resolve(),
  };
}

/** Rows by kind and key, oldest first; past the bound the oldest go, and the newest stays however large it is. */
function createHeldRows(maxTextLength: number) {
  const rows = new Map<string, Held>();
  let textLength = 0;
  return {
    has: (id: string) => rows.has(id),
    values: () => rows.values(),
    hold: (id: string, held: Held): void => {
      textLength += held.json.length - (rows.get(id)?.json.length ?? 0);
      rows.set(id, held);
      for (const [oldest, { json }] of rows) {
        if (textLength <= maxTextLength) return;
        if (oldest === id) continue;
        rows.delete(oldest);
        textLength -= json.length;
      }
    },
  };
}

function report(onWriteError: MemoryRecorderOptions['onWriteError'], kind: RecordKind, cause: unknown): void {
  onWriteError?.(
    new PointsmanError('record-unwritable', `A ${kind} record cannot be written as JSON`, {
      cause,
      details: { recordCount: 1 },
    }),
  );
}
