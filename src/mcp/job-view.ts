import { z } from 'zod';
import { usdFromNano, type NanoUsd } from '../domain/money.ts';
import { modeWord } from '../domain/step.ts';
import type { JobReport, StepReport } from '../orchestrator/model/job-report.ts';

interface JobStepView {
  readonly stepId: string;
  readonly attempt: number;
  readonly kind: string;
  readonly title: string;
  readonly model: string | null;
  readonly mode: string | null;
  readonly decision: string;
  readonly decisionId: string;
  readonly why: string;
  readonly status: string;
  readonly checks: readonly { readonly verifierId: string; readonly passed: boolean; readonly summary: string }[];
  readonly usd: number;
  readonly tokens: {
    readonly uncached: number;
    readonly cacheRead: number | null;
    readonly cacheWrite: number | null;
    readonly output: number;
  };
}

/**
 * A job as a client's model sees it. `null` is unknown or not yet; amounts are in US dollars. Kept loose towards clients, in whose
 * prompts every list of tools stands: what a model has to act on is named, the rest tells itself.
 */
export const jobViewSchema: z.ZodType<Record<string, unknown>> = z.looseObject({
  jobId: z.string(),
  status: z.enum(['running', 'paused', 'done', 'failed', 'cancelled']),
  summary: z.string().nullable(),
  notes: z.array(z.string()).describe('What to tell the user, as what could not be checked.'),
  next: z.string().describe('What to do now.'),
  question: z.string().nullable(),
  failure: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  steps: z.array(z.looseObject({ title: z.string(), model: z.string().nullable(), decisionId: z.string() })),
  bill: z.looseObject({ spentUsd: z.number() }),
});

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

function toStepView(step: StepReport): JobStepView {
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
