import { Annotation, Command, END, GraphInterrupt, START, Send, StateGraph } from '@langchain/langgraph';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PointsmanError, isPointsmanError } from '../../domain/errors.ts';
import type { StepId } from '../../domain/ids.ts';
import { takeToolsBefore } from '../checks/check-by-tools.ts';
import { lookAtWorkspace } from '../checks/look-around.ts';
import { knownTests, takeTestsBefore } from '../checks/tests-before.ts';
import { taskMessage } from '../context/opening.ts';
import { keepSegment } from '../context/shared-transcript.ts';
import { waveOf } from '../context/step-plan.ts';
import type { PlanResult } from '../model/contracts.ts';
import { AGAIN, ROUTES, noteKey, routeKey } from '../model/job-facts.ts';
import { planStep, summaryStep, readPlan, type JobStep } from '../model/job-plan.ts';
import type { JobRun, PauseQuestion } from '../model/job-run.ts';
import { EMPTY_STATE, isDone, latestAttempt, type JobState } from '../model/job-state.ts';
import { dropBeside, executeWithBeside, startBeside } from '../steps/beside.ts';
import { planKnowledge } from '../steps/execute-step.ts';
import { acceptAsIs, needsThought, reflect } from '../steps/reflect.ts';
import { reproduceFaults } from '../steps/reproduce.ts';
import { runLadder, startAttempt } from '../steps/run-ladder.ts';
import { takeUpAgain } from '../steps/take-up-again.ts';
import { verifyStep } from '../steps/verify-step.ts';
import { toNode } from './job-node.ts';
import { withoutTracing } from './no-tracing.ts';

/** A job's graph, ready to be run or resumed. */
export interface JobGraph {
  /** Runs to the end or to the next question. Starts where the checkpoint stands, or at the beginning. */
  readonly run: () => Promise<{ readonly state: JobState; readonly waiting: boolean }>;
}

/** Which step a branch of a wave runs; the state itself is not copied into every branch of a checkpoint. */
interface Branch {
  readonly stepId: StepId;
}

/** Branches that run side by side write nothing here: what they come to is in the journal, whatever order they end in. */
const State = Annotation.Root({
  job: Annotation<JobState>({ reducer: (_before, after) => after, default: () => EMPTY_STATE }),
});
type Values = typeof State.State;
type Update = typeof State.Update;

/** A busy store is worth another try; everything else was tried where it happened, or must be seen. */
function retryOn(thrown: unknown): boolean {
  return isPointsmanError(thrown) && thrown.code === 'record-unwritable' && thrown.retryable;
}

/** What is streamed of a run: nothing. Watchers are told by events, and where it ended is in the last checkpoint. */
const UNWATCHED = { streamMode: 'custom' as const, outputKeys: [] };

const RETRY = { maxAttempts: 3, initialInterval: 50, jitter: false, logWarning: false, retryOn };

/**
 * The graph of a job: intake → plan → ⟲(select → execute → verify → reflect) → summarize → done. While the plan holds,
 * `verify` routes the next wave itself, and carries a step out that runs alone: a checkpoint in between would keep nothing that the
 * journal does not have, and takes as long as all else that is stored of a step.
 * Each node starts over from its beginning when it was cut short; what it did by then is in the journal, and is not done
 * again. Durability is `sync`: a node starts only when the checkpoint of the one before is stored.
 *
 * @param stopAfter `plan` pauses the job once there is a plan.
 */
