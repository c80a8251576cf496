import { requireModel } from '../../src/catalog/create-catalog.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figures } from '../../src/domain/figure.ts';
import { toNanoUsd, type NanoUsd } from '../../src/domain/money.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import type { StepKind } from '../../src/domain/step.ts';
import { promptTokens } from '../../src/domain/usage.ts';
import { AS_STATED } from '../../src/policy/dial-scale.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { replay } from '../../src/replay/replay.ts';
import { pointsmanPolicy } from '../../src/replay/rules/pointsman.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import type { JudgedFold } from './judged-fold.ts';

const POOLS = {
  anthropic: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'],
  openai: ['gpt-6-sol', 'gpt-5.4-mini', 'gpt-6-luna'],
  both: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-sol', 'gpt-5.4-mini', 'gpt-6-luna'],
} as const;
/** What γ of the shipped policy is multiplied by, by the name that figures carry. */
const GAMMAS = { quarter: 0.25, one: 1, four: 4 } as const;
/** The reference models' windows differ in what they count; every model of the pools takes this much. */
const FITTING_TOKENS = 150_000;
const MAX_STATES = 60;

/** Bill and failures of `balanced` on sessions that fit every model, against the best fixed model and the best known path. */
export async function economicsFigures(folds: readonly JudgedFold[]): Promise<Figures> {
  const catalog = loadCatalog();
  const balanced = loadPolicies(catalog).get('balanced')?.policy;
  if (balanced === undefined) throw new TypeError('The balanced policy is gone');
  const fitting = folds.map((fold) => ({ ...fold, judged: fold.judged.filter(fits) }));
  const n = fitting.reduce((sum, { judged }) => sum + judged.length, 0);
  const figures: Record<string, Figures[string]> = {};
  for (const [pool, ids] of Object.entries(POOLS)) {
    for (const [gamma, factor] of Object.entries(GAMMAS)) {
      // As stated: a dial measured on the pool would undo what γ is multiplied by here.
      const failureNanoUsd = scaled(balanced.failureNanoUsd, factor);
      const policy = { ...balanced, failureNanoUsd, dialFactors: AS_STATED };
      const sums = { ours: 0, optimum: 0, fixed: new Map<string, number>() };
      for (const fold of fitting) await addFold(sums, fold, { policy, ids, catalog });
      const best = Math.min(...sums.fixed.values());
      const at = { n, label: 'modelled' } as const;
      const name = `economics.real.${pool}.${gamma}`;
      figures[`${name}.vs_best_fixed.pct`] = {
        value: change(sums.ours, best),
        unit: '% of the best fixed model',
        ...at,
      };
      figures[`${name}.vs_optimum.pct`] = {
        value: change(sums.ours, sums.optimum),
        unit: '% of the best known path',
        ...at,
      };
    }
  }
  return figures;
}

function fits(session: SessionTrace): boolean {
  return session.threads.every((thread) =>
    thread.calls.every(
      ({ usage }) => usage === undefined || promptTokens(usage) + usage.outputTokens <= FITTING_TOKENS,
    ),
  );
}

interface Sums {
  ours: number;
  optimum: number;
  readonly fixed: Map<string, number>;
}

async function addFold(
  sums: Sums,
  { judged, stretches }: JudgedFold,
  of: {
    readonly policy: RouterPolicy;
    readonly ids: readonly string[];
    readonly catalog: ReturnType<typeof loadCatalog>;
  },
): Promise<void> {
  const report = await replay(each(judged), {
    catalog: of.catalog,
    pool: of.ids.map((id) => requireModel(of.catalog, id)),
    policies: [pointsmanPolicy({ policy: of.policy, name: 'ours', stretches })],
    optimum: { maxStates: MAX_STATES },
    timelineCount: 0,
  });
  sums.ours += report.policies.find(({ name }) => name === 'ours')?.totalNanoUsd ?? NaN;
  sums.optimum += report.optimum?.totalNanoUsd ?? NaN;
  for (const { model, totalNanoUsd } of report.fixed)
    sums.fixed.set(model, (sums.fixed.get(model) ?? 0) + totalNanoUsd);
}

async function* each(sessions: readonly SessionTrace[]): AsyncGenerator<SessionTrace> {
  await Promise.resolve();
  yield* sessions;
}

function scaled(failure: Readonly<Record<StepKind, NanoUsd>>, factor: number): Readonly<Record<StepKind, NanoUsd>> {
  return Object.fromEntries(
    Object.entries(failure).map(([kind, nano]) => [kind, toNanoUsd(Math.round(nano * factor))]),
  ) as Readonly<Record<StepKind, NanoUsd>>;
}

function change(value: number, against: number): number {
  return Number((100 * (value / against - 1)).toFixed(2));
}
