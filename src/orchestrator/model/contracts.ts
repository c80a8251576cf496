import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Difficulty, Stakes } from '../../domain/need.ts';
import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import { asMeant } from './answer/as-meant.ts';
import { jsonObjectsIn } from './answer/json-objects.ts';

/** What a step must hand back, by the name that agent files use. */
export const CONTRACT_NAMES = [
  'PlanResult',
  'CodeResult',
  'ReviewResult',
  'TestResult',
  'SummaryResult',
  'ReflectResult',
  'StepResult',
] as const;
export type ContractName = (typeof CONTRACT_NAMES)[number];

const STEP_SIZES = ['small', 'medium', 'large'] as const;
export type PlannedSize = (typeof STEP_SIZES)[number];

/** What a step asks to be checked by: `person`: the project's tests where it changes code, and then somebody who looks at it. */
const STEP_CHECKS = ['tests', 'person', 'none'] as const;
export type StepCheckName = (typeof STEP_CHECKS)[number];

/** One step as a planner writes it. */
export interface PlannedStepResult {
  readonly id: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly goal: string;
  readonly inputs: readonly string[];
  readonly requiredTools: readonly string[];
  readonly size: PlannedSize;
  readonly dependsOn: readonly string[];
  readonly check: StepCheckName;
  /** As the planner judges them. Absent: read from the words. */
  readonly difficulty?: Difficulty | undefined;
  readonly stakes?: Stakes | undefined;
  /** How long the step may take, every call of it, where nobody waits for it. Absent: somebody does. */
  readonly deadlineSeconds?: number | undefined;
  /** It ends something that goes wrong today, and that a test can show. */
  readonly fixesFault?: boolean | undefined;
}

export interface PlanResult {
  readonly steps: readonly PlannedStepResult[];
  readonly decisions: readonly string[];
  readonly openQuestions: readonly string[];
}

/** What every kind of result has besides its own. */
interface ReportedResult {
  readonly summary: string;
  readonly decisions: readonly string[];
  readonly openQuestions: readonly string[];
}

interface CodeResult extends ReportedResult {
  readonly changedFiles: readonly string[];
}

interface Finding {
  readonly severity: 'blocking' | 'minor';
  readonly file: string;
  readonly text: string;
}

interface ReviewResult extends ReportedResult {
  readonly verdict: 'approve' | 'request-changes';
  readonly findings: readonly Finding[];
}

interface TestResult extends ReportedResult {
  readonly passed: boolean;
  readonly addedTests: readonly string[];
}

interface SummaryResult {
  readonly summary: string;
  readonly followUps: readonly string[];
}

/** What thinking after evidence comes to. */
export interface ReflectResult {
  readonly action: 'continue' | 'revise' | 'finish';
  readonly why: string;
  readonly insert: readonly PlannedStepResult[];
  readonly drop: readonly string[];
}

export interface Contracts {
  readonly PlanResult: PlanResult;
  readonly CodeResult: CodeResult;
  readonly ReviewResult: ReviewResult;
  readonly TestResult: TestResult;
  readonly SummaryResult: SummaryResult;
  readonly ReflectResult: ReflectResult;
  readonly StepResult: ReportedResult;
}

const line = z.string().max(4000);
const lines = z.array(line).max(50).default([]);
const reportedResult = { summary: z.string().min(1).max(8000), decisions: lines, openQuestions: lines };

/** How hard a step is, as somebody declares it: 1 any small model does it … 5 frontier models often fail. */
export const difficultySchema: z.ZodType<Difficulty, Difficulty> = z.literal([1, 2, 3, 4, 5]);
/** What a failure costs: 1 minutes, 2 hours or a bad commit, 3 production, security, data, money, health or law. */
export const stakesSchema: z.ZodType<Stakes, Stakes> = z.literal([1, 2, 3]);

const plannedStep = z.object({
  id: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/u, 'letters, digits, - and _ only'),
  kind: z.enum(STEP_KINDS),
  title: z.string().min(1).max(120),
  goal: z.string().min(1).max(8000),
  inputs: lines,
  requiredTools: lines,
  size: z.enum(STEP_SIZES).default('medium'),
  dependsOn: lines,
  check: z.enum(STEP_CHECKS).default('none'),
  difficulty: difficultySchema.optional(),
  stakes: stakesSchema.optional(),
  deadlineSeconds: z.number().positive().max(172_800).optional(),
  fixesFault: z.boolean().optional(),
});

