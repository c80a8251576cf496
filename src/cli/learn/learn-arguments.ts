import { parseArgs } from 'node:util';
import { PointsmanError } from '../../domain/errors.ts';
import type { Model } from '../../domain/model.ts';
import { didYouMean } from '../../domain/nearest.ts';
import type { LearnedSettings } from '../../domain/router-policy.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import { DAY_MS, type Ms } from '../../domain/time.ts';
import { toSettings } from '../../policy/policy-lock.ts';
import { spanMs } from '../input/age.ts';

/** What is asked of `pointsman learn`. */
export interface LearnAsked {
  readonly act: 'look' | 'propose' | 'promote' | 'retreat' | 'check';
  readonly reward: string | undefined;
  readonly sinceMs: Ms;
  readonly tenant: string | undefined;
  readonly policy: string | undefined;
  /** Settings that somebody names, instead of a search. */
  readonly asked: LearnedSettings | undefined;
  readonly json: boolean;
  readonly config: string | undefined;
}

const ACTS = ['propose', 'promote', 'retreat', 'check'] as const;

/** @throws PointsmanError `request-invalid` */
export function parseLearnArguments(args: readonly string[]): LearnAsked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      reward: { type: 'string' },
      since: { type: 'string', default: '30d' },
      tenant: { type: 'string' },
      policy: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
      propose: { type: 'boolean', default: false },
      promote: { type: 'boolean', default: false },
      retreat: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string' },
    },
  });
  const acts = ACTS.filter((act) => values[act]);
  if (acts.length > 1) {
    throw new PointsmanError('request-invalid', `--${acts.join(' and --')} are two things.`, {
      hint: 'Ask for one at a time.',
    });
  }
  const [act = 'look'] = acts;
  if (values.set.length > 0 && act !== 'look' && act !== 'propose') {
    throw new PointsmanError('request-invalid', `--set says nothing to --${act}.`, {
      hint: 'Write it with --propose.',
    });
  }
  return {
    act,
    reward: values.reward,
    sinceMs: sinceMs(values.since),
    tenant: values.tenant,
    policy: values.policy,
    asked: values.set.length === 0 ? undefined : values.set.reduce<LearnedSettings>(withSetting, {}),
    json: values.json,
    config: values.config,
  };
}

function sinceMs(text: string): Ms {
  const span = spanMs(text);
  if (span !== undefined && span > 0 && span <= 3650 * DAY_MS) return span;
  throw new PointsmanError('request-invalid', `--since ${text} is no span of time.`, {
    hint: 'Write it as 12h, 30d or 4w.',
  });
}

/** `dial=6`, `failureFactors.code=2`, `stakesFactors=1,3,10`, `deny=MODEL`, on top of what was named before. */
function withSetting(before: LearnedSettings, text: string): LearnedSettings {
  const at = text.indexOf('=');
  const [name = '', inner] = text.slice(0, Math.max(0, at)).split('.');
  const value = text.slice(at + 1);
  const settings = toSettings({ ...before, ...settingOf(before, name, { inner, value }) });
  if (at > 0 && settings !== undefined) return settings;
  throw new PointsmanError('request-invalid', `--set ${text} is no setting that can be learned.${meant(name, inner)}`, {
    hint: 'Write --set dial=6, frontierPenaltyRatio=0.1, maxRungs=3, failureFactors.code=2, stakesFactors=1,3,10 or deny=MODEL.',
  });
}

const NAMES = ['dial', 'frontierPenaltyRatio', 'maxRungs', 'failureFactors', 'stakesFactors', 'deny'] as const;

function meant(name: string, inner: string | undefined): string {
  if (!NAMES.some((one) => one === name)) return didYouMean(name, NAMES);
  return inner === undefined || STEP_KINDS.some((kind) => kind === inner) ? '' : didYouMean(inner, STEP_KINDS);
}

/**
 * A model that is not known is left out by nobody, and the candidate would be the policy as it is.
 * @throws PointsmanError `request-invalid` with the nearest name
 */
export function checkDenied(settings: LearnedSettings | undefined, models: readonly Pick<Model, 'id'>[]): void {
  const known = models.map(({ id }) => id);
  const missing = settings?.denyModels?.find((id) => !known.includes(id));
  if (missing === undefined) return;
  throw new PointsmanError(
    'request-invalid',
    `--set deny=${missing} names no known model.${didYouMean(missing, known)}`,
    {
      hint: 'See pointsman models.',
    },
  );
}

function settingOf(
  { denyModels = [], failureFactors }: LearnedSettings,
  name: string,
  { inner, value }: { readonly inner: string | undefined; readonly value: string },
): Readonly<Record<string, unknown>> {
  if (inner !== undefined)
    return { [name]: { ...(name === 'failureFactors' ? failureFactors : {}), [inner]: toNumber(value) } };
  if (name === 'deny') return { denyModels: [...denyModels, value] };
  return { [name]: value.includes(',') ? value.split(',').map(toNumber) : toNumber(value) };
}

function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
