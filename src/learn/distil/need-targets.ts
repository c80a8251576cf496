import { DIFFICULTIES, NEED_SIZES, STAKES } from '../../domain/need.ts';
import { STEP_KINDS } from '../../domain/step.ts';
import { OUTPUT_COUNT } from '../../predict/need/need-outputs.ts';

/** Share of the kinds that are not true, together. */
const KIND_SLACK = 0.06;
/** Width in steps of what is still half right: size, difficulty, stakes. */
const WIDTHS = { size: 0.5, difficulty: 0.7, stakes: 0.45 } as const;

/**
 * A probability per output; labels next to the true one keep a little, as labellers do not agree either.
 * @param labels index of the true value of each part, in the order of the outputs' ranges; of the language `undefined` where nobody said
 */
export function targetsOf([kind = 0, size = 0, difficulty = 0, stakes = 0, language]: readonly (
  | number
  | undefined
)[]): Float32Array {
  const kinds = STEP_KINDS.map((_, at) => (at === kind ? 1 - KIND_SLACK : KIND_SLACK / (STEP_KINDS.length - 1)));
  const targets = [
    ...kinds,
    ...around(size, NEED_SIZES.length, WIDTHS.size),
    ...around(difficulty, DIFFICULTIES.length, WIDTHS.difficulty),
    ...around(stakes, STAKES.length, WIDTHS.stakes),
    ...[0, 1].map((at) => (language === undefined ? 0.5 : at === language ? 1 : 0)),
  ];
  return Float32Array.from({ length: OUTPUT_COUNT }, (_, at) => targets[at] ?? 0);
}

/** A bell over ordered values. */
function around(label: number, count: number, width: number): readonly number[] {
  const bell = Array.from({ length: count }, (_, at) => Math.exp(-((at - label) ** 2) / (2 * width * width)));
  const sum = bell.reduce((total, value) => total + value, 0);
  return bell.map((value) => value / sum);
}
