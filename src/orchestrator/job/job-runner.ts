import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { PointsmanError, toPointsmanError } from '../../domain/errors.ts';
import type { JobId } from '../../domain/ids.ts';
import type { RouterPolicy } from '../../domain/router-policy.ts';
import type { ToolRegistry } from '../../tools/tool-registry.ts';
import type { JobTree } from '../../tools/work-tree/job-trees.ts';
import { askableFamilies, withAskTool } from '../context/ask-tool.ts';
import { namedFor, requestInCopy } from '../context/named-places.ts';
import { storeTrouble } from '../journal/store-trouble.ts';
import { openCallLog } from '../model/call-log.ts';
import { createEventStream } from '../model/event-stream.ts';
import type { JobEvent, JobEventBody } from '../model/job-event.ts';
import { summaryKey } from '../model/job-facts.ts';
import type { JobEntry } from '../model/job-journal.ts';
import { SUMMARY_STEP_ID, summaryStep } from '../model/job-plan.ts';
import type { JobReport } from '../model/job-report.ts';
import type { JobRun, JobServices, PauseQuestion } from '../model/job-run.ts';
import { isDone, type JobState } from '../model/job-state.ts';
import type { Agents } from '../model/load-agents.ts';
import { summaryOf } from '../steps/keep-artifact.ts';
import { keeperOf, keepingRepositories, sayWhatIsOpen } from '../steps/keep-repositories.ts';
import { noWorkAccepted } from '../steps/no-work-accepted.ts';
import { acceptedValue } from '../steps/run-ladder.ts';
import { buildReport, toJobRecord } from './build-report.ts';
import { branchOf } from './job-branch.ts';
import { endingOf, isLeft, isUnkept, type JobEnded } from './job-ended.ts';
import { folderOf, handBack, openPlace, sayWhereItIs, type JobPlace } from './job-place.ts';
import { noteAgain } from './note-again.ts';
import { keepPausedWarm, stopKeepingWarm } from './paused-warmth.ts';
import { sayWhatIsMissing } from './say-what-is-missing.ts';
import { reportAgain, settledSteps } from './settled-steps.ts';
import { showEvents } from './shown-events.ts';

/** What running jobs needs beside the services: things with a lifetime, made when they are needed. */
export interface RunnerOptions {
  readonly services: JobServices;
  readonly openTools: (workspace: string, options: OpenToolsOptions) => Promise<ToolRegistry>;
  readonly openCheckpoints: () => Promise<BaseCheckpointSaver>;
  readonly storeDir: string | undefined;
}

interface OpenToolsOptions {
  readonly signal: AbortSignal;
  /** The copy that the workspace is. */
  readonly tree?: JobTree | undefined;
}

/** A job that is about to run in this process. */
export interface RunStart {
  readonly entry: JobEntry;
  readonly policy: RouterPolicy;
  readonly agents: Agents;
  readonly resumed: boolean;
  /** Take it up again though it has given up. */
  readonly again?: boolean | undefined;
  readonly stopAfter?: 'plan';
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: JobEvent) => void) | undefined;
  readonly traceparent?: string | undefined;
}

export interface RunningJob {
  /** The tools that it was offered; empty until its servers have started. */
  readonly tools: () => ToolRegistry['tools'];
  readonly events: AsyncIterable<JobEvent>;
  readonly result: Promise<JobReport>;
  /** Where the job stood when it stopped; `undefined` when it stopped before its first checkpoint. */
  readonly state: Promise<JobState | undefined>;
  readonly stop: (as: 'cancelled' | 'paused') => void;
}

const RENEW_MS = 10_000;

/**
 * Runs one job in this process, from where its checkpoint stands. Its result never rejects: how it ended is in the report.
 * @throws PointsmanError `request-invalid` when another process holds the job, or it is to be taken up again and has not given up
 */
