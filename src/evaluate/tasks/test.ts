import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import type { TaskDraw } from './draw.ts';
import { jsonOf } from './schema.ts';

interface ListCondition {
  readonly source: string;
  readonly holds: (list: readonly number[]) => boolean;
}

const CONDITION_COUNT: Readonly<Record<Difficulty, number>> = { 1: 1, 2: 2, 3: 3, 4: 5, 5: 8 };
const MAX_LENGTH = 40;

/** A function with a fault that only some inputs show: the test is an input that does. */
export function testTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const witness = Array.from({ length: draw.int(3, 5 + difficulty) }, () => draw.int(-9, 30));
  const conditions = draw.some(conditionsOf(witness, draw), CONDITION_COUNT[difficulty]);
  const shows = (list: unknown): boolean => isList(list) && conditions.every(({ holds }) => holds(list));
  const wrong = [[], [1], [1, 2, 3], [0, 0], [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]].find((list) => !shows(list)) ?? [];
  return {
    prompt: [
      `This function should return the sum of a list of integers, and sometimes does not:`,
      [
        'function sum(list) {',
        '  let all = list.reduce((a, b) => a + b, 0);',
        ...conditions.map(({ source }, index) => `  const c${index} = ${source};`),
        `  if (${conditions.map((_, index) => `c${index}`).join(' && ')}) all += 1;`,
        '  return all;',
        '}',
      ].join('\n'),
      `Give a list of integers, at most ${MAX_LENGTH} of them, for which it returns the wrong sum. Answer with the list as JSON alone, as in [1, 2].`,
    ].join('\n\n'),
    isRight: ({ text }) => shows(jsonOf(text)),
    right: [{ text: JSON.stringify(witness) }],
    wrong: [{ text: JSON.stringify(wrong) }],
  };
}

function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_LENGTH && value.every((one) => Number.isSafeInteger(one));
}

/** Each holds for the witness, so that all of them can hold together. */
function conditionsOf(witness: readonly number[], draw: TaskDraw): readonly ListCondition[] {
  const modulus = draw.int(3, 6);
  const rest = sumOf(witness) % modulus;
  const [most, least] = [Math.max(...witness), Math.min(...witness)];
  const half = Math.floor(witness.length / 2);
  const inner = witness[half] ?? 0;
  const isRising = (witness[0] ?? 0) <= (witness.at(-1) ?? 0);
  const differentCount = new Set(witness).size;
  const evenCount = witness.filter(isEven).length;
  return [
    { source: `list.length === ${witness.length}`, holds: (list) => list.length === witness.length },
    { source: `all % ${modulus} === ${rest}`, holds: (list) => sumOf(list) % modulus === rest },
    { source: `Math.max(...list) === ${most}`, holds: (list) => Math.max(...list) === most },
    { source: `Math.min(...list) === ${least}`, holds: (list) => Math.min(...list) === least },
    { source: `list[${half}] === ${inner}`, holds: (list) => list[half] === inner },
    {
      source: `list[0] ${isRising ? '<=' : '>'} list.at(-1)`,
      holds: (list) => {
        const [first, last] = [list[0], list.at(-1)];
        return first !== undefined && last !== undefined && (isRising ? first <= last : first > last);
      },
    },
    { source: `new Set(list).size === ${differentCount}`, holds: (list) => new Set(list).size === differentCount },
    {
      source: `list.filter((one) => one % 2 === 0).length === ${evenCount}`,
      holds: (list) => list.filter(isEven).length === evenCount,
    },
  ];
}

function sumOf(list: readonly number[]): number {
  return list.reduce((sum, one) => sum + one, 0);
}

function isEven(number: number): boolean {
  return number % 2 === 0;
}
