import path from 'node:path';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { asId, type JobId } from '../../domain/ids.ts';
import { STEP_KINDS, modeWord } from '../../domain/step.ts';
import type { JobEvent } from '../../orchestrator/model/job-event.ts';
import { parseJobRequest } from '../../orchestrator/model/job-request.ts';
import type { JobHandle, Pointsman, ResumeAnswer, RunOptions } from '../../orchestrator/model/pointsman.ts';
import { jobViewShape, toJobView } from '../job-view.ts';
import type { McpServices } from '../services.ts';
import { asToolResult } from '../tool-result.ts';

/** Codex ends a tool call after 60 s (0.169, seen 2026-11-21); a call returns before that and the job goes on. */
const DEFAULT_WAIT_SECONDS = 45;
const MAX_WAIT_SECONDS = 3600;

const inputShape = {
  task: z.string().optional().describe('What should be done, in plain words. Required unless jobId is given.'),
  workspace: z.string().optional().describe('Folder to work in; absent: where the server was started.'),
  policy: z.string().optional().describe('Policy id, such as balanced, thrifty or quality-first.'),
  dial: z.number().min(0).max(10).optional().describe('0 = most capable, 10 = cheapest.'),
  budgetUsd: z.number().positive().optional().describe('The job pauses and asks before it bills more.'),
  model: z.string().optional().describe('One model for every step, by exact id.'),
  stepModels: z.partialRecord(z.enum(STEP_KINDS), z.string()).optional().describe('One model per kind of step.'),
  approve: z.enum(['ask', 'all']).optional().describe('ask (default): pause before risky tools.'),
  jobId: z.string().optional().describe('Go on with this job instead of starting one.'),
  allow: z.boolean().optional().describe('With jobId: the answer to a question for permission.'),
  addBudgetUsd: z.number().positive().optional().describe('With jobId: more money for the job.'),
  waitSeconds: z
    .number()
    .min(0)
    .max(MAX_WAIT_SECONDS)
    .optional()
    .describe(`How long to wait before returning a job id to poll; ${DEFAULT_WAIT_SECONDS} when absent.`),
};
type Input = z.infer<z.ZodObject<typeof inputShape>>;
type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

export function registerRunJob(server: McpServer, services: McpServices): void {
  server.registerTool(
    'run_job',
    {
      title: 'Run a routed job',
      description:
        'Breaks a task into steps (plan, code, review, test, summarize), sends each to the model that earns it, and returns what was done, by which model, why, and for how many dollars. Long jobs return a jobId early; ask job_status.',
      inputSchema: inputShape,
      outputSchema: jobViewShape,
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    },
    async (input, extra): Promise<CallToolResult> => asToolResult(services.log, () => runJob(services, input, extra)),
  );
}

async function runJob(services: McpServices, input: Input, extra: Extra): Promise<Record<string, unknown>> {
  const progress = progressSender(extra);
  const pointsman = await services.pointsman();
  const handle = await open(pointsman, services.workspace, input, { onEvent: progress });
  const cancel = (): void => {
    void pointsman.cancelJob(handle.jobId).catch(() => undefined);
  };
  if (extra.signal.aborted) cancel();
  extra.signal.addEventListener('abort', cancel, { once: true });
  try {
    const waitMs = (input.waitSeconds ?? DEFAULT_WAIT_SECONDS) * 1000;
    const report = (await settledWithin(handle.result, waitMs)) ?? (await pointsman.jobStatus(handle.jobId));
    return toJobView(report);
  } finally {
    extra.signal.removeEventListener('abort', cancel);
  }
}

async function open(pointsman: Pointsman, folder: string, input: Input, options: RunOptions): Promise<JobHandle> {
  if (input.jobId !== undefined) {
    const answer = answerOf(input);
    return pointsman.resumeJob(asId<JobId>(input.jobId), {
      ...options,
      ...(answer === undefined ? {} : { answer }),
    });
  }
  if (input.task === undefined) {
    throw new PointsmanError('request-invalid', 'run_job needs a task, or the jobId of a job to go on with.');
  }
  const { task, policy, dial, budgetUsd, model, stepModels, approve } = input;
  const workspace = path.resolve(folder, input.workspace ?? '.');
  return pointsman.startJob(
    parseJobRequest({ task, workspace, policy, dial, budgetUsd, model, stepModels, approve }),
    options,
  );
}

function answerOf(input: Input): ResumeAnswer | undefined {
  if (input.addBudgetUsd !== undefined) return { kind: 'budget', addUsd: input.addBudgetUsd };
  if (input.allow !== undefined) return { kind: 'permission', allow: input.allow };
  return undefined;
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
function progressSender(extra: Extra): (event: JobEvent) => void {
  const progressToken = extra._meta?.progressToken;
  let count = 0;
  return (event) => {
    const message = phraseOf(event);
    if (progressToken === undefined || message === undefined || extra.signal.aborted) return;
    count += 1;
    void extra
      .sendNotification({ method: 'notifications/progress', params: { progressToken, progress: count, message } })
      .catch(() => undefined);
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
    case 'check':
      return `check ${event.verifierId} ${event.passed ? 'passed' : 'failed'}: ${event.summary}`;
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
