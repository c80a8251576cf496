import { NEED_PARTS, NEED_VALUES, type NeedPartName } from '../../domain/need.ts';

/** Where the outputs of one question stand among all of them. `language`: whether the words are English, or not. */
export interface OutputRange {
  readonly part: NeedPartName | 'language';
  readonly start: number;
  readonly count: number;
}

const COUNTS: readonly (readonly [OutputRange['part'], number])[] = [
  ...NEED_PARTS.map((part) => [part, NEED_VALUES[part].length] as const),
  ['language', 2],
];

/** Kinds, sizes, difficulties, stakes and the language, side by side in one linear model. */
export const OUTPUT_RANGES: readonly OutputRange[] = COUNTS.map(([part, count], index) => ({
  part,
  start: COUNTS.slice(0, index).reduce((sum, [, before]) => sum + before, 0),
  count,
}));
export const OUTPUT_COUNT: number = COUNTS.reduce((sum, [, count]) => sum + count, 0);

/** Turns the scores of each question into probabilities, in place; `sharpness` multiplies the scores of each first. */
export function softmaxParts(scores: Float64Array, sharpness?: readonly number[]): Float64Array {
  for (let index = 0; index < OUTPUT_RANGES.length; index += 1) {
    const range = OUTPUT_RANGES[index];
    if (range === undefined) continue;
    const end = range.start + range.count;
    const sharp = sharpness?.[index] ?? 1;
    let top = -Infinity;
    for (let at = range.start; at < end; at += 1) top = Math.max(top, (scores[at] ?? 0) * sharp);
    let sum = 0;
    for (let at = range.start; at < end; at += 1) sum += scores[at] = Math.exp((scores[at] ?? 0) * sharp - top);
    for (let at = range.start; at < end; at += 1) scores[at] = (scores[at] ?? 0) / sum;
  }
  return scores;
}
