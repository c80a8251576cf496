import { stringify } from 'yaml';
import { z } from 'zod';
import { asId, type ModelId } from '../domain/ids.ts';
import type { RewardCaps, RewardScale } from '../domain/quality.ts';
import type { ExploreRule, FiledRules, LearnedMark, LearnedSettings, RouterPolicy } from '../domain/router-policy.ts';
import { STEP_KINDS } from '../domain/step.ts';
import type { Ratio } from '../domain/time.ts';
import { settingLines, withLearned } from './learned-settings.ts';
import { parseShape, parseYaml } from './yaml-document.ts';

/** What was learned of each policy, by its id. */
export type PolicyLock = Readonly<Record<string, LockedPolicy>>;

export interface LockedPolicy {
  /** Of the policy file that it was learned on; for another one it does not hold. */
  readonly learnedOn: string;
  /** In force; empty: the policy as its file has it. */
  readonly current: LearnedSettings;
  /** How it came into force. Absent: nothing was learned, or by a lock of before. */
  readonly taken?: TakenSettings | undefined;
  /** In force before that, to go back to. */
  readonly before?: LearnedSettings | undefined;
  readonly candidate?: LockCandidate | undefined;
}

/** What is known of settings that are in force. */
export interface TakenSettings extends Pick<LockCandidate, 'since' | 'allowedBy' | 'reward' | 'evidence'> {
  /** What its canary had shown, in units of the reward and a session. */
  readonly shown?: LockShown | undefined;
}

export interface LockShown {
  readonly sessionCount: number;
  readonly gain: number;
  readonly lowerBound: number;
}

/** A move that was made and does not stand on the audit trail yet. */
export interface UnnotedMove {
  /** Another for each, so that one that is noted twice is known as one. */
  readonly id: string;
  readonly act: 'policy-proposed' | 'policy-promoted' | 'policy-retreated';
  readonly actor: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
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
  /** What reported rewards may be, where it speaks of them; one beyond counts as its nearest end. */
  readonly scale?: RewardScale | undefined;
  /** What a step counts at most, where it speaks of bills or time. Absent: as shipped. */
  readonly caps?: RewardCaps | undefined;
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
const line = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, 'must hold no control characters, for it is shown');
/** May be written over several lines. */
const expression = z
  .string()
  .min(1)
  .max(500)
  .regex(/^(?:\P{Cc}|\s)*$/u, 'must hold no control characters, for it is shown');
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
const evidence = z.strictObject({
  stepCount: z.number().int().min(0),
  effectiveCount: z.number().min(0),
  gain: z.number(),
  lowerBound: z.number(),
});
const candidate = z.strictObject({
  stage: z.enum(LOCK_STAGES),
  settings,
  shareRatio: z.number().gt(0, 'must be more than 0').max(0.5, 'may be 0.5 at most'),
  salt: line,
  since: z.iso.datetime(),
  allowedBy: line,
  reward: expression,
  scale: z.strictObject({ bad: z.number(), good: z.number() }).optional(),
  caps: z.strictObject({ usd: z.number().positive(), minutes: z.number().positive() }).optional(),
  evidence: evidence.optional(),
});
const taken = z.strictObject({
  since: z.iso.datetime(),
  allowedBy: line,
  reward: expression,
  evidence: evidence.optional(),
  shown: z.strictObject({ sessionCount: z.number().int().min(0), gain: z.number(), lowerBound: z.number() }).optional(),
});
const unnoted = z.strictObject({
  id: line,
  act: z.enum(['policy-proposed', 'policy-promoted', 'policy-retreated']),
  actor: line,
  subject: line,
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
const schema = z.strictObject({
  v: z.literal(1),
  policies: z.record(
    z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'must be the id of a policy'),
    z.strictObject({
      learnedOn: line,
      current: settings,
      taken: taken.optional(),
      before: settings.optional(),
      candidate: candidate.optional(),
    }),
  ),
  unnoted: z.array(unnoted).optional(),
});
const lockSchema = schema as unknown as z.ZodType<{ readonly v: 1 } & LockFile>;

/** The whole of a lock: what was learned, and what of it the audit trail does not say yet. */
export interface LockFile {
  readonly policies: PolicyLock;
  readonly unnoted?: readonly UnnotedMove[] | undefined;
}

/** Settings as somebody names them; `undefined`: they are none that can be learned. */
export function toSettings(value: unknown): LearnedSettings | undefined {
  const parsed = settings.safeParse(value);
  return parsed.success ? (parsed.data as unknown as LearnedSettings) : undefined;
}

export const NO_LOCK: PolicyLock = {};

const HEADER = `# What "pointsman learn" has learned of policies. Change it by "pointsman learn --promote" and "--retreat", which keep the audit trail.\n`;

/** @throws PointsmanError `policy-invalid` with line and path for a file that is not one of ours, or was edited to nonsense */
export function parseLock(text: string | undefined, place: string): LockFile {
  if (text === undefined) return { policies: NO_LOCK };
  return parseShape(parseYaml(text, { file: place, code: 'policy-invalid' }), lockSchema);
}

export function lockText({ policies: lock, unnoted: moves = [] }: LockFile): string {
  const policies = Object.fromEntries(Object.entries(lock).sort(([a], [b]) => (a < b ? -1 : 1)));
  const file = { v: 1, policies, ...(moves.length === 0 ? {} : { unnoted: moves }) };
  return HEADER + stringify(file, { lineWidth: 120, aliasDuplicateObjects: false });
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
  const current = isOfThis ? inForce(policy, entry) : policy;
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

function inForce(policy: RouterPolicy, { current, taken: how }: LockedPolicy): RouterPolicy {
  const lines = settingLines(current);
  if (lines.length === 0) return policy;
  const learned: LearnedMark = { settings: lines, ...sinceOf(how), instead: filedRules(policy) };
  return { ...withLearned(policy, idsOf(current)), learned };
}

function sinceOf(
  how: Pick<TakenSettings, 'since' | 'allowedBy'> | undefined,
): Pick<LearnedMark, 'since' | 'allowedBy'> {
  return how === undefined ? {} : { since: how.since, allowedBy: how.allowedBy };
}

/** What the candidate changes is said against the file, as what is in force is. */
function trialOf(
  policy: RouterPolicy,
  candidate: LockCandidate | undefined,
): NonNullable<RouterPolicy['trial']>['candidate'] {
  if (candidate === undefined || candidate.stage === 'proposed') return undefined;
  const { stage, settings: own, shareRatio, salt, allowedBy } = candidate;
  const learned: LearnedMark = {
    settings: settingLines(own),
    ...sinceOf(candidate),
    instead: filedRules(policy),
  };
  const rules = { ...filedRules(withLearned(policy, idsOf(own))), learned };
  return { stage, rules, shareRatio, salt, allowedBy };
}

function filedRules(policy: RouterPolicy): FiledRules {
  const { dial, dialFactors, failureNanoUsd, stakesFactors, frontierPenaltyRatio, ladder, denyModels } = policy;
  return {
    dial,
    ...(dialFactors === undefined ? {} : { dialFactors }),
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
