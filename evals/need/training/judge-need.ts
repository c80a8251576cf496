import { DIFFICULTIES, NEED_VALUES, type NeedPartName } from '../../../src/domain/need.ts';
import { areaUnderCurve, calibrationError } from '../../../src/learn/training/metrics-probability.ts';
import type { NeedRatios } from '../../../src/predict/need/need-head.ts';
import { spearman } from '../../trials/rank-correlation.ts';
import type { NeedRow } from './need-row.ts';

/** A labelled row with what a reader said of it. */
export interface ReadRow {
  readonly row: NeedRow;
  readonly said: NeedRatios;
}

/** Figures of a reader on labelled rows, under the names of the suite `need`. Empty groups give NaN. */
export function judgeNeed(rows: readonly ReadRow[]): Readonly<Record<string, number>> {
  const english = rows.filter(({ row }) => row.language === 'en');
  const others = rows.filter(({ row }) => row.language !== 'en');
  const apart = rows.filter(({ row }) => row.difficulty !== 3);
  const hard = (one: ReadRow): number => (one.row.difficulty >= 4 ? 1 : 0);
  return {
    'need.kind.accuracy.pct': accuracyPct(rows, 'kind'),
    'need.size.accuracy.pct': accuracyPct(rows, 'size'),
    'need.difficulty.spearman.ratio': difficultySpearman(rows),
    'need.difficulty.auc_easy_hard.ratio': areaUnderCurve(apart.map(difficultyOf), apart.map(hard)),
    'need.stakes.auc.ratio': areaUnderCurve(
      rows.map(({ said }) => said.stakes[2] ?? 0),
      rows.map(({ row }) => (row.stakes === 3 ? 1 : 0)),
    ),
    'need.hard.ece.ratio': calibrationError(
      rows.map(({ said }) => (said.difficulty[3] ?? 0) + (said.difficulty[4] ?? 0)),
      rows.map(hard),
    ),
    'need.kind.ece.ratio': calibrationError(
      rows.map(({ said }) => Math.max(...said.kind)),
      rows.map((one) => (isRight(one, 'kind') ? 1 : 0)),
    ),
    'need.kind.english.accuracy.pct': accuracyPct(english, 'kind'),
    'need.kind.other_languages.accuracy.pct': accuracyPct(others, 'kind'),
    'need.difficulty.english.spearman.ratio': difficultySpearman(english),
    'need.difficulty.other_languages.spearman.ratio': difficultySpearman(others),
    'need.pairs.order.pct': pairsOrderPct(rows),
  };
}

/** Expected difficulty, 1–5. */
function difficultyOf({ said }: ReadRow): number {
  return said.difficulty.reduce((sum, ratio, index) => sum + ratio * (DIFFICULTIES[index] ?? 0), 0);
}

export function saidOf({ said }: ReadRow, part: NeedPartName): string | number | undefined {
  const ratios = said[part];
  return NEED_VALUES[part][ratios.indexOf(Math.max(...ratios))];
}

function isRight(one: ReadRow, part: NeedPartName): boolean {
  return saidOf(one, part) === one.row[part];
}

export function accuracyPct(rows: readonly ReadRow[], part: NeedPartName): number {
  return (100 * rows.filter((one) => isRight(one, part)).length) / rows.length;
}

export function difficultySpearman(rows: readonly ReadRow[]): number {
  return spearman(
    rows.map(difficultyOf),
    rows.map(({ row }) => row.difficulty),
  );
}

/** Of pairs whose rows differ in difficulty: how many are put in the right order. */
function pairsOrderPct(rows: readonly ReadRow[]): number {
  const paired = rows.filter(({ row }) => row.pair !== undefined);
  const pairs = [...Map.groupBy(paired, ({ row }) => row.pair).values()].flatMap(([one, other]) =>
    one === undefined || other === undefined || one.row.difficulty === other.row.difficulty
      ? []
      : [[one, other] as const],
  );
  const right = pairs.filter(
    ([one, other]) => (difficultyOf(one) - difficultyOf(other)) * (one.row.difficulty - other.row.difficulty) > 0,
  );
  return (100 * right.length) / pairs.length;
}
