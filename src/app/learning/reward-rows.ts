import type { JobId } from '../../domain/ids.ts';
import type { At } from '../../domain/time.ts';
import { createSessionSample } from '../../learn/reward/session-sample.ts';
import { isNamed, toStepsWithFacts, type StepWithFacts } from '../../learn/reward/step-reward.ts';
import type { CallRecord, StepRecord } from '../../recorder/record.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { StoreViews } from '../../recorder/store-views.ts';

/** Where records are read. */
export interface RewardSource {
  readonly views: Pick<StoreViews, 'newestSteps' | 'calls' | 'job'>;
  readonly outcomes: Pick<Recorder, 'outcomes'>;
}

export interface RowsWanted {
  readonly sinceAt: At;
  readonly now: At;
  /** Whose steps; absent: everybody's. */
  readonly tenant?: string | undefined;
}

/** Steps with what came of them, and of what share of the sessions they are. */
export interface RewardRows {
  readonly rows: readonly StepWithFacts[];
  /** 1: all of them. */
  readonly sessionRatio: number;
}

/** Each is decided again some forty times. */
const MOST_STEPS = 5000;
/** Of a canary: enough for a verdict on whatever a canary can tell apart. */
const MOST_TRIAL_STEPS = 60_000;
const STEPS_A_PAGE = 1000;
const CALLS_A_PAGE = 5000;
const MOST_OUTCOMES = 200_000;

/** Steps of a store with what came of them: all sessions, or as many of them, drawn by their ids, as can be looked at. Scripted jobs teach nothing. */
export async function readRewardRows(source: RewardSource, wanted: RowsWanted): Promise<RewardRows> {
  const sample = createSessionSample(MOST_STEPS);
  for await (const step of stepsSince(source, wanted.sinceAt)) {
    if (wanted.tenant === undefined || step.tenant === wanted.tenant) sample.add(step);
  }
  return { rows: await withFacts(source, sample.steps(), wanted.now), sessionRatio: sample.ratio };
}

/** Steps that were decided beside this candidate, and those of its sessions for which somebody named a model. */
export async function readTrialRows(
  source: RewardSource,
  { candidate, sinceAt, now }: { readonly candidate: string; readonly sinceAt: At; readonly now: At },
): Promise<readonly StepWithFacts[]> {
  const sample = createSessionSample(MOST_TRIAL_STEPS);
  for await (const step of stepsSince(source, sinceAt)) {
    if (step.input.onTrial === candidate || isNamed(step)) sample.add(lean(step));
  }
  const rows = await withFacts(source, sample.steps(), now);
  return rows.filter(({ step }) => step.input.onTrial === candidate);
}

/** The newest first. One that is written meanwhile may push another onto the next page, so that it comes twice. */
async function* stepsSince({ views }: RewardSource, sinceAt: At): AsyncGenerator<StepRecord> {
  for (let offset = 0; ; offset += STEPS_A_PAGE) {
    const page = await views.newestSteps(STEPS_A_PAGE, offset);
    yield* page.filter(({ startedAt }) => startedAt >= sinceAt);
    // Steps are written as they begin, or a little later: a whole page of older ones is the end.
    if (page.length < STEPS_A_PAGE || page.every(({ startedAt }) => startedAt < sinceAt)) return;
  }
}

/** Without what only deciding again would ask for: a canary holds more steps than fit into memory whole. */
function lean(step: StepRecord): StepRecord {
  const { input, decision, shadows } = step;
  const row1 = <Some extends StepRecord['decision']>(one: Some): Some => ({
    ...one,
    candidates: one.candidates.slice(0, 1),
    rejected: [],
  });
  return {
    ...step,
    input: { ...input, models: [], quality: [], warmth: [] },
    decision: row1(decision),
    shadows: shadows.map(row1),
  };
}

async function withFacts(
  source: RewardSource,
  found: readonly StepRecord[],
  now: At,
): Promise<readonly StepWithFacts[]> {
  const steps = await withoutScripted(found, source.views);
  const sessions = new Set<string>(steps.map(({ sessionId }) => sessionId));
  const oldest = steps.reduce((least, { startedAt }) => Math.min(least, startedAt), now);
  return toStepsWithFacts({
    steps,
    calls: await callsOf(source, sessions, oldest),
    outcomes: await source.outcomes.outcomes({ limit: MOST_OUTCOMES }),
    now,
  });
}

async function callsOf(
  { views }: RewardSource,
  sessions: ReadonlySet<string>,
  sinceAt: At,
): Promise<readonly CallRecord[]> {
  const calls: CallRecord[] = [];
  if (sessions.size === 0) return calls;
  let beforeSeq: number | undefined;
  for (;;) {
    const page = await views.calls(
      { sinceAt },
      { limit: CALLS_A_PAGE, ...(beforeSeq === undefined ? {} : { beforeSeq }) },
    );
    for (const { call } of page) if (sessions.has(call.sessionId)) calls.push(call);
    beforeSeq = page.at(-1)?.seq;
    if (page.length < CALLS_A_PAGE || beforeSeq === undefined) return calls;
  }
}

async function withoutScripted(
  steps: readonly StepRecord[],
  views: Pick<StoreViews, 'job'>,
): Promise<readonly StepRecord[]> {
  const scripted = new Set<JobId>();
  for (const jobId of new Set(steps.flatMap((step) => step.jobId ?? []))) {
    if ((await views.job(jobId))?.scripted === true) scripted.add(jobId);
  }
  return steps.filter(({ jobId }) => jobId === undefined || !scripted.has(jobId));
}
