import { z } from 'zod';
import { PointsmanError } from '../domain/errors.ts';
import { STEP_KINDS } from '../domain/step.ts';

const stepModels = z.partialRecord(z.enum(STEP_KINDS), z.string().min(1));

/** A whole job. Strict: an unknown key is an error that names it. */
export const jobRequestSchema = z.strictObject({
  /** What is wanted, in the user's own words; kept verbatim. */
  task: z.string(),
  /** Absolute path of the folder to work in. */
  workspace: z.string().min(1),
  /** Id of a loaded policy, or a path to a policy file. Absent: the configured default. */
  policy: z.string().min(1).optional(),
  /** 0 = most capable, 10 = cheapest. Absent: the policy's own. */
  dial: z.number().min(0).max(10).optional(),
  /** The job pauses and asks before it bills more than this. Absent: the policy's own, if any. */
  budgetUsd: z.number().positive().optional(),
  /** One model for every step, by exact id: obeyed, or refused with near names. */
  model: z.string().min(1).optional(),
  /** One model per kind of step, by exact id; wins over `model`. */
  stepModels: stepModels.optional(),
  /** `all`: risky tools run without asking. `ask` (default): the job pauses with a question. */
  approve: z.enum(['ask', 'all']).optional(),
});
export type JobRequest = z.infer<typeof jobRequestSchema>;

const MAX_TASK_CHARS = 200_000;

/**
 * Checks a job request that came from outside.
 * @throws PointsmanError `request-invalid` with the path of what is wrong; an empty task is one such.
 */
export function parseJobRequest(value: unknown): JobRequest {
  const parsed = jobRequestSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new PointsmanError('request-invalid', `Job request${where}: ${issue?.message ?? 'not an object'}`);
  }
  if (parsed.data.task.trim() === '') {
    throw new PointsmanError('request-invalid', 'The task is empty.', {
      mend: 'Say what should be done, as in pointsman run "mend the failing test".',
    });
  }
  if (parsed.data.task.length > MAX_TASK_CHARS) {
    throw new PointsmanError('request-invalid', `The task has more than ${MAX_TASK_CHARS} characters.`, {
      mend: 'Put long material into a file of the workspace and name the file in the task.',
    });
  }
  return parsed.data;
}