export async function runJob(options: RunnerOptions, start: RunStart): Promise<RunningJob> {
  const { services } = options;
  const { jobId } = start.entry;
  if (!(await services.journal.acquire(jobId, services.clock()))) {
    throw new PointsmanError('request-invalid', `Job ${jobId} is running in another process.`, {
      hint: 'Wait for it to end, or stop that process.',
    });
  }
  if (start.again === true) await noteAgain(services, jobId);
  let isOver = false;
  /** A store that cannot be written now is found out by the next write of the job itself. */
  const renew = async (): Promise<void> => {
    const isOurs = await services.journal.renew(jobId, services.clock()).catch(() => true);
    if (!isOurs && !isOver) controller.abort();
  };
  const stream = createEventStream(start.onEvent);
  const controller = new AbortController();
  const signal = start.signal === undefined ? controller.signal : AbortSignal.any([controller.signal, start.signal]);
  let stoppedAs: 'cancelled' | 'paused' = 'paused';
  const show = showEvents(services.redactor, stream.push);
  const emit = (body: JobEventBody): void => show({ ...body, jobId, at: services.clock() });
  const renewal = setInterval(() => void renew(), RENEW_MS);
  renewal.unref();

  let offered: ToolRegistry['tools'] = [];
  const onTools = (tools: ToolRegistry): void => void (offered = tools.tools);
  const finished = work(options, start, { signal, emit, onTools }).then(async (ended) => {
    clearInterval(renewal);
    isOver = true;
    if (isLeft(ended, stoppedAs)) {
      const onNote = (text: string): void => emit({ type: 'note', text });
      await sayWhereItIs({ services, entry: start.entry, onNote }).catch(() => undefined);
    }
    const closed = await close(options, { jobId, ended, stoppedAs });
    if (closed.report.status !== 'paused' && !isUnkept(ended)) await ended.place?.tree?.remove().catch(() => undefined);
    if (ended.kind === 'asked' && ended.run !== undefined && !signal.aborted) keepPausedWarm(ended.run);
    const { status, bill } = closed.report;
    emit({ type: 'job-end', status: toEndStatus(status), spentNanoUsd: bill.spentNanoUsd });
    stream.end();
    return closed;
  });
  return {
    tools: () => offered,
    events: stream.events,
    result: finished.then(({ report }) => report),
    state: finished.then(({ state }) => state),
    stop: (as) => {
      stoppedAs = as;
      controller.abort();
    },
  };
}

interface Working {
  readonly onTools: (tools: ToolRegistry) => void;
  readonly signal: AbortSignal;
  readonly emit: (event: JobEventBody) => void;
}

async function work(options: RunnerOptions, start: RunStart, working: Working): Promise<JobEnded> {
  const { services } = options;
  const { entry } = start;
  let tools: ToolRegistry | undefined;
  let place: JobPlace | undefined;
  const source = { services, entry, onNote: (text: string) => working.emit({ type: 'note', text }) };
  await stopKeepingWarm(services, entry.jobId);
  try {
    await reportStart(options, start, working);
    // A plan is made from the folder as it is.
    place = start.stopAfter === undefined ? await openPlace(source) : folderOf(source);
    const keep = place.tree === undefined ? keeperOf(source) : undefined;
    const opened = await options.openTools(entry.request.workspace, { signal: working.signal, tree: place.tree });
    tools = keepingRepositories(opened, entry.jobId, keep);
    working.onTools(tools);
    if (keep !== undefined) await sayWhatIsOpen(source, tools);
    await sayWhatIsMissing(source, tools);
    const ended = await runGraph(options, start, working, { tools, place, keep });
    if (ended.kind === 'done' && place.tree !== undefined) await handBack(source);
    return { ...ended, place };
  } catch (thrown) {
    const error = working.signal.aborted ? aborted(thrown) : (storeTrouble(thrown) ?? toPointsmanError(thrown));
    return { kind: 'stopped', error, state: undefined, place };
  } finally {
    await tools?.close().catch(() => undefined);
  }
}

