import { z } from 'zod';
import { PointsmanError } from '../../domain/errors.ts';
import { MODALITIES } from '../../domain/model.ts';
import { DIFFICULTIES, NEED_SIZES, STAKES } from '../../domain/need.ts';
import { plainIssue } from '../../domain/plain-issue.ts';
import { STEP_KINDS, STEP_MODES } from '../../domain/step.ts';
import type { RouteStepRequest } from '../model/pointsman.ts';

/** A probability per value; none below nothing, and some above it. */
const part = (values: readonly unknown[]): z.ZodType => {
  const ratios = z.array(z.number().min(0).max(1)).length(values.length);
  return z.looseObject({ ratios: ratios.refine((all) => all.some((ratio) => ratio > 0), 'must not all be 0') });
};

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
      grounds: z.array(z.string()),
    })
    .optional(),
  size: z.enum(NEED_SIZES).optional(),
  difficulty: z.literal(DIFFICULTIES).optional(),
  stakes: z.literal(STAKES).optional(),
  inputModalities: z.array(z.enum(MODALITIES)).optional(),
  transcriptTokens: z.number().min(0).optional(),
  lastCallAt: z.number().optional(),
  deadlineMs: z.number().positive().optional(),
  modes: z.array(z.enum(STEP_MODES)).optional(),
  nextKinds: z.array(z.enum(STEP_KINDS)).optional(),
});

/**
 * Checks what a caller without types, or with wrong ones, may have got wrong: not a number would otherwise be found deep inside.
 * @throws PointsmanError `request-invalid` with the path of what is wrong
 */
export function checkStepRequest(request: RouteStepRequest): void {
  const parsed = schema.safeParse(request, { error: plainIssue });
  const issue = parsed.error?.issues[0];
  if (issue === undefined) return;
  const where = issue.path.length === 0 ? '' : `’s ${issue.path.join('.')}`;
  throw new PointsmanError('request-invalid', `The step${where} ${issue.message}.`);
}
