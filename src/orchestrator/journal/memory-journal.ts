import type { JobId } from '../../domain/ids.ts';
import type { JsonValue } from '../../domain/json.ts';
import { callIdOf, type CallEntry, type CallSlot, type JobEntry, type JobJournal } from '../model/job-journal.ts';

/** A journal that ends with the process: for tests, and for callers who want no store. */
export function createMemoryJournal(): JobJournal {
  const jobs = new Map<JobId, JobEntry>();
  const calls = new Map<string, CallEntry>();
  const facts = new Map<string, JsonValue>();
  const held = new Set<JobId>();

  const inSlot = (slot: CallSlot): readonly CallEntry[] =>
    [...calls.values()].filter(
      (call) =>
        call.jobId === slot.jobId &&
        call.stepId === slot.stepId &&
        call.attempt === slot.attempt &&
        call.callIndex === slot.callIndex,
    );
  return {
    createJob: (entry) => void jobs.set(entry.jobId, entry),
    job: (jobId) => jobs.get(jobId),
    updateJob: (jobId, change) => {
      const entry = jobs.get(jobId);
      if (entry !== undefined) jobs.set(jobId, { ...entry, ...change });
    },
    jobs: (limit) => [...jobs.values()].reverse().slice(0, limit),
    beginCall: (call) => {
      const callId = callIdOf(call, inSlot(call).length);
      calls.set(callId, { ...call, callId, end: undefined });
      return callId;
    },
    endCall: (callId, end) => {
      const call = calls.get(callId);
      if (call !== undefined) calls.set(callId, { ...call, end: structuredClone(end) });
    },
    calls: (jobId) => [...calls.values()].filter((call) => call.jobId === jobId),
    fact: (jobId, key) => facts.get(`${jobId} ${key}`),
    facts: (jobId, prefix) =>
      [...facts]
        .filter(([key]) => key.startsWith(`${jobId} ${prefix}`))
        .map(([key, value]) => [key.slice(jobId.length + 1), value] as const),
    settle: (jobId, key, value) => {
      const known = facts.get(`${jobId} ${key}`);
      if (known !== undefined) return known;
      facts.set(`${jobId} ${key}`, structuredClone(value));
      return value;
    },
    acquire: (jobId) => {
      if (held.has(jobId)) return false;
      held.add(jobId);
      return true;
    },
    renew: (jobId) => held.has(jobId),
    release: (jobId) => void held.delete(jobId),
    isHeld: (jobId) => held.has(jobId),
    close: () => undefined,
  };
}
