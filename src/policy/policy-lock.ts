import { stringify } from 'yaml';
import { z } from 'zod';
import { asId, type ModelId } from '../domain/ids.ts';
import type { ExploreRule, LearnedRules, LearnedSettings, RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';
import { withLearned } from './learned-settings.ts';
import { parseShape, parseYaml } from './yaml-document.ts';

/** What was learned of each policy, by its id. */
export type PolicyLock = Readonly<Record<string, LockedPolicy>>;

export interface LockedPolicy {
  /** Of the policy file that it was learned on; for another one it does not hold. */
  readonly learnedOn: string;
  /** In force; empty: the policy as its file has it. */
  readonly current: LearnedSettings;
  /** In force before that, to go back to. */
  readonly before?: LearnedSettings | undefined;
  readonly candidate?: LockCandidate | undefined;
}

export const LOCK_STAGES = ['proposed', 'shadow', 'canary'] as const;
export type LockStage = (typeof LOCK_STAGES)[number];

/** Settings that may take the place of the current ones. */
export interface LockCandidate {
  /** `proposed`: nothing follows from it. `shadow`: decided beside and recorded. `canary`: obeyed in a share of the sessions. */
  readonly stage: LockStage;
  readonly settings: LearnedSettings;
  readonly shareRatio: Ratio;
  /** Another for each candidate. */
  readonly salt: string;
  /** ISO time when its stage began. */
  readonly since: string;
  readonly allowedBy: string;
  /** What it is judged by. */
  readonly reward: string;
  /** What records said of it when it was proposed, in units of the reward and a step. */
  readonly evidence?: LockEvidence | undefined;
}

export interface LockEvidence {
  readonly stepCount: number;
  readonly effectiveCount: number;
  readonly gain: number;
  readonly lowerBound: number;
}

const ratio = z.number().min(0).max(1);
const factor = z.number().min(0).max(1e6);
const line = z.string().min(1).max(500);
const settings = z.strictObject({
  dial: z.number().min(0).max(10).optional(),
  failureFactors: z.strictObject(Object.fromEntries(STEP_KINDS.map((kind) => [kind, factor.optional()]))).optional(),
  stakesFactors: z
    .tuple([factor, factor, factor])
    .refine(
      ([minutes, hours, harm]) => minutes <= hours && hours <= harm,
      'must not fall from minutes to hours to harm',
    )
    .optional(),
  frontierPenaltyRatio: ratio.optional(),
  maxRungs: z.union([z.literal(1), z.literal(2), z.literal(3)], 'must be 1, 2 or 3').optional(),
  denyModels: z.array(line).max(1000).optional(),
});
const candidate = z.strictObject({
  stage: z.enum(LOCK_STAGES),
  settings,
  shareRatio: z.number().gt(0, 'must be more than 0').max(0.5, 'may be 0.5 at most'),
  salt: line,
  since: z.iso.datetime(),
  allowedBy: line,
  reward: line,
  evidence: z
    .strictObject({
      stepCount: z.number().int().min(0),
      effectiveCount: z.number().min(0),
      gain: z.number(),
      lowerBound: z.number(),
    })
    .optional(),
});
const schema = z.strictObject({
  v: z.literal(1),
  policies: z.record(
    z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'must be the id of a policy'),
    z.strictObject({
      learnedOn: line,
      current: settings,
      before: settings.optional(),
      candidate: candidate.optional(),
    }),
  ),
});
const lockSchema = schema as unknown as z.ZodType<{ readonly v: 1; readonly policies: PolicyLock }>;

/** Settings as somebody names them; `undefined`: they are none that can be learned. */
export function toSettings(value: unknown): LearnedSettings | undefined {
  const parsed = settings.safeParse(value);
  return parsed.success ? (parsed.data as unknown as LearnedSettings) : undefined;
}

export const NO_LOCK: PolicyLock = {};

const HEADER = `# What "pointsman learn" has learned of policies. Change it by "pointsman learn --promote" and "--retreat", which keep the audit trail.\n`;

/** @throws PointsmanError `policy-invalid` with line and path for a file that is not one of ours, or was edited to nonsense */
export function parseLock(text: string | undefined, place: string): PolicyLock {
  if (text === undefined) return NO_LOCK;
  return parseShape(parseYaml(text, { file: place, code: 'policy-invalid' }), lockSchema).policies;
}

export function lockText(lock: PolicyLock): string {
  const policies = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  return HEADER + stringify({ v: 1, policies }, { lineWidth: 120, aliasDuplicateObjects: false });
}

/**
 * A policy as what was learned has it: its settings, and the candidate that is on trial. What was learned on another file does not hold.
 * A model that is denied and unknown by now harms nothing. Pure.
 */
export function lockedPolicy(
  policy: RouterPolicy,
  {
    lock,
    digest,
    explore,
  }: { readonly lock: PolicyLock; readonly digest: string; readonly explore: ExploreRule | undefined },
): RouterPolicy {
  const entry = Object.hasOwn(lock, policy.id) ? lock[policy.id] : undefined;
  const isOfThis = entry !== undefined && entry.learnedOn === digest;
  const current = isOfThis ? withLearned(policy, idsOf(entry.current)) : policy;
  const onTrial = isOfThis ? trialOf(policy, entry.candidate) : undefined;
  if (onTrial === undefined && explore === undefined) return current;
  return {
    ...current,
    trial: {
      dial: current.dial,
      ...(onTrial === undefined ? {} : { candidate: onTrial }),
      ...(explore === undefined ? {} : { explore }),
    },
  };
}

/** What the candidate changes is said against the file, as what is in force is. */
function trialOf(
  policy: RouterPolicy,
  candidate: LockCandidate | undefined,
): NonNullable<RouterPolicy['trial']>['candidate'] {
  if (candidate === undefined || candidate.stage === 'proposed') return undefined;
  const { stage, settings: own, shareRatio, salt, allowedBy } = candidate;
  return { stage, rules: learnedRules(withLearned(policy, idsOf(own))), shareRatio, salt, allowedBy };
}

function learnedRules(policy: RouterPolicy): LearnedRules {
  const { dial, failureNanoUsd, stakesFactors, frontierPenaltyRatio, ladder, denyModels } = policy;
  return {
    dial,
    failureNanoUsd,
    ...(stakesFactors === undefined ? {} : { stakesFactors }),
    frontierPenaltyRatio,
    ladder,
    denyModels,
  };
}

function idsOf(own: LearnedSettings): LearnedSettings {
  return own.denyModels === undefined ? own : { ...own, denyModels: own.denyModels.map((id) => asId<ModelId>(id)) };
}
