import { DIFFICULTIES, NEED_SIZES, STAKES } from '../../../src/domain/need.ts';
import { STEP_KINDS } from '../../../src/domain/step.ts';
import { targetsOf } from '../../../src/learn/distil/need-targets.ts';
import { GROUP_COUNT, needFeatures } from '../../../src/predict/need/need-features.ts';
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
