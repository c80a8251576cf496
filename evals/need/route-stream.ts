import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { CandidateRow, Decision } from '../../src/domain/decision.ts';
import { declaredPart, type Difficulty, type NeedSize, type Stakes, type StepNeed } from '../../src/domain/need.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import type { StepKind } from '../../src/domain/step.ts';
import { NO_BELIEFS } from '../../src/learn/beliefs/beliefs.ts';
import type { JobServices } from '../../src/orchestrator/model/job-run.ts';
import type { RouteAdvice, RouteStepRequest } from '../../src/orchestrator/model/pointsman.ts';
import { routeStep } from '../../src/orchestrator/service/route-step.ts';
import { choosePolicy, loadPolicies } from '../../src/policy/load-policies.ts';
import { createLearnedPredictor } from '../../src/predict/learned-predictor.ts';
import type { Predictor } from '../../src/predict/predictor.ts';
import { NO_RISK } from '../../src/predict/risk-reader.ts';
import { shippedArtifact } from '../../src/predict/shipped-artifact.ts';
import { decide } from '../../src/router/decide.ts';

/** What a person says that a step needs. */
export interface StepLabels {
  readonly kind: StepKind;
  readonly size: NeedSize;
  readonly difficulty: Difficulty;
  readonly stakes: Stakes;
}

/** A labelled step with what the reader of the product says of it. */
export interface ReadStep {
  readonly text: string;
  readonly labels: StepLabels;
  readonly need: StepNeed;
}

/** A step decided by the product: who takes it, and its table with one row a model, each in its best mode. */
export interface RoutedStep<Step = ReadStep> {
  readonly step: Step;
  readonly model: string | undefined;
  readonly rows: ReadonlyMap<string, CandidateRow>;
  readonly decision: Decision;
}

const catalog = loadCatalog();
const NOTHING = (): void => undefined;

/** The shipped default policy. */
export function balancedPolicy(): RouterPolicy {
  return choosePolicy(loadPolicies(catalog), 'balanced', { catalog, cwd: import.meta.dirname }).policy;
}

/** What `routeStep` needs of a process; nothing is stored. */
const services = {
  clock: () => 0,
  catalog,
  pool: [],
  decide,
  predictor: createLearnedPredictor(shippedArtifact()),
  readRisk: () => NO_RISK,
  beliefs: { current: () => Promise.resolve(NO_BELIEFS) },
  recorder: { writeStep: NOTHING },
  shadows: [],
} as unknown as JobServices;

/** The same with parts of a process that a figure is about. */
export function adviceServices(parts: object): JobServices {
  return { ...services, ...parts };
}

/** Advice on one step under the default policy, with another predictor. */
export async function adviseOn(predictor: Predictor, request: RouteStepRequest): Promise<RouteAdvice> {
  return routeStep({ ...services, predictor }, request, { policy: balancedPolicy(), id: 'own-step' });
}

/** Every step in a session of its own, through `routeStep`. */
export async function routeSteps<Step extends Pick<ReadStep, 'text' | 'need'>>(
  steps: readonly Step[],
  models: readonly string[],
  policy: RouterPolicy,
): Promise<readonly RoutedStep<Step>[]> {
  const routed: RoutedStep<Step>[] = [];
  for (const [index, step] of steps.entries()) {
    const { decision, model } = await routeStep(
      services,
      { text: step.text, need: step.need, models },
      { policy, id: `need-${index}` },
    );
    const rows = new Map<string, CandidateRow>();
    for (const row of decision.candidates) if (!rows.has(row.model)) rows.set(row.model, row);
    routed.push({ step, model, rows, decision });
  }
  return routed;
}

/** The same step with all that a person said of it declared. */
export function declaredStep(step: ReadStep): ReadStep {
  const { kind, size, difficulty, stakes } = step.labels;
  return {
    ...step,
    need: {
      ...step.need,
      kind: declaredPart('kind', kind),
      size: declaredPart('size', size),
      difficulty: declaredPart('difficulty', difficulty),
      stakes: declaredPart('stakes', stakes),
    },
  };
}

/** Pools by the vendors whose keys a user has; `all`: every model that the frozen judge knows. */
export function needPools(judged: ReadonlySet<string>): Readonly<Record<string, readonly string[]>> {
  const of = (...vendors: readonly string[]): readonly string[] =>
    catalog.models.filter((model) => vendors.includes(model.vendor) && judged.has(model.id)).map((model) => model.id);
  return {
    anthropic: of('anthropic'),
    openai: of('openai'),
    both: of('anthropic', 'openai'),
    all: catalog.models.filter((model) => judged.has(model.id)).map((model) => model.id),
  };
}

/** The third of the pool with the most of something, by its mean over the stream's tables. */
export function thirdBy(routed: readonly RoutedStep[], valueOf: (row: CandidateRow) => number): ReadonlySet<string> {
  const sums = new Map<string, number>();
  for (const { rows } of routed)
    for (const [model, row] of rows) sums.set(model, (sums.get(model) ?? 0) + valueOf(row));
  const ranked = [...sums].sort((a, b) => b[1] - a[1]).map(([model]) => model);
  return new Set(ranked.slice(0, Math.max(1, Math.round(ranked.length / 3))));
}

/** Per cent of the steps that models of this set take. */
export function sharePct(routed: readonly RoutedStep[], set: ReadonlySet<string>): number {
  const count = routed.filter(({ model }) => model !== undefined && set.has(model)).length;
  return (100 * count) / Math.max(1, routed.length);
}
