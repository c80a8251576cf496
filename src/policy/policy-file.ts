import { z } from 'zod';
import { REJECTION_CODES, type RejectionCode } from '../domain/decision.ts';
import type { ComplianceDemand } from '../domain/router-policy.ts';
import { STEP_KINDS, STEP_MODES, type HandsChoice, type StepKind, type StepMode } from '../domain/step.ts';
import type { Ratio, Tokens } from '../domain/time.ts';
import { handsSchema } from './hands-choice.ts';
import { parseShape, parseYaml, type YamlDocument } from './yaml-document.ts';

/** A policy file as written: amounts in USD, models by exact id, nothing resolved yet. */
interface PolicyFile {
  readonly id: string;
  readonly version: number;
  readonly mode: 'enforce' | 'shadow';
  readonly summary: string;
  readonly dial: number;
  /** What `failureUsd` is multiplied by at each notch from 0 to 10. Absent: the shipped scale. */
  readonly dialFactors?: readonly number[] | undefined;
  readonly frontierPenaltyRatio: Ratio;
  /** What a failed piece of work of each kind costs, at dial 5; part of one is charged its share. */
  readonly failureUsd: Readonly<Record<StepKind, number>>;
  /** What `failureUsd` is multiplied by, by what a failure of the step would cost. */
  readonly stakesFactors: { readonly minutes: number; readonly hours: number; readonly harm: number };
  readonly waitingUsdPerSecond: number;
  readonly guards: {
    readonly familyMarginUsd: number;
    readonly maxOverheadRatio?: Ratio | undefined;
    readonly strictOverhead?: boolean | undefined;
    readonly escalationCooldownMinutes: number;
    readonly reviewerOtherFamily: boolean;
    readonly maxUpgradeRatio?: Ratio | undefined;
    readonly pingOverheadRatio: Ratio;
  };
  /** Who reads what steps need: this machine, or a small model of the pool as well. */
  readonly reader: 'local' | 'model' | ReaderSettings;
  /** `shut`: words of a step do not move estimates by a trained text gate. */
  readonly textGates: 'open' | 'shut';
  /** What is done where a person's words carry a secret, personal data or a jailbreak. */
  readonly risk?: { readonly mode: 'watch' | 'lane'; readonly models?: readonly string[] | undefined } | undefined;
  readonly models: {
    readonly allow?: readonly string[] | undefined;
    readonly allowFamilies?: readonly string[] | undefined;
    readonly deny: readonly string[];
    readonly denyFamilies: readonly string[];
    readonly openWeightsOnly: boolean;
  };
  readonly kinds: Readonly<Partial<Record<StepKind, KindRule | undefined>>>;
  readonly compliance: ComplianceDemand;
  readonly budget: { readonly jobUsd?: number | undefined; readonly stepUsd?: number | undefined };
  readonly ladder: { readonly maxRungs: 1 | 2 | 3; readonly pessimismQuantile: Ratio };
  readonly lookahead: { readonly maxSteps: number; readonly beamWidth: number };
  readonly keepAlive: boolean;
  readonly responseCache: 'exact' | 'semantic';
  /** Who carries out the steps of jobs. */
  readonly hands?: HandsChoice | undefined;
  readonly parallelAttempts: 'auto' | 'off';
  readonly examples: readonly PolicyExample[];
}

/** A model that is asked what steps need, and within what. */
interface ReaderSettings {
  /** By exact id. Absent: the cheapest that the policy admits. */
  readonly model?: string | undefined;
  readonly maxStepUsd: number;
  readonly maxWaitSeconds: number;
}

interface KindRule {
  /** The only models that may take the kind. */
  readonly models?: readonly string[] | undefined;
  /** The only context modes. */
  readonly modes?: readonly StepMode[] | undefined;
}

