import { setImmediate } from 'node:timers/promises';
import { toPointsmanError, type PointsmanError } from '../../domain/errors.ts';
import type { DecisionId, JobId } from '../../domain/ids.ts';
import type { RewardScale } from '../../domain/quality.ts';
import { type At, type Ms, DAY_MS } from '../../domain/time.ts';
import type { JobRecord, OutcomeRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import { LEARNING_JOB_COUNT } from '../../recorder/retention.ts';
import { toStepFact, type StepFact } from '../step-fact.ts';
import { foldBeliefs, NO_BELIEFS, type Beliefs } from './beliefs.ts';
import type { PriorDrift } from './learn-drift.ts';

/** Beliefs as of now, kept up with the records. */
export interface BeliefSource {
  /** Read at the first decision, then only what is new. Never rejects: what cannot be read teaches nothing. */
  current(): Promise<Beliefs>;
  /** What is known without waiting; reads what is new meanwhile. For a path that must not wait for a store. */
  latest(): Beliefs;
  /** Something was recorded that may teach, such as an outcome that was reported. */
  noticeRecords(): void;
  /** The steps of a job that has stopped, as they stand now: its records need not be read again. Never throws. */
  noticeSteps(job: StoppedJob, steps: readonly StepRecord[]): void;
}

/** What tells whether a job's steps teach here, and whether more may come of it. */
export type StoppedJob = Pick<JobRecord, 'jobId' | 'scripted' | 'endedAt'>;

export interface BeliefSourceOptions {
  readonly recorder: Pick<Recorder, 'job' | 'jobs' | 'steps' | 'step' | 'outcomes'>;
  readonly clock: () => At;
  readonly priorDrift: PriorDrift;
  /** What rewards mean. Absent: nobody has said. */
  readonly rewardScale?: RewardScale | undefined;
  /** Jobs with scripted words teach only who runs on scripted words as well. */
  readonly scripted: boolean;
  /** Told when records cannot be read. */
  readonly onWarning?: ((error: PointsmanError) => void) | undefined;
}

/** How far back is read, beside the newest jobs: enough to learn from, few enough to read between two calls. */
const MAX_OUTCOMES = 2000;
const MAX_FACTS = 4000;
/** Other processes write into the same store. */
const LOOK_AGAIN_MS: Ms = 600_000;
/** Keeps beliefs over one recorder. */
export function createBeliefSource(options: BeliefSourceOptions): BeliefSource {
  const notes: Notes = { facts: new Map(), finished: new Set(), foreign: new Set(), outcomes: [] };
  let beliefs: Beliefs = NO_BELIEFS;
  /** Records are to be read; where only `told` is set, what is noted is to be folded again. */
  let stale = true;
  let reported = false;
  let readAt: At = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const now = options.clock();
    stale = false;
    readAt = now;
    try {
      await readJobs(options, notes);
      await readOutcomes(options, notes);
    } catch (thrown) {
      options.onWarning?.(toPointsmanError(thrown, 'record-unreadable'));
    }
    fold(now);
  };
  const fold = (now: At): void => {
    reported = false;
    const evidence = { facts: [...notes.facts.values()], outcomes: notes.outcomes };
    const { priorDrift, rewardScale } = options;
    beliefs = foldBeliefs(evidence, { now, priorDrift, rewardScale });
  };
  /** The reading that is under way or due, if any. */
  const due = (): Promise<void> | undefined => {
    const now = options.clock();
    const isNewDay = Math.floor(now / DAY_MS) !== Math.floor(readAt / DAY_MS);
    if (stale || isNewDay || now - readAt > LOOK_AGAIN_MS) {
      reading ??= read().finally(() => {
        reading = undefined;
      });
    } else if (reported && reading === undefined) fold(now);
    return reading;
  };
  const source: BeliefSource = {
    latest: () => {
      void due();
      return beliefs;
    },
    noticeRecords: () => {
      stale = true;
    },
    noticeSteps: (job, steps) => {
      if (job.scripted !== options.scripted) return;
      if (job.endedAt !== undefined) notes.finished.add(job.jobId);
      for (const step of steps) note(notes, toStepFact(step));
      reported = true;
    },
    current: async () => {
      await due();
      return beliefs;
    },
  };
  return source;
}

/** What was read so far. */
interface Notes {
  readonly facts: Map<DecisionId, StepFact>;
  /** Jobs that have ended and are read: nothing new comes of them. */
  readonly finished: Set<JobId>;
  /** Decisions that teach nothing here, or whose step is not kept: not asked for again. */
  readonly foreign: Set<DecisionId>;
  outcomes: readonly OutcomeRecord[];
}

/** Oldest first, so that the newest stay where there are too many. A job whose steps cannot be read is told of once. */
async function readJobs({ recorder, scripted, onWarning }: BeliefSourceOptions, notes: Notes): Promise<void> {
  const newestFirst = await recorder.jobs({ limit: LEARNING_JOB_COUNT });
  for (const job of newestFirst.toReversed()) {
    if (job.scripted !== scripted || job.status === 'running' || notes.finished.has(job.jobId)) continue;
    if (job.endedAt !== undefined) notes.finished.add(job.jobId);
    // Parsing a job's records takes milliseconds: others get their turn between two jobs.
    await setImmediate();
    try {
      for (const step of await recorder.steps(job.jobId)) note(notes, toStepFact(step));
    } catch (thrown) {
      notes.finished.add(job.jobId);
      onWarning?.(toPointsmanError(thrown, 'record-unreadable'));
    }
  }
}

/** Outcomes are reported of advice and of foreign calls as well, which belong to no job. */
async function readOutcomes(options: BeliefSourceOptions, notes: Notes): Promise<void> {
  notes.outcomes = await options.recorder.outcomes({ limit: MAX_OUTCOMES });
  for (const { decisionId } of notes.outcomes.toReversed()) {
    if (notes.facts.has(decisionId) || notes.foreign.has(decisionId)) continue;
    const step = await options.recorder.step(decisionId);
    const fact = step === undefined ? undefined : toStepFact(step);
    if (fact === undefined || !(await teaches(options, fact.jobId))) notes.foreign.add(decisionId);
    else note(notes, fact);
  }
}

async function teaches({ recorder, scripted }: BeliefSourceOptions, jobId: JobId | undefined): Promise<boolean> {
  const job = jobId === undefined ? undefined : await recorder.job(jobId);
  return job === undefined || job.scripted === scripted;
}

function note(notes: Notes, fact: StepFact | undefined): void {
  if (fact === undefined) return;
  notes.facts.set(fact.decisionId, fact);
  for (const oldest of notes.facts.keys()) {
    if (notes.facts.size <= MAX_FACTS) break;
    notes.facts.delete(oldest);
  }
}
