import {
  type CallToolResult,
  type ClientCapabilities,
  inputRequired,
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { toPointsmanError } from '../domain/errors.ts';
import { asId, type JobId } from '../domain/ids.ts';
import type { Log } from '../domain/log.ts';
import type { Ms } from '../domain/time.ts';
import type { JobReport } from '../orchestrator/model/job-report.ts';
import type { ResumeAnswer } from '../orchestrator/model/pointsman.ts';
import { canAsk, questionKey, questionOf } from './consent.ts';
import {
  elicitedIn,
  embedded,
  openDialog,
  openedRoots,
  type Dialog,
  type Elicitation,
  type Elicited,
} from './dialog.ts';
import { toJobView } from './job-view.ts';
import { reportFault } from './report-fault.ts';
import type { McpServices } from './services.ts';
import { structuredResult } from './tool-result.ts';
import { workspaceOf } from './workspace-of.ts';

/** The extension of revision 2026-07-28 (SEP-2663, read 2026-11-30). A task is a job: its id is the job's, and the store keeps it. */
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
const POLL_MS: Ms = 2000;

const taskParams = z.looseObject({ taskId: z.string() });

export function speaksOfTasks({ extensions }: ClientCapabilities): boolean {
  return extensions?.[TASKS_EXTENSION] !== undefined;
}

/** What `run_job` gives instead of waiting: the task, and beside it the job as it is now for whoever reads that. */
export function createdTask(dialog: Dialog, report: JobReport, now: number): CallToolResult {
  return { ...structuredResult(toJobView(report)), ...taskOf(dialog, report, now), resultType: 'task' };
}

/** `tasks/get`, `tasks/update` and `tasks/cancel`. */
export function registerTasks(server: McpServer, services: McpServices, now: () => number): void {
  server.server.registerCapabilities({ extensions: { [TASKS_EXTENSION]: {} } });
  const handle = (method: string, work: (dialog: Dialog, jobId: JobId) => Promise<Record<string, unknown>>): void => {
    server.server.setRequestHandler(method, { params: taskParams }, async ({ taskId }, context) => {
      const dialog = openDialog(server, context);
      requireTasks(dialog);
      return answering(services.log, async () => work(dialog, asId<JobId>(taskId)));
    });
  };
  handle('tasks/get', async (dialog, jobId) => {
    const report = await (await services.pointsman()).jobStatus(jobId);
    return taskOf(dialog, report, now());
  });
  handle('tasks/update', async (dialog, jobId) => {
    await update(dialog, services, jobId);
    return {};
  });
  handle('tasks/cancel', async (_dialog, jobId) => {
    await (await services.pointsman()).cancelJob(jobId);
    return {};
  });
}

/** Goes on with a job whose question was answered; an answer to another question is none. */
async function update(dialog: Dialog, services: McpServices, jobId: JobId): Promise<void> {
  const pointsman = await services.pointsman();
  const report = await pointsman.jobStatus(jobId);
  const question = taskQuestion(dialog, report);
  const responses = dialog.context.mcpReq.inputResponses ?? {};
  const said = question === undefined ? undefined : elicitedIn(responses[question.key]);
  if (question === undefined || said === undefined) return;
  // Roots may have changed since, and the job be another client's: it goes on only where it could begin.
  const roots: Dialog['roots'] = async () => openedRoots(responses[rootsKey(question)]);
  await workspaceOf({ ...dialog, roots }, { named: report.workspace, startedIn: services.workspace });
  const next = question.next(said);
  if (next === 'cancel') await pointsman.cancelJob(jobId);
  else if (next !== undefined) await pointsman.resumeJob(jobId, next);
}

interface TaskQuestion extends Elicitation {
  /** How the job is resumed; `undefined`: it waits on. */
  readonly next: (said: Elicited) => { readonly answer?: ResumeAnswer } | 'cancel' | undefined;
}

function taskQuestion(dialog: Dialog, report: JobReport): TaskQuestion | undefined {
  if (!canAsk(dialog) || report.status !== 'paused' || report.pause?.kind === 'queued') return undefined;
  const question = questionOf(report);
  return question === undefined
    ? goOnQuestion(report)
    : {
        ...question,
        next: (said) => {
          const answer = question.answered(said);
          return answer === undefined ? undefined : { answer };
        },
      };
}

const GO_ON = {
  type: 'object',
  properties: { goOn: { type: 'boolean', title: 'Go on' } },
  required: ['goOn'],
} as const;

/** A job that stopped of itself, or because its process ended: it costs money again, so a person says so. */
function goOnQuestion(report: JobReport): TaskQuestion {
  return {
    key: questionKey(report),
    message: `${report.pause?.question ?? 'The job is paused.'} Shall it go on?`,
    schema: GO_ON,
    next: ({ action, content }) => {
      if (action === 'cancel') return undefined;
      return action === 'accept' && content?.['goOn'] === true ? {} : 'cancel';
    },
  };
}

function rootsKey({ key }: Elicitation): string {
  return `roots-${key}`;
}

/** A job as a task. What the plain call would have answered is its result, a failed job included: no error of the protocol is. */
function taskOf(dialog: Dialog, report: JobReport, now: number): Record<string, unknown> {
  const message = report.pause?.question ?? stepLine(report);
  const task = {
    taskId: report.jobId,
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt: new Date(report.startedAt).toISOString(),
    lastUpdatedAt: new Date(report.endedAt ?? now).toISOString(),
    ttlMs: null,
    pollIntervalMs: POLL_MS,
  };
  if (report.status === 'cancelled') return { ...task, status: 'cancelled' };
  if (report.status === 'running' || report.pause?.kind === 'queued') return { ...task, status: 'working' };
  const question = taskQuestion(dialog, report);
  if (question === undefined) return { ...task, status: 'completed', result: structuredResult(toJobView(report)) };
  const roots = dialog.capabilities.roots === undefined ? {} : { [rootsKey(question)]: inputRequired.listRoots() };
  return { ...task, status: 'input_required', inputRequests: { [question.key]: embedded(question), ...roots } };
}

function stepLine({ steps }: JobReport): string | undefined {
  const step = steps.at(-1);
  return step === undefined ? undefined : `${step.kind}: ${step.title}`;
}

function requireTasks({ capabilities }: Dialog): void {
  if (speaksOfTasks(capabilities)) return;
  throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } });
}

async function answering<Value>(log: Log, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (thrown) {
    const error = toPointsmanError(thrown);
    if (error.code === 'internal') throw new ProtocolError(ProtocolErrorCode.InternalError, reportFault(log, error));
    const hint = error.hint === undefined ? '' : ` ${error.hint}`;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${error.message}${hint}`);
  }
}
