import type { Figure } from '../../src/domain/figure.ts';
import { billRatioInterval } from '../../src/learn/training/metrics-bill.ts';
import {
  loadOutcomeRows,
  parseOutcomeRows,
  readRowsText,
  type OutcomeRow,
} from '../../src/learn/training/outcome-row.ts';
import { dataFile } from '../data/data-file.ts';
import { averageImprovement, routerArenaScore } from '../replay/quality-curves.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { chooseByGroup, mean, type Choice, type GroupChoice } from '../trials/group-choice.ts';

/** Prices of a wrong answer, in USD, to draw a curve of routers with; the queries cost about 0.0001 each. */
const GAMMAS_USD: readonly number[] = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.1];

/**
 * One-shot sets beside those of `quality`: tool calls (BFCL, 71 models of 2024), RouterArena's public tenth (two models) and
 * AlpacaEval 2 (56 models of 2023-24, judged against one of them by a judge that likes length).
 * Is a model per group, learned out of fold, better than the one best model?
 */
export const suite: Suite = {
  name: 'one-shot',
  summary: 'a model per group against the best single one on tool calls, RouterArena’s public part and AlpacaEval',
  run(context) {
    const bfcl = dataFile(context.dataDir, 'bfcl_2024_08.jsonl.gz');
    if (bfcl.kind === 'absent') return Promise.resolve(bfcl.answer);
    const arena = dataFile(context.dataDir, 'routerarena_sub10.jsonl.gz');
    if (arena.kind === 'absent') return Promise.resolve(arena.answer);
    const alpaca = dataFile(context.dataDir, 'alpaca_eval2.jsonl.gz');
    if (alpaca.kind === 'absent') return Promise.resolve(alpaca.answer);
    return Promise.resolve({
      kind: 'ran',
      figures: {
        ...groupFigures('bfcl', loadOutcomeRows(bfcl.path), context),
        ...arenaFigures(arena.path),
        ...groupFigures('alpaca', withoutGamed(loadOutcomeRows(alpaca.path)), context),
      },
    });
  },
};

/** Two entries of AlpacaEval answer the judge and not the question. */
function withoutGamed(rows: readonly OutcomeRow[]): readonly OutcomeRow[] {
  return rows.map((row) => {
    const { NullModel: _null, gpt4_gamed: _gamed, ...outcomes } = row.outcomes;
    return { ...row, outcomes };
  });
}

function groupFigures(
  name: string,
  rows: readonly OutcomeRow[],
  { quick }: SuiteContext,
): Readonly<Record<string, Figure>> {
  const choice = chooseByGroup(quick ? rows.filter((_, index) => index % 4 === 0) : rows, 1);
  const n = choice.taskCount;
  return {
    [`oneshot.${name}.accuracy.pct`]: {
      value: percent(mean(choice.byGroup.scores)),
      unit: '%',
      n,
      against: percent(mean(choice.single.scores)),
      label: 'measured',
    },
    [`oneshot.${name}.errors_vs_single.ratio`]: errorRatio(choice),
    [`oneshot.${name}.baseline.oracle.pct`]: { value: percent(choice.oracleScore), unit: '%', n, label: 'measured' },
  };
}

/** Wrong answers by group over those of the single model; below 1 is a gain, an interval across 1 is a tie. */
function errorRatio(choice: GroupChoice): Figure {
  const errors = (one: Choice): { readonly bills: readonly Float64Array[] } => ({
    bills: [one.scores.map((score) => 1 - score)],
  });
  const { value, low, high, taskCount } = billRatioInterval(errors(choice.byGroup), errors(choice.single));
  return { value, low, high, unit: 'ratio', n: taskCount, seed: 1, label: 'measured' };
}

function arenaFigures(file: string): Readonly<Record<string, Figure>> {
  const rows = arenaRows(file);
  const settings = GAMMAS_USD.map((gamma) => chooseByGroup(rows, gamma));
  const [dearest] = settings.slice(-1);
  if (dearest === undefined) return {};
  const n = dearest.taskCount;
  const points = [...settings.map((setting) => setting.byGroup), ...dearest.models.values()].map(pointOf);
  const singles = [...dearest.models].map(([model, choice]): readonly [string, Figure] => [
    `oneshot.routerarena.baseline.${model}.score`,
    { value: scoreOf(choice), unit: 'score 0..1', n, label: 'measured' },
  ]);
  const best = Math.max(...settings.map((setting) => scoreOf(setting.byGroup)));
  const bestSingle = Math.max(...singles.map(([, figure]) => figure.value));
  const aiqOfSingles = averageImprovement([...dearest.models.values()].map(pointOf), rangeOf(points));
  return {
    'oneshot.routerarena.score': {
      value: best,
      unit: 'score 0..1',
      n,
      against: bestSingle,
      label: 'measured',
    },
    'oneshot.routerarena.aiq': {
      value: averageImprovement(points, rangeOf(points)),
      unit: 'quality 0..1',
      n,
      against: aiqOfSingles,
      label: 'measured',
    },
    'oneshot.routerarena.baseline.oracle.pct': {
      value: percent(dearest.oracleScore),
      unit: '%',
      n,
      label: 'measured',
    },
    ...Object.fromEntries(singles),
  };
}

/** One text-overlap score of the source is -0.033; it is taken as 0. */
function arenaRows(file: string): readonly OutcomeRow[] {
  return parseOutcomeRows(readRowsText(file).replaceAll(/"score":\s?-[\d.]+/gu, '"score":0'), file);
}

function pointOf(choice: Choice): { readonly cost: number; readonly quality: number } {
  return { cost: mean(choice.costsUsd), quality: mean(choice.scores) };
}

function rangeOf(points: readonly { readonly cost: number }[]): { readonly min: number; readonly max: number } {
  const costs = points.map((point) => point.cost);
  return { min: Math.min(...costs), max: Math.max(...costs) };
}

function scoreOf(choice: Choice): number {
  return routerArenaScore(mean(choice.scores), 1000 * mean(choice.costsUsd));
}

function percent(ratio: number): number {
  return Number((100 * ratio).toFixed(2));
}