const finding = z.object({
  severity: z.enum(['blocking', 'minor']),
  file: line.default(''),
  text: line.min(1),
});

const schemas: { readonly [Name in ContractName]: z.ZodType<Contracts[Name]> } = {
  PlanResult: z.object({ steps: z.array(plannedStep).max(20), decisions: lines, openQuestions: lines }),
  CodeResult: z.object({ ...reportedResult, changedFiles: lines }),
  ReviewResult: z.object({
    ...reportedResult,
    verdict: z.enum(['approve', 'request-changes']),
    findings: z.array(finding).max(50).default([]),
  }),
  TestResult: z.object({ ...reportedResult, passed: z.boolean(), addedTests: lines }),
  SummaryResult: z.object({ summary: z.string().min(1).max(8000), followUps: lines }),
  ReflectResult: z.object({
    action: z.enum(['continue', 'revise', 'finish']),
    why: line.min(1),
    insert: z.array(plannedStep).max(10).default([]),
    drop: lines,
  }),
  StepResult: z.object(reportedResult),
};

export function contractNameOf(kind: StepKind): ContractName {
  switch (kind) {
    case 'plan':
      return 'PlanResult';
    case 'code':
      return 'CodeResult';
    case 'review':
      return 'ReviewResult';
    case 'test':
      return 'TestResult';
    case 'summarize':
      return 'SummaryResult';
    case 'explore':
    case 'other':
      return 'StepResult';
  }
}

const jsonSchemas = new Map<ContractName, JsonObject>();

/** The contract as JSON Schema, for the model that must keep it; made once. Defaults make a key optional. */
export function contractJsonSchema(name: ContractName): JsonObject {
  const known = jsonSchemas.get(name);
  if (known !== undefined) return known;
  const { $schema: _schema, ...schema } = z.toJSONSchema(schemas[name], { io: 'input', target: 'draft-7' });
  jsonSchemas.set(name, schema as JsonObject);
  return schema as JsonObject;
}

export type ContractReading<Name extends ContractName> =
  | { readonly kind: 'kept'; readonly value: Contracts[Name] }
  | { readonly kind: 'broken'; readonly why: string };

/** An answer in an answer in an answer. */
const MAX_WRAPPED = 3;

/**
 * Reads the answer of a step: the last JSON object in its text that keeps the contract, fenced, bare, or wrapped in another that
 * has nothing of the contract itself. Extra keys pass, nothing is an empty list, and one is a list of one. Total.
 */
export function readContract<Name extends ContractName>(name: Name, text: string): ContractReading<Name> {
  let why: string | undefined;
  for (const object of jsonObjectsIn(text).toReversed()) {
    for (const meant of [object, ...wrappedIn(name, object)].map((one) => asMeant(one))) {
      const parsed = schemas[name].safeParse(meant);
      if (parsed.success) return { kind: 'kept', value: parsed.data };
      why ??= parsed.error.issues
        .slice(0, 5)
        .map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`)
        .join('; ');
    }
  }
  return { kind: 'broken', why: why ?? 'The answer holds no complete JSON object.' };
}

/** The last first, as of those that stand beside one another. */
function wrappedIn(name: ContractName, wrapper: object, depth = 1): readonly object[] {
  const own = contractJsonSchema(name)['properties'];
  const isNamed = (key: string): boolean => typeof own === 'object' && own !== null && Object.hasOwn(own, key);
  if (depth > MAX_WRAPPED || Object.keys(wrapper).some(isNamed)) return [];
  return Object.values(wrapper)
    .toReversed()
    .flatMap((inner: unknown): readonly object[] => {
      if (typeof inner === 'string' && inner.includes('{')) return jsonObjectsIn(inner).toReversed();
      return typeof inner === 'object' && inner !== null ? [inner] : [];
    })
    .flatMap((inner) => [inner, ...wrappedIn(name, inner, depth + 1)]);
}