async function reportStart(
  options: RunnerOptions,
  { entry, resumed, traceparent }: RunStart,
  working: Working,
): Promise<void> {
  const { services, storeDir } = options;
  const begun = { status: 'running', pause: undefined, failure: undefined, endedAt: undefined } as const;
  await services.journal.updateJob(entry.jobId, begun);
  if (traceparent !== undefined) services.jobCalledFrom?.(entry.jobId, traceparent);
  services.recorder.writeJob(await toJobRecord({ ...services, storeDir }, { ...entry, status: 'running' }));
  const { task, workspace } = entry.request;
  working.emit({ type: 'job-start', task, workspace, resumed, scripted: entry.scripted });
}

async function runGraph(
  options: RunnerOptions,
  start: RunStart,
  working: Working,
  {
    tools,
    place,
    keep,
  }: { readonly tools: ToolRegistry; readonly place: JobPlace; readonly keep: JobRun['keepRepositories'] },
): Promise<JobEnded> {
  const { services } = options;
  const { entry, policy } = start;
  const toUser = { from: place.workspace, to: entry.request.workspace };
  let question: PauseQuestion | undefined;
  // LangGraph takes half a second of the processor to load; whoever runs no job does not wait for it.
  const { createJobGraph, stopToAsk } = await import('./graph.ts');
  const run: JobRun = {
    services,
    entry: { ...entry, request: requestInCopy(entry.request, place.workspace) },
    userFolder: place.tree === undefined ? undefined : entry.request.workspace,
    policy,
    agents: start.agents,
    tools: askableFamilies({ services, policy, entry }).size > 1 ? withAskTool(tools) : tools,
    workTree: place.workTree,
    keepRepositories: keep,
    calls: await openCallLog(services.journal, services.catalog, entry.jobId),
    signal: working.signal,
    emit: (event) => working.emit(namedFor(event, toUser)),
    latestCalls: new Map(),
    ...branchOf(options, { entry, place, signal: working.signal }),
    ask: (asked) => {
      question ??= namedFor(asked, toUser);
      run.emit({ type: 'pause', kind: asked.kind, code: asked.code, question: asked.question });
      throw stopToAsk(asked);
    },
  };
  if (start.resumed) await reportAgain(run);
  const checkpoints = await options.openCheckpoints();
  const graph = createJobGraph(run, checkpoints, start.stopAfter === undefined ? {} : { stopAfter: start.stopAfter });
  const { state, waiting } = await graph.run();
  if (waiting) return { kind: 'asked', question, state, run };
  if (isDone(state, SUMMARY_STEP_ID)) {
    const summary = summaryOf(await acceptedValue(run, state, summaryStep(state.steps)));
    await services.journal.settle(entry.jobId, summaryKey(state.again?.round ?? 0), namedFor(summary, toUser));
  }
  const failure = await noWorkAccepted(run, state);
  return failure === undefined ? { kind: 'done', state } : { kind: 'stopped', error: failure, state };
}

function aborted(thrown: unknown): PointsmanError {
  return new PointsmanError('aborted', 'The job was stopped.', { cause: thrown });
}

interface Closing {
  readonly jobId: JobId;
  readonly ended: JobEnded;
  readonly stoppedAs: 'cancelled' | 'paused';
}

async function close(
  options: RunnerOptions,
  { jobId, ended, stoppedAs }: Closing,
): Promise<{ readonly report: JobReport; readonly state: JobState | undefined }> {
  const { services, storeDir } = options;
  const { journal, recorder } = services;
  const source = { ...services, storeDir };
  const change = endingOf(services, ended, stoppedAs);
  const entry = { ...((await journal.job(jobId)) as JobEntry), ...change };
  // While the job is held, its facts need not be read again.
  const report = await buildReport(source, entry);
  const steps = await settledSteps(journal, jobId);
  try {
    await journal.updateJob(jobId, change);
    await journal.release(jobId);
  } catch {
    // A full disk: the report still tells how the job ended, and its journal lets it be resumed.
  }
  recorder.writeJob(await toJobRecord(source, entry, report.bill.spentNanoUsd));
  await recorder.flush();
  services.beliefs.noticeSteps(entry, steps);
  return { report, state: ended.state };
}

function toEndStatus(status: JobReport['status']): 'done' | 'paused' | 'failed' | 'cancelled' {
  return status === 'running' ? 'paused' : status;
}
