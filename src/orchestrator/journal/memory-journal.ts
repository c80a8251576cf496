import type { JobId } from '../../domain/ids.ts';
import type { FactFamily, FactKey } from '../model/fact-key.ts';
import { callIdOf, type CallEntry, type CallSlot, type JobEntry, type JobJournal } from '../model/job-journal.ts';

/** A journal that ends with the process: for tests, and for callers who want no store. */
export function createMemoryJournal(): JobJournal {
  const jobs = new Map<JobId, JobEntry>();
  const calls = new Map<string, CallEntry>();
  const facts = new Map<string, unknown>();
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
    createJob: async (entry) => void jobs.set(entry.jobId, entry),
    job: async (jobId) => jobs.get(jobId),
    updateJob: async (jobId, change) => {
      const entry = jobs.get(jobId);
      if (entry !== undefined) jobs.set(jobId, { ...entry, ...change });
    },
    jobs: async (limit) => [...jobs.values()].reverse().slice(0, limit),
    beginCall: async (call) => {
      const callId = callIdOf(call, inSlot(call).length);
      calls.set(callId, { ...call, callId, end: undefined });
      return callId;
    },
    endCall: async (callId, end) => {
      const call = calls.get(callId);
      if (call !== undefined) calls.set(callId, { ...call, end: structuredClone(end) });
    },
    calls: async (jobId) => [...calls.values()].filter((call) => call.jobId === jobId),
    fact: async <Value>(jobId: JobId, key: FactKey<Value>) => facts.get(`${jobId} ${key.name}`) as Value | undefined,
    facts: async <Value>(jobId: JobId, { prefix }: FactFamily<Value>) =>
      [...facts].filter(([key]) => key.startsWith(`${jobId} ${prefix}`)).map(([, value]) => value as Value),
    settle: async <Value>(jobId: JobId, { name }: FactKey<Value>, value: Value) => {
      const key = `${jobId} ${name}`;
      if (facts.has(key)) return facts.get(key) as Value;
      facts.set(key, structuredClone(value));
      return value;
    },
    acquire: async (jobId) => {
      if (held.has(jobId)) return false;
      held.add(jobId);
      return true;
    },
    renew: async (jobId) => held.has(jobId),
    release: async (jobId) => void held.delete(jobId),
    isHeld: async (jobId) => held.has(jobId),
    close: async () => undefined,
  };
}
