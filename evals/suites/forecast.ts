import type { Catalog } from '../../src/catalog/catalog.ts';
import { requireModel } from '../../src/catalog/create-catalog.ts';
import { loadCatalog } from '../../src/catalog/load-catalog.ts';
import type { Figure, Figures } from '../../src/domain/figure.ts';
import type { RouterPolicy } from '../../src/domain/router-policy.ts';
import { fitForecast } from '../../src/learn/training/fit-forecast.ts';
import { loadPolicies } from '../../src/policy/load-policies.ts';
import { withDial } from '../../src/policy/with-dial.ts';
import type { ForecastTables } from '../../src/predict/artifact.ts';
import { replay } from '../../src/replay/replay.ts';
import { pointsmanPolicy } from '../../src/replay/rules/pointsman.ts';
import { SHIPPED_DIAL_FACTORS } from '../../src/router/dial.ts';
import { createImportTally } from '../../src/sessions/importer.ts';
import { readSessions, sortFiles } from '../../src/sessions/read-sessions.ts';
import { createSeenCalls } from '../../src/sessions/seen-calls.ts';
import type { SessionTrace } from '../../src/sessions/session-trace.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { compareGuesses, type GuessScore } from '../trials/forecast-guesses.ts';

const POOLS = {
  wide: ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5', 'gpt-6-sol', 'gpt-5.4-mini', 'gpt-6-luna'],
  'one-vendor': ['claude-opus-5-5', 'claude-sonnet-5', 'claude-haiku-4-5'],
} as const;
/** Where there is something to choose: below, the strongest is always best here, above, the cheapest. */
const DIALS: readonly number[] = [2, 3, 4, 5, 6, 7, 8];
const FORECASTS = ['learned', 'none', 'recorded'] as const;

/**
 * What forecasts of a session without a plan are worth. Two real sessions: what is expected of one was learned from the other,
 * and back. Are kinds and sizes foreseen, and what do the bill and failures come to against always taking the strongest?
 */
export const suite: Suite = {
  name: 'forecast',
  summary: 'kinds, sizes and bills of a session foreseen from another one',
  async run(context) {
    const file = dataFile(context.dataDir, 'agent_sessions_pi.jsonl.gz');
    if (file.kind === 'absent') return file.answer;
    const sessions: SessionTrace[] = [];
    const files = await sortFiles([file.path]);
    const options = { seen: createSeenCalls(), tally: createImportTally() };
    for await (const session of readSessions(files, options)) sessions.push(session);
    const folds = sessions.map((session) => ({
      session,
      tables: fitForecast(sessions.filter((other) => other !== session)),
    }));
    const scores = folds.map(({ session, tables }) => compareGuesses(session, tables));
    return { kind: 'ran', figures: { ...guessFigures(scores), ...(await billFigures(folds, context)) } };
  },
};

interface Fold {
  readonly session: SessionTrace;
  readonly tables: ForecastTables;
}

function guessFigures(scores: readonly GuessScore[]): Figures {
  const sum = (of: (score: GuessScore) => number): number => scores.reduce((total, score) => total + of(score), 0);
  const n = sum((score) => score.lookCount);
  const share = (of: (score: GuessScore) => number): number => Number((sum(of) / n).toFixed(4));
  return {
    'forecast.pi.kinds.hit.ratio': {
      value: share((score) => score.chainHitCount),
      against: Math.max(
        share((score) => score.ruleHitCount),
        share((score) => score.sameHitCount),
      ),
      unit: 'ratio',
      n,
      label: 'measured',
    },
    'forecast.pi.kinds.baseline.rule.hit.ratio': {
      value: share((score) => score.ruleHitCount),
      unit: 'ratio',
      n,
      label: 'measured',
    },
    'forecast.pi.kinds.baseline.same.hit.ratio': {
      value: share((score) => score.sameHitCount),
      unit: 'ratio',
      n,
      label: 'measured',
    },
    'forecast.pi.step_calls.abs_error.count': {
      value: Number((sum((score) => score.callError) / sum((score) => score.stepCount)).toFixed(3)),
      against: Number((sum((score) => score.wholeWorkError) / sum((score) => score.stepCount)).toFixed(3)),
      unit: 'calls',
      n: sum((score) => score.stepCount),
      label: 'measured',
    },
    'forecast.pi.session_calls.error.pct': {
      value: Number(
        Math.max(...scores.map((score) => 100 * Math.abs(score.foreseenCalls / score.calls - 1))).toFixed(1),
      ),
      unit: '% of the worse session',
      n: scores.length,
      label: 'measured',
    },
  };
}

async function billFigures(folds: readonly Fold[], { print, quick }: SuiteContext): Promise<Figures> {
  const catalog = loadCatalog();
  const shipped = loadPolicies(catalog).get('balanced')?.policy;
  if (shipped === undefined) throw new TypeError('The balanced policy is gone');
  // A scale of its own: the one measured on a pool keeps γ where what follows a step hardly matters.
  const balanced = { ...shipped, dialFactors: SHIPPED_DIAL_FACTORS };
  const figures: Record<string, Figure> = {};
  const dials = quick ? [5] : DIALS;
  print('Bill and failures, per cent against always taking the strongest, each dial at its own γ');
  print(`  ${'pool, forecast'.padEnd(24)} ${dials.map((dial) => `dial ${dial}`.padStart(8)).join('')}     mean`);
  for (const [pool, models] of Object.entries(POOLS)) {
    for (const forecast of FORECASTS) {
      const rows: number[] = [];
      for (const dial of dials) {
        const of = (fold: Fold): Promise<number> =>
          totalRatio(fold, { policy: withDial(balanced, dial), models, forecast, catalog });
        rows.push(geometricMean(await Promise.all(folds.map(of))));
      }
      const value = 100 * (geometricMean(rows) - 1);
      print(
        `  ${`${pool}, ${forecast}`.padEnd(24)} ${rows.map((row) => (100 * (row - 1)).toFixed(1).padStart(8)).join('')} ${value.toFixed(1).padStart(8)}`,
      );
      const name =
        forecast === 'learned' ? `forecast.pi.${pool}.bill.pct` : `forecast.pi.${pool}.baseline.${forecast}.bill.pct`;
      figures[name] = {
        value: Number(value.toFixed(2)),
        unit: '%',
        against: 0,
        n: dials.length * folds.length,
        label: 'modelled',
      };
    }
  }
  return figures;
}

/** Bill and failures of a policy over those of always taking the strongest. */
async function totalRatio(
  { session, tables }: Fold,
  options: {
    readonly policy: RouterPolicy;
    readonly models: readonly string[];
    readonly forecast: (typeof FORECASTS)[number];
    readonly catalog: Catalog;
  },
): Promise<number> {
  const { policy, models, forecast, catalog } = options;
  const report = await replay(once(session), {
    catalog,
    pool: models.map((id) => requireModel(catalog, id)),
    policies: [pointsmanPolicy({ policy, forecast, tables, name: 'ours' })],
    optimum: 'off',
    timelineCount: 0,
  });
  const total = (name: string): number => report.policies.find((row) => row.name === name)?.totalNanoUsd ?? Number.NaN;
  return total('ours') / total('always-frontier');
}

async function* once(session: SessionTrace): AsyncGenerator<SessionTrace> {
  await Promise.resolve();
  yield session;
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
