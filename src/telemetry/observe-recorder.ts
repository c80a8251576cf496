import type { JobId } from '../domain/ids.ts';
import type { Recorder } from '../recorder/recorder.ts';
import { observeCalls } from './observe-calls.ts';
import { observeJobs } from './observe-jobs.ts';
import type { ObserveOptions } from './observe-options.ts';
import type { Telemetry } from './telemetry.ts';
import { parseTraceParent } from './trace-context.ts';

export interface ObservedRecorder {
  readonly recorder: Recorder;
  /** Whose work the next run of a job is part of, as a `traceparent`; said before it starts. */
  readonly jobCalledFrom: (jobId: JobId, traceparent: string) => void;
}

/**
 * The same recorder; what is written to it leaves as spans and figures too. Jobs and the gateway record what they do there, so
 * that this is the one place where they come from.
 */
export function observeRecorder(recorder: Recorder, telemetry: Telemetry, options: ObserveOptions): ObservedRecorder {
  const jobs = observeJobs(telemetry, options);
  const calls = observeCalls(telemetry, options);
  return {
    jobCalledFrom(jobId, traceparent) {
      const caller = parseTraceParent(traceparent);
      if (caller !== undefined) jobs.calledFrom(jobId, caller);
    },
    recorder: {
      ...recorder,
      writeJob(job) {
        recorder.writeJob(job);
        jobs.job(job);
      },
      writeStep(step) {
        recorder.writeStep(step);
        const { jobId } = step;
        if (jobId === undefined) calls.step(step);
        else jobs.step({ ...step, jobId });
      },
      writeCall(call) {
        recorder.writeCall(call);
        const { jobId } = call;
        if (jobId === undefined) calls.call(call);
        else jobs.call({ ...call, jobId });
      },
    },
  };
}
