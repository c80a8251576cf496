import type { JobId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import type { JobRequest } from '../../orchestrator/model/job-request.ts';

/** How a job waits its turn. */
export interface QueuePlace {
  /** Higher goes first; 0 when absent. */
  readonly priority?: number | undefined;
  /** Whose it is: workers may bound how many of a team's jobs run at once. */
  readonly team?: string | undefined;
  /** Not before. */
  readonly notBefore?: At | undefined;
}

/** What a worker is handed: a job that is kept, or what to make one of each time its hour comes. */
export type QueuedWork =
  | { readonly kind: 'job'; readonly jobId: JobId }
  | { readonly kind: 'request'; readonly jobId: JobId; readonly request: JobRequest };

export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
}

export interface WorkOptions {
  /** Jobs that this worker runs at once. */
  readonly jobCount: number;
  /** Jobs of one team that all workers together run at once. Absent: any number. */
  readonly teamJobCount?: number | undefined;
  readonly onFault: (thrown: unknown) => void;
}

/**
 * Does the work. Where it rejects, the work goes back into the queue and another worker takes it. The signal aborts when the work was taken
 * from this worker, or cancelled.
 */
export type DoWork = (work: QueuedWork, signal: AbortSignal) => Promise<void>;

/**
 * Which worker has which job, on all machines of a store. A worker that has not said for a quarter of a minute that it is alive loses its
 * work to another; what it may still write is for the leases of jobs to say.
 */
export interface JobQueue {
  /** A job stands in it once, however often it is put there. */
  add(jobId: JobId, place: QueuePlace): Promise<void>;
  /** Puts it there again as it stood, for whoever goes on with it. False: it was never in it. */
  again(jobId: JobId): Promise<boolean>;
  /** Whether it was ever put there, and is not long over. */
  knows(jobId: JobId): Promise<boolean>;
  /** Takes it out, from a worker too, who is told. False: it was not waiting and nobody had it. */
  remove(jobId: JobId): Promise<boolean>;
  /** Puts a new job there whenever the hour comes; a name has one schedule. */
  schedule(schedule: Schedule, request: JobRequest, place: Omit<QueuePlace, 'notBefore'>): Promise<void>;
  unschedule(name: string): Promise<boolean>;
  schedules(): Promise<readonly Schedule[]>;
  /** Takes work until `stop`, which waits for what is under way. */
  work(options: WorkOptions, act: DoWork): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}
