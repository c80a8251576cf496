import { DIFFICULTIES, NEED_SIZES, STAKES } from '../../../src/domain/need.ts';
import { STEP_KINDS } from '../../../src/domain/step.ts';
import { GROUP_COUNT, needFeatures } from '../../../src/predict/need/need-features.ts';
import { OUTPUT_COUNT } from '../../../src/predict/need/need-outputs.ts';
import type { NeedRow } from './need-row.ts';

/** Weight of each group of features beside the others; chosen on authors left out. */
export const GROUP_WEIGHTS: readonly number[] = [1, 1, 1.3, 1.2, 1, 1];

/** A row as numbers. */
export interface NeedSample {
  readonly hashes: Int32Array;
  /** How much each weighs. */
  readonly amounts: Float32Array;
  /** A probability per output; labels next to the true one keep a little, as labellers do not agree either. */
  readonly targets: Float32Array;
  /** Index of the true value of each part, in the order of the outputs' ranges. */
  readonly labels: readonly number[];
}

/** Share of the kinds that are not true, together. */
const KIND_SLACK = 0.06;
/** Width in steps of what is still half right: size, difficulty, stakes. */
const WIDTHS = { size: 0.5, difficulty: 0.7, stakes: 0.45 } as const;

export function toSample(row: NeedRow): NeedSample {
  const { hashes, ends } = needFeatures(row);
  const amounts = new Float32Array(hashes.length);
  let start = 0;
  for (let group = 0; group < GROUP_COUNT; group += 1) {
    const end = ends[group] ?? start;
    amounts.fill((GROUP_WEIGHTS[group] ?? 1) / Math.sqrt(Math.max(1, end - start)), start, end);
    start = end;
  }
  const labels = labelsOf(row);
  return { hashes, amounts, labels, targets: targetsOf(labels) };
}

function labelsOf(row: NeedRow): readonly number[] {
  return [
    STEP_KINDS.indexOf(row.kind),
    NEED_SIZES.indexOf(row.size),
    DIFFICULTIES.indexOf(row.difficulty),
    STAKES.indexOf(row.stakes),
    row.language === 'en' ? 0 : 1,
  ];
}

function targetsOf([kind = 0, size = 0, difficulty = 0, stakes = 0, language = 0]: readonly number[]): Float32Array {
  const kinds = STEP_KINDS.map((_, at) => (at === kind ? 1 - KIND_SLACK : KIND_SLACK / (STEP_KINDS.length - 1)));
  const targets = [
    ...kinds,
    ...around(size, NEED_SIZES.length, WIDTHS.size),
    ...around(difficulty, DIFFICULTIES.length, WIDTHS.difficulty),
    ...around(stakes, STAKES.length, WIDTHS.stakes),
    ...[0, 1].map((at) => (at === language ? 1 : 0)),
  ];
  return Float32Array.from({ length: OUTPUT_COUNT }, (_, at) => targets[at] ?? 0);
}

/** A bell over ordered values. */
function around(label: number, count: number, width: number): readonly number[] {
  const bell = Array.from({ length: count }, (_, at) => Math.exp(-((at - label) ** 2) / (2 * width * width)));
  const sum = bell.reduce((total, value) => total + value, 0);
  return bell.map((value) => value / sum);
}