/** A situation and what the policy makes of it; the suite decides every one as a door would. */
export interface PolicyExample {
  /** What it shows, as a sentence. */
  readonly say: string;
  readonly given: {
    readonly kind: StepKind;
    /** The pool, by exact id. */
    readonly models: readonly string[];
    /** P(success) of each model of the pool, in `continue` mode. */
    readonly success: Readonly<Record<string, Ratio>>;
    readonly modes?: readonly StepMode[] | undefined;
    readonly incumbent?: string | undefined;
    readonly transcriptTokens?: Tokens | undefined;
    /** Tokens of the shared transcript that each model has cached. */
    readonly warmTokens?: Readonly<Record<string, Tokens>> | undefined;
    readonly callCount?: number | undefined;
    readonly outputTokensPerCall?: Tokens | undefined;
    /** The project's tests check the result, with the prior error rates. */
    readonly checkedByTests?: boolean | undefined;
    readonly rejectedBefore?: readonly string[] | undefined;
    readonly authorFamilies?: readonly string[] | undefined;
    /** Kinds of the steps that follow, with the same pool, sizes and success. */
    readonly upcoming?: readonly StepKind[] | undefined;
    /** Billed so far, on a session that has not switched yet. */
    readonly spentUsd?: number | undefined;
    readonly jobLeftUsd?: number | undefined;
    readonly dial?: number | undefined;
  };
  readonly expect: {
    readonly decision: 'stay' | 'switch' | 'escalate' | 'refuse';
    readonly model?: string | undefined;
    readonly family?: string | undefined;
    readonly mode?: StepMode | undefined;
    /** Models left out, with the code of the reason. */
    readonly rejected?: Readonly<Record<string, RejectionCode>> | undefined;
  };
}

/** A parsed policy with its text's positions, so that what compiling finds can be pointed at. */
export interface ParsedPolicy {
  readonly policy: PolicyFile;
  readonly document: YamlDocument;
}

const usd = z.number().min(0).max(1_000_000);
const positiveUsd = z.number().gt(0, 'must be more than 0').max(1_000_000);
const ratio = z.number().min(0).max(1);
const factor = z.number().min(0).max(1e6);
const dial = z.number().min(0).max(10);
const ids = z.array(z.string().min(1)).min(1, 'names no model; leave the setting out for "any"');
const modes = z.array(z.enum(STEP_MODES)).min(1, 'names no mode; leave the setting out for "any"');
const regions = z.array(z.string().min(1)).min(1);
const tokens = z.number().int().min(0).max(100_000_000);

const kindRule = z.strictObject({ models: ids.optional(), modes: modes.optional() }).optional();
const perKind = <Field extends z.ZodType>(field: Field): Record<StepKind, Field> =>
  Object.fromEntries(STEP_KINDS.map((kind) => [kind, field])) as Record<StepKind, Field>;

const example = z.strictObject({
  say: z.string().min(1),
  given: z.strictObject({
    kind: z.enum(STEP_KINDS),
    models: ids,
    success: z.record(z.string(), ratio),
    modes: modes.optional(),
    incumbent: z.string().optional(),
    transcriptTokens: tokens.optional(),
    warmTokens: z.record(z.string(), tokens).optional(),
    callCount: z.number().int().min(1).max(1000).optional(),
    outputTokensPerCall: tokens.optional(),
    checkedByTests: z.boolean().optional(),
    rejectedBefore: ids.optional(),
    authorFamilies: z.array(z.string().min(1)).optional(),
    upcoming: z.array(z.enum(STEP_KINDS)).optional(),
    spentUsd: usd.optional(),
    jobLeftUsd: usd.optional(),
    dial: dial.optional(),
  }),
  expect: z.strictObject({
    decision: z.enum(['stay', 'switch', 'escalate', 'refuse']),
    model: z.string().optional(),
    family: z.string().optional(),
    mode: z.enum(STEP_MODES).optional(),
    rejected: z.record(z.string(), z.enum(REJECTION_CODES)).optional(),
  }),
});

/** What a question about a step may bill and take, where the policy says nothing else. */
export const READER_USD = 0.003;
export const READER_SECONDS = 1.5;