export function createJobGraph(
  run: JobRun,
  checkpointer: BaseCheckpointSaver,
  options: { readonly stopAfter?: 'plan' } = {},
): JobGraph {
  /** The state that the running wave was sent with: as selected in this process, or as the checkpoint has it. */
  let sent = EMPTY_STATE;
  const nodes = {
    intake: toNode(async () => ({ job: await intake(run) })),
    plan: toNode(async ({ job }: Values) => ({ job: await makePlan(run, job) })),
    select: toNode(async ({ job }: Values) => toCommand((sent = await select(run, job)))),
    execute: toNode(async ({ stepId }: Branch) => execute(run, sent, stepId)),
    verify: toNode(async ({ job }: Values) => {
      const checked = await verify(run, await executeAlone(run, job));
      return needsThought(checked) ? toReflect(checked) : toCommand((sent = await select(run, checked)));
    }),
    reflect: toNode(async ({ job }: Values) => ({ job: await reflect(run, job) })),
    summarize: toNode(async ({ job }: Values) => ({ job: await summarize(run, job) })),
    done: toNode(() => ({})),
  };
  const retry = { retryPolicy: RETRY };
  const graph = new StateGraph(State)
    .addNode('intake', nodes.intake, retry)
    .addNode('plan', nodes.plan, retry)
    .addNode('select', nodes.select, { ...retry, ends: ['execute', 'verify', 'reflect', 'summarize'] })
    .addNode('execute', nodes.execute, retry)
    .addNode('verify', nodes.verify, { ...retry, ends: ['execute', 'verify', 'reflect', 'summarize'] })
    .addNode('reflect', nodes.reflect, retry)
    .addNode('summarize', nodes.summarize, retry)
    .addNode('done', nodes.done, retry)
    .addEdge(START, 'intake')
    .addEdge('intake', 'plan')
    .addEdge('plan', 'select')
    .addEdge('execute', 'verify')
    .addEdge('reflect', 'select')
    .addEdge('summarize', 'done')
    .addEdge('done', END)
    .compile({ checkpointer });

  const config = {
    configurable: { thread_id: run.entry.jobId },
    durability: 'sync' as const,
    recursionLimit: 500,
    ...withoutTracing(),
  };
  return {
    run: async () => {
      const input = (await checkpointer.getTuple(config)) === undefined ? {} : null;
      if (input === null) {
        const before = (await graph.getState(config)).values.job;
        sent = await takenUp(run, before);
        // Before there is a plan, what is next is to make one.
        if (sent !== before)
          await graph.updateState(config, { job: sent }, sent.steps.length === 0 ? 'intake' : 'reflect');
      }
      const stop = options.stopAfter === 'plan' ? { interruptBefore: ['select' as const] } : {};
      await graph.invoke(input, { ...config, ...UNWATCHED, ...stop });
      const { next, values } = await graph.getState(config);
      return { state: values.job, waiting: next.length > 0 };
    },
  };
}

/** Thrown by a step that must ask: LangGraph keeps where the job stands, and the step starts over when it is resumed. */
export function stopToAsk(question: PauseQuestion): Error {
  return new GraphInterrupt([{ value: question }]);
}

async function intake(run: JobRun): Promise<JobState> {
  const first = taskMessage(run.entry.request.task, await lookAtWorkspace(run));
  const round = await againRound(run);
  return {
    ...EMPTY_STATE,
    segments: [await keepSegment(run, 'task', [first])],
    ...(round === 0 ? {} : { again: { round, firstTry: {}, reflectCount: 0 } }),
  };
}

async function againRound({ services, entry }: JobRun): Promise<number> {
  return (await services.journal.facts(entry.jobId, AGAIN)).length;
}

/** Where the job was taken up again since its last checkpoint, what it goes on from; otherwise the state itself. */
async function takenUp(run: JobRun, state: JobState): Promise<JobState> {
  const round = await againRound(run);
  if (state.segments.length === 0 || round === (state.again?.round ?? 0)) return state;
  const { journal } = run.services;
  const { jobId } = run.entry;
  const text = 'Taken up again after it had given up: what was tried before keeps no model from trying.';
  run.emit({ type: 'note', text });
  await journal.settle(jobId, noteKey(`again/${round}`), text);
  return takeUpAgain(state, { round, routes: await journal.facts(jobId, ROUTES) });
}

async function makePlan(run: JobRun, job: JobState): Promise<JobState> {
  const planned = await runLadder(
    run,
    job,
    planStep(run.entry.request.task, run.services.checks.byPerson.has('plan') ? 'person' : 'none'),
  );
  const reading = readPlan((planned.value as PlanResult).steps, planKnowledge(run, job));
  if (reading.kind === 'broken') throw new PointsmanError('internal', `An accepted plan cannot be run: ${reading.why}`);
  return { ...planned.state, steps: reading.steps };
}

