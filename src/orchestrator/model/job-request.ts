import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { plainIssue } from '../../domain/plain-issue.ts';
import { STEP_KINDS, type HandsChoice, type StepKind } from '../../domain/step.ts';
import { handsSchema } from '../../policy/hands-choice.ts';

/** A whole job. */
export interface JobRequest {
  /** What is wanted, in the user's own words; kept verbatim. */
  readonly task: string;
  /** Absolute path of the folder to work in. */
  readonly workspace: string;
  /** Id of a loaded policy, or a path to a policy file. Absent: the configured default. */
  readonly policy?: string | undefined;
  /** 0 = most capable, 10 = cheapest. Absent: the policy's own. */
  readonly dial?: number | undefined;
  /** The job pauses and asks before it bills more than this. Absent: the policy's own, if any. */
  readonly budgetUsd?: number | undefined;
  /** One model for every step, by exact id: obeyed, or refused with near names. */
  readonly model?: string | undefined;
  /** One model per kind of step, by exact id; wins over `model`. */
  readonly stepModels?: Readonly<Partial<Record<StepKind, string>>> | undefined;
  /** Who carries out the steps: the own loop, or a harness of this machine; for all, or per kind of step. Absent: as the policy, then the configuration, says; else the own loop. */
  readonly hands?: HandsChoice | undefined;
  /** `all`: risky tools run without asking. `ask` (default): the job pauses with a question. */
  readonly approve?: 'ask' | 'all' | undefined;
  /** Work in the folder itself, where each change is seen at once. Absent: in a copy, and what was done comes back when it is done. */
  readonly inPlace?: boolean | undefined;
}

/** Strict: an unknown key is an error that names it. */
const jobRequestSchema: z.ZodType<JobRequest> = z.strictObject({
  task: z.string(),
  workspace: z.string().min(1),
  policy: z.string().min(1).optional(),
  dial: z.number().min(0).max(10).optional(),
  budgetUsd: z.number().positive().optional(),
  model: z.string().min(1).optional(),
  stepModels: z.partialRecord(z.enum(STEP_KINDS), z.string().min(1)).optional(),
  hands: handsSchema.optional(),
  approve: z.enum(['ask', 'all']).optional(),
  inPlace: z.boolean().optional(),
});

const MAX_TASK_CHARS = 200_000;

/**
 * Checks a job request that came from outside.
 * @throws PointsmanError `request-invalid` with the path of what is wrong; an empty task is one such.
 */
export function parseJobRequest(value: unknown): JobRequest {
  const parsed = jobRequestSchema.safeParse(value, { error: plainIssue });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : `’s ${issue.path.join('.')}`;
    throw new PointsmanError('request-invalid', `The job${where} ${issue?.message ?? 'cannot be read'}.`);
  }
  if (parsed.data.task.trim() === '') {
    throw new PointsmanError('request-invalid', 'The task is empty.', {
      hint: 'Say what should be done, as in pointsman run "mend the failing test".',
    });
  }
  if (parsed.data.task.length > MAX_TASK_CHARS) {
    throw new PointsmanError('request-invalid', `The task has more than ${MAX_TASK_CHARS} characters.`, {
      hint: 'Put long material into a file of the workspace and name the file in the task.',
    });
  }
  return parsed.data;
}
