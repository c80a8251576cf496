import type { NeedPart, StepNeed } from '../domain/need.ts';
import type { Ratio } from '../domain/time.ts';

/**
 * Steps by difficulty 1–5, stakes 1–3 and size (one, few, many, long): 4,916 labelled by hand (2026-11). Hard steps are long and
 * rarely harmless, easy ones are short and rarely grave.
 */
const STEP_COUNTS: readonly (readonly (readonly number[])[])[] = [
  [
    [772, 404, 10, 1],
    [13, 16, 0, 0],
    [10, 6, 0, 0],
  ],
  [
    [328, 689, 43, 3],
    [31, 131, 7, 0],
    [11, 22, 0, 0],
  ],
  [
    [89, 350, 95, 6],
    [46, 339, 130, 6],
    [22, 128, 23, 0],
  ],
  [
    [15, 72, 62, 3],
    [18, 192, 168, 21],
    [17, 130, 119, 8],
  ],
  [
    [6, 13, 27, 5],
    [9, 50, 93, 14],
    [4, 40, 90, 9],
  ],
];

const [DIFFICULTY_COUNT, STAKES_COUNT, SIZE_COUNT] = [5, 3, 4];
/** Added to each cell, so that what nobody labelled stays possible. */
const UNSEEN = 0.5;

/** How much likelier a combination is than its parts by themselves say; row by row as `STEP_COUNTS`. */
const LIFTS: Float64Array = liftsOf(STEP_COUNTS);

/** P(difficulty, stakes, size), row by row; sums to 1. */
export type JointNeed = Float64Array;

/**
 * The parts of a need together. They are read one by one, but they hang together: taken as independent, a rename with a stray
 * chance of being grave and a stray chance of being hard would be priced as if both came true at once. Pure.
 */
export function jointNeed({ difficulty, stakes, size }: StepNeed): JointNeed {
  const joint = new Float64Array(DIFFICULTY_COUNT * STAKES_COUNT * SIZE_COUNT);
  let sum = 0;
  eachCell((d, s, z, cell) => {
    const ratio = (difficulty.ratios[d] ?? 0) * (stakes.ratios[s] ?? 0) * (size.ratios[z] ?? 0) * (LIFTS[cell] ?? 0);
    joint[cell] = ratio;
    sum += ratio;
  });
  for (let cell = 0; cell < joint.length; cell += 1) joint[cell] = (joint[cell] ?? 0) / sum;
  return joint;
}

/** The same need with parts that agree with one another; who said what stays. */
export function agreedNeed(need: StepNeed): StepNeed {
  const joint = jointNeed(need);
  const [difficulty, stakes, size] = [DIFFICULTY_COUNT, STAKES_COUNT, SIZE_COUNT].map((count) =>
    Array.from({ length: count }, () => 0),
  );
  eachCell((d, s, z, cell) => {
    const ratio = joint[cell] ?? 0;
    add(difficulty, d, ratio);
    add(stakes, s, ratio);
    add(size, z, ratio);
  });
  const part = (read: NeedPart, ratios: readonly Ratio[] | undefined): NeedPart => ({ ...read, ratios: ratios ?? [] });
  return {
    ...need,
    difficulty: part(need.difficulty, difficulty),
    stakes: part(need.stakes, stakes),
    size: part(need.size, size),
  };
}

/** Mean of `weight` over stakes and sizes within each difficulty, times P(difficulty); they sum to the mean over all. */
export function byDifficulty(joint: JointNeed, weight: (stakes: number, size: number) => number): readonly number[] {
  const sums = Array.from({ length: DIFFICULTY_COUNT }, () => 0);
  eachCell((d, s, z, cell) => add(sums, d, (joint[cell] ?? 0) * weight(s, z)));
  return sums;
}

function liftsOf(counts: typeof STEP_COUNTS): Float64Array {
  const [difficulty, stakes, size] = [
    [0, 0, 0, 0, 0],
    [0, 0, 0],
    [0, 0, 0, 0],
  ];
  const seen = (d: number, s: number, z: number): number => (counts[d]?.[s]?.[z] ?? 0) + UNSEEN;
  let sum = 0;
  eachCell((d, s, z) => {
    sum += seen(d, s, z);
    add(difficulty, d, seen(d, s, z));
    add(stakes, s, seen(d, s, z));
    add(size, z, seen(d, s, z));
  });
  const lifts = new Float64Array(DIFFICULTY_COUNT * STAKES_COUNT * SIZE_COUNT);
  eachCell((d, s, z, cell) => {
    lifts[cell] = (seen(d, s, z) * sum * sum) / ((difficulty?.[d] ?? 1) * (stakes?.[s] ?? 1) * (size?.[z] ?? 1));
  });
  return lifts;
}

function eachCell(visit: (difficulty: number, stakes: number, size: number, cell: number) => void): void {
  let cell = 0;
  for (let d = 0; d < DIFFICULTY_COUNT; d += 1)
    for (let s = 0; s < STAKES_COUNT; s += 1) for (let z = 0; z < SIZE_COUNT; z += 1) visit(d, s, z, cell++);
}

function add(sums: number[] | undefined, at: number, amount: number): void {
  if (sums !== undefined) sums[at] = (sums[at] ?? 0) + amount;
}
