import { PointsmanError } from '../../domain/errors.ts';
import type { ResumeAnswer } from '../../orchestrator/model/pointsman.ts';
import { toNumber } from '../input/job-arguments.ts';

/** How a command line answers what a job asks. */
export const ANSWER_OPTIONS: {
  readonly [name in 'allow' | 'once' | 'always' | 'deny' | 'yes']: {
    readonly type: 'boolean';
    readonly default: false;
  };
} & { readonly [name in 'answer' | 'add-budget']: { readonly type: 'string' } } = {
  allow: { type: 'boolean', default: false },
  answer: { type: 'string' },
  once: { type: 'boolean', default: false },
  always: { type: 'boolean', default: false },
  deny: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  'add-budget': { type: 'string' },
};

/** @throws PointsmanError `request-invalid` for several answers */
export function answerIn(values: {
  readonly allow: boolean;
  readonly answer?: string | undefined;
  readonly once: boolean;
  readonly always: boolean;
  readonly deny: boolean;
  readonly yes: boolean;
  readonly 'add-budget'?: string | undefined;
}): ResumeAnswer | undefined {
  const addUsd = toNumber('--add-budget', values['add-budget']);
  const given = [values.allow, values.deny, values.yes, values.answer !== undefined, addUsd !== undefined].filter(
    Boolean,
  ).length;
  if (given > 1)
    throw new PointsmanError('request-invalid', 'Give one answer: --allow, --deny, --yes, --answer or --add-budget.');
  if ((values.once || values.always) && (!values.allow || values.once === values.always)) {
    throw new PointsmanError('request-invalid', 'Use --once or --always together with --allow, one of them.');
  }
  if (addUsd !== undefined) {
    if (addUsd > 0) return { kind: 'budget', addUsd };
    throw new PointsmanError('request-invalid', `--add-budget takes an amount above 0; ${addUsd} is not.`);
  }
  if (values.answer !== undefined) return { kind: 'reply', text: values.answer };
  if (values.yes) return { kind: 'all-permissions' };
  const scope = values.once ? 'once' : values.always ? 'always' : 'job';
  return values.allow || values.deny ? { kind: 'permission', allow: values.allow, scope } : undefined;
}
