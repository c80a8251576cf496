import type { JobId } from '../../domain/ids.ts';
import { whileKeepingWarm } from '../calls/keep-warm.ts';
import type { JobRun, JobServices } from '../model/job-run.ts';

interface Waiting {
  readonly stop: () => void;
  readonly stopped: Promise<void>;
}

/** Jobs that wait for a person and are kept warm by this process. */
const waiting = new WeakMap<JobServices, Map<JobId, Waiting>>();

/**
 * Where the policy wants it, keeps the prefixes of a job warm while a person thinks: the same pings as while a tool runs, as
 * long as an answer is likely enough to be worth them, in the job's bill. They end when the job goes on, here or in another process, is cancelled or this
 * process closes. Nothing waits for them, and what they do is told to nobody but the journal and the recorder.
 */
export function keepPausedWarm(run: JobRun): void {
  if (!run.policy.keepAlive || run.latestCalls.size === 0) return;
  const { services, entry } = run;
  const controller = new AbortController();
  const { signal } = controller;
  const isOver = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const quiet: JobRun = {
    ...run,
    signal,
    emit: () => undefined,
    services: {
      ...services,
      wait: async (pauseMs, over) => {
        await services.wait(pauseMs, over);
        // Another process goes on with the job: it is no longer ours to spend for.
        if (await services.journal.isHeld(entry.jobId, services.clock())) controller.abort();
      },
    },
  };
  const pinged = [...run.latestCalls.keys()].map((thread) => whileKeepingWarm(quiet, thread, () => isOver, 'person'));
  const jobs = waiting.get(services) ?? new Map<JobId, Waiting>();
  waiting.set(services, jobs);
  jobs.set(entry.jobId, {
    stop: () => controller.abort(),
    stopped: Promise.all(pinged).then(
      () => undefined,
      () => undefined,
    ),
  });
}

/** Ends the pings of one job, or of all, and waits until none is in flight. */
export async function stopKeepingWarm(services: JobServices, jobId?: JobId): Promise<void> {
  const jobs = waiting.get(services);
  if (jobs === undefined) return;
  const ended = [...jobs].filter(([id]) => jobId === undefined || id === jobId);
  for (const [id, job] of ended) {
    jobs.delete(id);
    job.stop();
  }
  await Promise.all(ended.map(([, job]) => job.stopped));
}
