import { PointsmanError } from '../domain/errors.ts';
import { readRecord, type RecordKind, type RecordKinds } from './read-record.ts';
import { outcomeKey } from './record-key.ts';
import type { Recorder } from './recorder.ts';
import { createRedactor, type Redactor } from './redact.ts';

export interface MemoryRecorderOptions {
  readonly redactor?: Redactor;
  /** A record that JSON cannot hold. */
  readonly onWriteError?: (error: PointsmanError) => void;
}

/** A recorder that forgets when the process ends: for tests, and for people who want no file. Same promises as any other. */
export function createMemoryRecorder(options: MemoryRecorderOptions = {}): Recorder {
  const redactor = options.redactor ?? createRedactor();
  const rows = {
    job: new Map<string, string>(),
    step: new Map<string, string>(),
    call: new Map<string, string>(),
    outcome: new Map<string, string>(),
  };
  const write = <Kind extends RecordKind>(kind: Kind, key: (record: RecordKinds[Kind]) => string, record: unknown) => {
    try {
      const safe = redactor.record(record) as RecordKinds[Kind];
      const known = rows[kind].has(key(safe));
      if (!(known && kind === 'call')) rows[kind].set(key(safe), JSON.stringify(safe));
    } catch (cause) {
      report(options.onWriteError, kind, cause);
    }
  };
  const all = <Kind extends RecordKind>(kind: Kind): RecordKinds[Kind][] =>
    [...rows[kind].values()].map((json) => readRecord(kind, json));
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
    steps: async (jobId) => all('step').filter((step) => step.jobId === jobId),
    step: async (decisionId) => all('step').find((step) => step.decision.decisionId === decisionId),
    calls: async (jobId) => all('call').filter((call) => call.jobId === jobId),
    callsWithoutJob: async ({ limit }) =>
      all('call')
        .filter((call) => call.jobId === undefined)
        .reverse()
        .slice(0, Math.max(0, limit)),
    outcomes: async ({ limit, jobId }) => {
      const decisions = new Set(
        all('step')
          .filter((step) => step.jobId === jobId)
          .map((step) => step.decision.decisionId),
      );
      return all('outcome')
        .filter((outcome) => jobId === undefined || decisions.has(outcome.decisionId))
        .reverse()
        .sort((a, b) => b.at - a.at)
        .slice(0, Math.max(0, limit));
    },
    close: () => Promise.resolve(),
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
