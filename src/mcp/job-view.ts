import { z } from 'zod';
import { usdFromNano, type NanoUsd } from '../domain/money.ts';
import { modeWord } from '../domain/step.ts';
import type { JobReport, StepReport } from '../orchestrator/model/job-report.ts';

const stepSchema = z.object({
  stepId: z.string(),
  attempt: z.number().int(),
  kind: z.string(),
  title: z.string(),
  model: z.string().nullable(),
  mode: z.string().nullable(),
  decision: z.string(),
  decisionId: z.string(),
  why: z.string(),
  status: z.string(),
  checks: z.array(z.object({ verifierId: z.string(), passed: z.boolean(), summary: z.string() })),
  usd: z.number(),
  tokens: z.object({
    uncached: z.number(),
    cacheRead: z.number().nullable(),
    cacheWrite: z.number().nullable(),
    output: z.number(),
  }),
});

/** A job as a client's model sees it. `null` is unknown or not yet; amounts are in US dollars. */
export const jobViewShape: Readonly<Record<string, z.ZodType>> = {
  jobId: z.string(),
  status: z.enum(['running', 'paused', 'done', 'failed', 'cancelled']),
  summary: z.string().nullable(),
  notes: z.array(z.string()).describe('What could not be checked, and other things to tell the user.'),
  next: z.string().describe('What to do now, in one sentence.'),
  question: z.string().nullable(),
  failure: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }).nullable(),
  steps: z.array(stepSchema),
  bill: z.object({
    spentUsd: z.number(),
    unknownBillCalls: z.number().int(),
    mayHaveBilledUsd: z.number().describe('What calls whose bill is not known may have cost beyond spentUsd.'),
    modelledUsd: z.record(z.string(), z.object({ model: z.string(), usd: z.number() })),
  }),
  scripted: z.boolean(),
  recordFolder: z.string().nullable(),
};

export function toJobView(report: JobReport): Record<string, unknown> {
  return {
    jobId: report.jobId,
    status: report.status,
    summary: report.summary ?? null,
    notes: report.notes,
    next: nextOf(report),
    question: report.pause?.question ?? null,
    failure:
      report.failure === undefined
        ? null
        : { code: report.failure.code, message: report.failure.message, hint: report.failure.hint ?? null },
    steps: report.steps.map(toStepView),
    bill: {
      spentUsd: usdFromNano(report.bill.spentNanoUsd),
      unknownBillCalls: report.bill.unknownBillCallCount,
      mayHaveBilledUsd: usdFromNano(report.bill.mayHaveBilledNanoUsd),
      modelledUsd: Object.fromEntries(
        report.bill.counterfactuals.map((other) => [
          other.name,
          { model: other.model, usd: usdFromNano(other.billNanoUsd) },
        ]),
      ),
    },
    scripted: report.scripted,
    recordFolder: report.storeDir ?? null,
  };
}

function toStepView(step: StepReport): z.infer<typeof stepSchema> {
  return {
    stepId: step.stepId,
    attempt: step.attempt,
    kind: step.kind,
    title: step.title,
    model: step.model ?? null,
    mode: step.mode === undefined ? null : modeWord(step.mode, step.isFirst),
    decision: step.decision,
    decisionId: step.decisionId,
    why: step.why,
    status: step.status,
    checks: step.checks.map((check) => ({ ...check })),
    usd: toUsd(step.billNanoUsd),
    tokens: {
      uncached: step.usage.uncachedTokens,
      cacheRead: step.usage.cacheReadTokens ?? null,
      cacheWrite: step.usage.cacheWriteTokens ?? null,
      output: step.usage.outputTokens,
    },
  };
}

function toUsd(amount: NanoUsd): number {
  return usdFromNano(amount);
}

function nextOf(report: JobReport): string {
  switch (report.status) {
    case 'running':
      return `Still running: ask again with job_status {"jobId":"${report.jobId}"}.`;
    case 'paused':
      return report.pause?.kind === 'budget'
        ? `Waiting for money, which only the user can give: pointsman resume ${report.jobId} --add-budget USD at a terminal, or run_job {"jobId":"${report.jobId}","addBudgetUsd":N} where the client can ask them.`
        : report.pause?.kind === 'permission'
          ? `Waiting for permission, which only the user can give: pointsman resume ${report.jobId} --allow (or --deny) at a terminal, or run_job {"jobId":"${report.jobId}"} where the client can ask them.`
          : report.pause?.kind === 'question'
            ? `Waiting for an answer that only the user can give: pointsman resume ${report.jobId} --answer TEXT (or --deny) at a terminal, or run_job {"jobId":"${report.jobId}"} where the client can ask them.`
            : `Paused: run_job {"jobId":"${report.jobId}"} goes on where it stopped.`;
    case 'failed':
      return `Failed; nothing finished is lost: run_job {"jobId":"${report.jobId}"} tries again from the failed step.`;
    case 'cancelled':
      return `Cancelled: run_job {"jobId":"${report.jobId}"} would go on where it stopped.`;
    case 'done':
      return 'Done. explain_decision tells why each model was chosen.';
  }
}