/** Routes every step that can start now; an empty wave means that none is left, or that the ready ones are stuck. */
async function select(run: JobRun, job: JobState): Promise<JobState> {
  const wave = job.finished ? [] : waveOf(run, job.steps, (stepId) => isDone(job, stepId));
  let state: JobState = { ...(await takeTestsBefore(run, job, wave)), wave: [] };
  await takeToolsBefore(run, job, wave);
  state = await reproduceFaults(run, state, wave);
  for (const step of wave) {
    const first = await startOrGiveUp(run, state, { step, parallel: wave.length > 1 });
    const started =
      wave.length > 1 ? first : await startBeside(run, first, { step, tests: await knownTests(run, first) });
    const isRouted = latestAttempt(started, step.stepId)?.status === 'routed';
    state = isRouted ? { ...started, wave: [...started.wave, step.stepId] } : started;
  }
  return state;
}

/**
 * The one step of the wave, where it has no other and is tried for the first time: whatever stands in the journal of a first try,
 * it may be gone through again. A try that takes over what was done beside another may not, once its verdict stands.
 */
function aloneIn(job: JobState): StepId | undefined {
  const [stepId, ...others] = job.wave;
  const last = stepId === undefined || others.length > 0 ? undefined : latestAttempt(job, stepId);
  return last?.attempt === 0 && last.beside === undefined ? stepId : undefined;
}

/** Sends each step of the wave to run; without one, the job is thought about or summed up. */
function toCommand(job: JobState): Command {
  const update: Update = { job };
  if (aloneIn(job) !== undefined) return new Command({ update, goto: 'verify' });
  if (job.wave.length > 0)
    return new Command({ update, goto: job.wave.map((stepId) => new Send('execute', { stepId })) });
  const isOver = job.finished || job.steps.every((step) => isDone(job, step.stepId));
  return new Command({ update, goto: isOver ? 'summarize' : 'reflect' });
}

async function summarize(run: JobRun, job: JobState): Promise<JobState> {
  return (await runLadder(run, job, summaryStep(job.steps))).state;
}

function toReflect(job: JobState): Command {
  return new Command({ update: { job }, goto: 'reflect' });
}

/** Without a model for another try: a change that only a review held against stands, any other step is stuck. */
async function startOrGiveUp(
  run: JobRun,
  state: JobState,
  { step, parallel }: { readonly step: JobStep; readonly parallel: boolean },
): Promise<JobState> {
  try {
    return (await startAttempt(run, state, step, parallel)).state;
  } catch (thrown) {
    const last = latestAttempt(state, step.stepId);
    if (!isPointsmanError(thrown) || thrown.code !== 'no-eligible-model' || last?.status !== 'rejected') throw thrown;
    return last.rejectedBy === 'review'
      ? acceptAsIs(state, step.stepId)
      : { ...state, stuck: [...state.stuck, step.stepId] };
  }
}

async function execute(run: JobRun, job: JobState, stepId: StepId): Promise<Update> {
  const step = job.steps.find((one) => one.stepId === stepId);
  const attempt = latestAttempt(job, stepId);
  const route = await run.services.journal.fact(run.entry.jobId, routeKey(stepId, attempt?.attempt ?? 0));
  if (step === undefined || attempt === undefined || route === undefined) {
    throw new PointsmanError('internal', `Step ${stepId} is to run without a route`);
  }
  await executeWithBeside(run, job, step, route);
  return {};
}

/** What a step did that was carried out before is not done again. */
async function executeAlone(run: JobRun, job: JobState): Promise<JobState> {
  const alone = aloneIn(job);
  if (alone !== undefined) await execute(run, job, alone);
  return job;
}

/** One after another, in the order of the plan: the shared transcript grows in one order only. */
async function verify(run: JobRun, job: JobState): Promise<JobState> {
  let state = job;
  for (const stepId of job.wave) {
    const step = job.steps.find((one) => one.stepId === stepId);
    if (step !== undefined) state = await dropBeside(run, await verifyStep(run, state, step), step);
  }
  return state;
}
