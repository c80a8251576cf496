import type { CallToolResult, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { STEP_KINDS, modeWord, type HandsChoice } from '../../domain/step.ts';
import { KNOWN_HANDS } from '../../hands/acp-agents.ts';
import type { JobEvent } from '../../orchestrator/model/job-event.ts';
import type { JobReport } from '../../orchestrator/model/job-report.ts';
import { parseJobRequest } from '../../orchestrator/model/job-request.ts';
import type { JobHandle, Pointsman, RunOptions } from '../../orchestrator/model/pointsman.ts';
import { parseHands } from '../../policy/hands-choice.ts';
import { askPerson } from '../consent.ts';
import { openDialog, type Dialog } from '../dialog.ts';
import { jobViewSchema, toJobView } from '../job-view.ts';
import type { McpServices } from '../services.ts';
import { createdTask, speaksOfTasks } from '../tasks.ts';
import { toolInput } from '../tool-input.ts';
import { asResult, structuredResult } from '../tool-result.ts';
import { workspaceOf } from '../workspace-of.ts';
import { requirePolicyId } from './policy-by-id.ts';

/** Codex ends a tool call after 60 s (0.169, seen 2026-11-21); a call returns before that and the job goes on. */
const DEFAULT_WAIT_SECONDS = 45;
export const MAX_WAIT_SECONDS = 3600;

const inputShape = {
  task: z.string().optional().describe('What should be done, in plain words. Required unless jobId is given.'),
  workspace: z.string().optional().describe('Folder to work in; absent: where the server was started.'),
  policy: z.string().optional().describe('Policy id, such as balanced, thrifty or quality-first.'),
  dial: z.number().min(0).max(10).optional().describe('0 = most capable, 10 = cheapest.'),
  budgetUsd: z.number().positive().optional().describe('The job pauses and asks before it bills more.'),
  model: z.string().optional().describe('One model for every step, by exact id.'),
  stepModels: z.partialRecord(z.enum(STEP_KINDS), z.string()).optional().describe('One model per kind of step.'),
  hands: z
    .string()
    .optional()
    .describe(`Who carries out steps: ${KNOWN_HANDS.join(', ')}; or per kind, as in code=codex,review=acp:gemini.`),
  jobId: z.string().optional().describe('Go on with this job instead of starting one.'),
  again: z
    .boolean()
    .optional()
    .describe('With jobId: take up a job that gave up. What was tried keeps no model from trying again.'),
  addBudgetUsd: z
    .number()
    .positive()
    .optional()
    .describe('With jobId: more money that the user is asked for; the user decides.'),
  waitSeconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe(`How long to wait before returning a job id to poll; ${DEFAULT_WAIT_SECONDS} when absent.`),
};
type Input = z.infer<z.ZodObject<typeof inputShape>>;

export function registerRunJob(server: McpServer, services: McpServices, now: () => number): void {
  server.registerTool(
    'run_job',
    {
      title: 'Run a routed job',
      description:
        'Breaks a task into steps (plan, code, review, test, summarize), sends each to the model that earns it, and returns what was done, by which model, why, and for how many dollars. Long jobs return a jobId early; ask job_status.',
      inputSchema: toolInput(inputShape),
      outputSchema: jobViewSchema,
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    },
    async (input, context) =>
      asResult(services.log, async () => {
        const dialog = openDialog(server, context);
        // Sent again with answers: the job that asked has begun, and was taken up.
        const given = dialog.jobId === undefined ? input : { ...input, jobId: dialog.jobId, again: undefined };
        return runJob({ services, dialog, now }, given);
      }),
  );
}

interface ToolRequest {
  readonly services: McpServices;
  readonly dialog: Dialog;
  readonly now: () => number;
}

async function runJob(asked: ToolRequest, input: Input): Promise<CallToolResult> {
  const { services, dialog, now } = asked;
  const { signal } = dialog.context.mcpReq;
  const progress = progressSender(dialog);
  const pointsman = await services.pointsman();
  const first = await open(asked, pointsman, input, { onEvent: progress });
  if ('status' in first) return structuredResult(toJobView(first));
  if (speaksOfTasks(dialog.capabilities)) {
    return createdTask(dialog, await pointsman.jobStatus(first.jobId), now());
  }
  let handle: JobHandle = first;
  const cancel = (): void => {
    void pointsman.cancelJob(handle.jobId).catch(() => undefined);
  };
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const waitMs = (input.waitSeconds ?? DEFAULT_WAIT_SECONDS) * 1000;
    for (;;) {
      const report = (await settledWithin(handle.result, waitMs)) ?? (await pointsman.jobStatus(handle.jobId));
      const answer = await askPerson(dialog, report, input.addBudgetUsd);
      if (answer === undefined || signal.aborted) return structuredResult(toJobView(report));
      handle = await pointsman.resumeJob(handle.jobId, { onEvent: progress, answer });
    }
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** A job that runs now; a report where it waits for an answer that only a person can give. */
async function open(
  { services, dialog }: ToolRequest,
  pointsman: Pointsman,
  input: Input,
  options: RunOptions,
): Promise<JobHandle | JobReport> {
  if (input.jobId !== undefined) {
    const jobId = asId<JobId>(input.jobId);
    const report = await pointsman.jobStatus(jobId);
    // Roots may have changed since, and the job be another client's: it goes on only where it could begin.
    await workspaceOf(dialog, { named: report.workspace, startedIn: services.workspace });
    if (input.again === true || !waitsForPerson(report))
      return pointsman.resumeJob(jobId, { ...options, again: input.again === true });
    const answer = await askPerson(dialog, report, input.addBudgetUsd);
    return answer === undefined ? report : pointsman.resumeJob(jobId, { ...options, answer });
  }
  if (input.again === true) throw new PointsmanError('request-invalid', 'again needs the jobId of a job that gave up.');
  if (input.task === undefined) {
    throw new PointsmanError('request-invalid', 'run_job needs a task, or the jobId of a job to go on with.');
  }
  const { task, policy, dial, model, stepModels } = input;
  const hands = input.hands === undefined ? undefined : knownHands(input.hands);
  const limits = [input.budgetUsd, pointsman.defaultBudgetUsd].filter((limit) => limit !== undefined);
  const budgetUsd = limits.length === 0 ? undefined : Math.min(...limits);
  requirePolicyId(pointsman, policy, 'run_job');
  const workspace = await workspaceOf(dialog, { named: input.workspace, startedIn: services.workspace });
  const request = { task, workspace, policy, dial, budgetUsd, model, stepModels, hands };
  return pointsman.startJob(parseJobRequest(request), options);
}

const ASKED: ReadonlySet<string> = new Set(['permission', 'budget', 'question']);

function waitsForPerson({ status, pause }: JobReport): boolean {
  return status === 'paused' && pause?.code !== 'aborted' && pause !== undefined && ASKED.has(pause.kind);
}

/** A command would be one that the model chose. @throws PointsmanError `request-invalid` */
function knownHands(text: string): HandsChoice | undefined {
  const chosen = parseHands([text]);
  const named = typeof chosen === 'object' ? Object.values(chosen) : [chosen];
  if (named.every((hand) => KNOWN_HANDS.some((known) => known === hand))) return chosen;
  throw new PointsmanError('request-invalid', 'run_job takes only harnesses that pointsman knows by name.', {
    hint: `Known: ${KNOWN_HANDS.join(', ')}. Another one can be named in the configuration, as hands.`,
  });
}

async function settledWithin<Value>(promise: Promise<Value>, waitMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, waitMs, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends one progress notification per event worth telling; nothing when the client gave no token. */
function progressSender({ context }: Dialog): (event: JobEvent) => void {
  const { _meta: meta, notify, signal } = context.mcpReq;
  const progressToken = meta?.progressToken;
  let count = 0;
  return (event) => {
    const message = phraseOf(event);
    if (progressToken === undefined || message === undefined || signal.aborted) return;
    count += 1;
    void notify({ method: 'notifications/progress', params: { progressToken, progress: count, message } }).catch(
      () => undefined,
    );
  };
}

function phraseOf(event: JobEvent): string | undefined {
  switch (event.type) {
    case 'step-start':
      return `${event.position}/${event.plannedCount} ${event.kind}: ${event.title}`;
    case 'decision':
      return `${event.decision} ${event.model ?? ''} ${event.mode === undefined ? '' : modeWord(event.mode, event.isFirst)}: ${event.why}`;
    case 'tool-call':
      return `tool ${event.toolName}`;
    case 'tool-output':
      return `${event.toolName}: ${event.text.split('\n').at(-1) ?? ''}`;
    case 'check':
      return `check ${event.verifierId} ${event.passed ? 'passed' : 'failed'}: ${event.summary}`;
    case 'note':
      return event.text;
    case 'escalation':
      return `escalation: ${event.why}`;
    case 'pause':
      return `paused: ${event.question}`;
    case 'step-end':
      return `step ${event.status}: ${event.summary}`;
    case 'job-start':
    case 'call-start':
    case 'call-end':
    case 'text-delta':
    case 'tool-result':
    case 'job-end':
      return undefined;
  }
}