const schema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/u, 'must be lower-case words joined by hyphens'),
  version: z.number().int().min(1).max(1_000_000),
  mode: z.enum(['enforce', 'shadow']).default('enforce'),
  summary: z.string().min(1).max(500),
  dial: dial.default(5),
  dialFactors: z
    .array(z.number().min(0).max(1e6))
    .length(11, 'needs one factor for each notch from 0 to 10')
    .refine((factors) => factors.every((factor, at) => at === 0 || factor <= (factors[at - 1] ?? 0)), 'must never rise')
    .optional(),
  frontierPenaltyRatio: ratio.default(0),
  failureUsd: z.strictObject(perKind(usd)),
  stakesFactors: z
    .strictObject({ minutes: factor, hours: factor, harm: factor })
    .refine(
      ({ minutes, hours, harm }) => minutes <= hours && hours <= harm,
      'must not fall from minutes to hours to harm',
    )
    .default({ minutes: 1, hours: 3, harm: 10 }),
  waitingUsdPerSecond: usd.default(0),
  guards: z
    .strictObject({
      familyMarginUsd: usd.default(0),
      maxOverheadRatio: z.number().min(0).max(100).optional(),
      strictOverhead: z.boolean().optional(),
      escalationCooldownMinutes: z.number().min(0).max(10_080).default(0),
      reviewerOtherFamily: z.boolean().default(false),
      maxUpgradeRatio: ratio.optional(),
      pingOverheadRatio: ratio.default(0.1),
    })
    .prefault({}),
  reader: z
    .union(
      [
        z.enum(['local', 'model']),
        z.strictObject({
          model: z.string().min(1).optional(),
          maxStepUsd: positiveUsd.default(READER_USD),
          maxWaitSeconds: z.number().gt(0).max(READER_SECONDS, 'may be 1.5 at most').default(READER_SECONDS),
        }),
      ],
      'should be local, model or { model, maxStepUsd, maxWaitSeconds }',
    )
    .default('local'),
  textGates: z.enum(['open', 'shut']).default('open'),
  risk: z.strictObject({ mode: z.enum(['watch', 'lane']), models: ids.optional() }).optional(),
  models: z
    .strictObject({
      allow: ids.optional(),
      allowFamilies: ids.optional(),
      deny: z.array(z.string().min(1)).default([]),
      denyFamilies: z.array(z.string().min(1)).default([]),
      openWeightsOnly: z.boolean().default(false),
    })
    .prefault({}),
  kinds: z.strictObject(perKind(kindRule)).prefault({}),
  compliance: z
    .strictObject({
      inferenceRegions: regions.optional(),
      storageRegions: regions.optional(),
      headquarters: regions.optional(),
      noTraining: z.boolean().optional(),
      zeroDataRetention: z.boolean().optional(),
      maxRetentionDays: z.number().int().min(0).max(36_500).optional(),
      baa: z.boolean().optional(),
      soc2: z.boolean().optional(),
      iso27001: z.boolean().optional(),
      gdprDpa: z.boolean().optional(),
    })
    .prefault({}),
  budget: z.strictObject({ jobUsd: positiveUsd.optional(), stepUsd: positiveUsd.optional() }).prefault({}),
  ladder: z
    .strictObject({
      maxRungs: z.union([z.literal(1), z.literal(2), z.literal(3)], 'must be 1, 2 or 3').default(2),
      pessimismQuantile: z.number().gt(0).lt(1).default(0.5),
    })
    .prefault({}),
  lookahead: z
    .strictObject({
      maxSteps: z.number().int().min(0).max(64).default(8),
      beamWidth: z.number().int().min(1).max(4096).default(64),
    })
    .prefault({}),
  keepAlive: z.boolean().default(false),
  responseCache: z.enum(['exact', 'semantic']).default('exact'),
  hands: handsSchema.optional(),
  parallelAttempts: z.enum(['auto', 'off']).default('auto'),
  examples: z.array(example).default([]),
});

const policyFileSchema = schema as unknown as z.ZodType<PolicyFile>;

/**
 * Reads the text of a policy file. Strict: an unknown key is an error.
 * @throws PointsmanError `policy-invalid` with file, line, rule and, where one is near, the name that was meant
 */
export function parsePolicy(text: string, file: string): ParsedPolicy {
  const document = parseYaml(text, { file, code: 'policy-invalid' });
  return { policy: parseShape(document, policyFileSchema), document };
}
