import { z } from 'zod';
import { HARNESS_TASKS } from '../../domain/call.ts';
import { PointsmanError } from '../../domain/errors.ts';
import { MODALITIES } from '../../domain/model.ts';
import { DIFFICULTIES, NEED_GROUNDS, NEED_SIZES, NEED_SOURCES, STAKES } from '../../domain/need.ts';
import { plainIssue } from '../../domain/plain-issue.ts';
import { STEP_KINDS, STEP_MODES } from '../../domain/step.ts';
import { HOUR_MS } from '../../domain/time.ts';
import type { RouteStepRequest } from '../model/pointsman.ts';

/** How far from 1 probabilities may add up, as sums of rounded numbers do. */
const SUM_SLACK = 0.01;

/** A probability per value, and who said so. */
const part = (values: readonly unknown[]): z.ZodType => {
  const ratios = z.array(z.number().min(0).max(1)).length(values.length);
  const addsUp = (all: readonly number[]): boolean =>
    Math.abs(all.reduce((sum, ratio) => sum + ratio, 0) - 1) <= SUM_SLACK;
  return z.looseObject({ ratios: ratios.refine(addsUp, 'must add up to 1'), source: z.enum(NEED_SOURCES) });
};

const name = z.string().min(1);
const names = z.array(name);

/** What numbers are made of; ids of models and policies are looked up, and say what is near. */
const schema = z.looseObject({
  text: z.string(),
  kind: z.enum(STEP_KINDS).optional(),
  need: z
    .looseObject({
      kind: part(STEP_KINDS),
      size: part(NEED_SIZES),
      difficulty: part(DIFFICULTIES),
      stakes: part(STAKES),
      origin: z.enum(['person', 'agent', ...HARNESS_TASKS]),
      grounds: z.array(z.enum(NEED_GROUNDS)),
    })
    .optional(),
  size: z.enum(NEED_SIZES).optional(),
  difficulty: z.literal(DIFFICULTIES).optional(),
  stakes: z.literal(STAKES).optional(),
  sessionId: name.optional(),
  currentModel: z.string().optional(),
  models: names.min(1).optional(),
  requiredTools: names.optional(),
  tools: z.array(z.string()).optional(),
  policy: z.string().optional(),
  dial: z.number().optional(),
  inputModalities: z.array(z.enum(MODALITIES)).optional(),
  transcriptTokens: z.number().min(0).optional(),
  lastCallAt: z.number().optional(),
  deadlineMs: z
    .number()
    .positive()
    .max(48 * HOUR_MS)
    .optional(),
  modes: z.array(z.enum(STEP_MODES)).min(1).optional(),
  nextKinds: z.array(z.enum(STEP_KINDS)).optional(),
});

/**
 * Checks what a caller without types, or with wrong ones, may have got wrong: what is not of its kind would otherwise be found deep inside, or in the record, which nobody could read again.
 * @throws PointsmanError `request-invalid` with the path of what is wrong
 */
export function checkStepRequest(request: RouteStepRequest): void {
  const parsed = schema.safeParse(request, { error: plainIssue });
  const issue = parsed.error?.issues[0];
  if (issue === undefined) return;
  const where = issue.path.length === 0 ? '' : `’s ${issue.path.join('.')}`;
  throw new PointsmanError('request-invalid', `The step${where} ${issue.message}.`);
}
