import { isDeepStrictEqual } from 'node:util';
import { jsonIn, type JsonObject, type JsonValue } from '../../domain/json.ts';
import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import type { TaskDraw } from './draw.ts';

/**
 * A function to be written: what it should do, and how it is done. `solve` stands by itself, so that its own text is an answer
 * that is right.
 */
interface CodeProblem<Input extends JsonValue, Facts extends JsonObject> {
  readonly facts: (draw: TaskDraw) => Facts;
  readonly says: (facts: Facts) => string;
  readonly input: (draw: TaskDraw) => Input;
  readonly solve: (input: Input, facts: Facts) => JsonValue;
}

type Numbers = readonly number[];
type Grid = readonly string[];

function problem<Input extends JsonValue, Facts extends JsonObject>(of: CodeProblem<Input, Facts>): AnyProblem {
  return (draw) => {
    const facts = of.facts(draw);
    const inputs = Array.from({ length: 24 }, () => of.input(draw));
    return {
      says: of.says(facts),
      inputs,
      // As JSON says it: without a zero below zero.
      expected: jsonIn(JSON.stringify(inputs.map((input) => of.solve(input, facts)))) as readonly JsonValue[],
      source: `function solve(input) {\n  return (${of.solve.toString()})(input, ${JSON.stringify(facts)});\n}`,
    };
  };
}

type AnyProblem = (draw: TaskDraw) => {
  readonly says: string;
  readonly inputs: readonly JsonValue[];
  readonly expected: readonly JsonValue[];
  readonly source: string;
};

const numbers =
  (low: number, high: number, most: number) =>
  (draw: TaskDraw): Numbers =>
    Array.from({ length: draw.int(0, most) }, () => draw.int(low, high));

const letters =
  (alphabet: string, most: number) =>
  (draw: TaskDraw): string =>
    Array.from({ length: draw.int(0, most) }, () => draw.pick(alphabet.split(''))).join('');

const PROBLEMS: Readonly<Record<Difficulty, readonly AnyProblem[]>> = {
  1: [
    problem({
      facts: (draw) => ({ above: draw.int(2, 9) }),
      says: ({ above }) => `takes a list of integers and returns the sum of those that are greater than ${above}.`,
      input: numbers(-5, 20, 9),
      solve: (input: Numbers, { above }) => input.filter((one) => one > above).reduce((a, b) => a + b, 0),
    }),
    problem({
      facts: (draw) => ({ by: draw.int(2, 5) }),
      says: ({ by }) => `takes a list of integers and returns how many of them can be divided by ${by} without a rest.`,
      input: numbers(-20, 40, 12),
      solve: (input: Numbers, { by }) => input.filter((one) => one % by === 0).length,
    }),
  ],
  2: [
    problem({
      facts: (draw) => ({ places: draw.int(2, 7) }),
      says: ({ places }) =>
        `takes a text of small letters and returns it with each letter moved ${places} places on in the alphabet, from z on to a.`,
      input: letters('abcdefghijklmnopqrstuvwxyz', 14),
      solve: (input: string, { places }) =>
        Array.from(input, (one) => String.fromCharCode(97 + ((one.charCodeAt(0) - 97 + places) % 26))).join(''),
    }),
    problem({
      facts: (draw) => ({ least: draw.int(2, 3) }),
      says: ({ least }) =>
        `takes a list of integers and returns, in ascending order, each number that occurs at least ${least} times, once.`,
      input: numbers(0, 6, 14),
      solve: (input: Numbers, { least }) =>
        [...new Set(input)]
          .filter((one) => input.filter((other) => other === one).length >= least)
          .sort((a, b) => a - b),
    }),
  ],
  3: [
    problem({
      facts: (draw) => ({ least: draw.int(2, 4) }),
      says: ({ least }) =>
        `takes a text and writes each run of at least ${least} equal letters as the letter and its count, as in a5; shorter runs stay as they are.`,
      input: letters('aab', 16),
      solve: (input: string, { least }) =>
        input.replaceAll(/(.)\1*/gu, (run: string) => (run.length >= least ? `${run[0]}${run.length}` : run)),
    }),
    problem({
      facts: (draw) => ({ gap: draw.int(0, 3) }),
      says: ({ gap }) =>
        `takes a list of spans [from, to] of integers, joins those between which ${gap === 0 ? 'they touch or overlap' : `at most ${gap} lies`} (the next from is at most ${gap} above the last to), and returns the spans that are left, sorted by from.`,
      input: (draw: TaskDraw): readonly Numbers[] =>
        Array.from({ length: draw.int(0, 6) }, () => {
          const from = draw.int(0, 30);
          return [from, from + draw.int(0, 6)];
        }),
      solve: (input: readonly Numbers[], { gap }) => {
        const joined: number[][] = [];
        for (const [from = 0, to = 0] of [...input].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
          const last = joined[joined.length - 1];
          if (last !== undefined && from <= (last[1] ?? 0) + gap) last[1] = Math.max(last[1] ?? 0, to);
          else joined.push([from, to]);
        }
        return joined;
      },
    }),
  ],
  4: [
    problem({
      facts: (draw) => ({ coins: [1, draw.int(3, 5), draw.int(7, 9)], most: draw.int(2, 4) }),
      says: ({ coins, most }) =>
        `takes an amount from 0 to 60 and returns the least number of coins of ${coins.join(', ')} that make it up, if each coin may be used ${most} times at most; -1 where that is impossible.`,
      input: (draw: TaskDraw): number => draw.int(0, 60),
      solve: (input: number, { coins, most }) => {
        let best = -1;
        const go = (at: number, left: number, used: number): void => {
          if (left === 0 && (best < 0 || used < best)) best = used;
          const coin = coins[at];
          if (coin === undefined || left <= 0) return;
          for (let count = 0; count <= most && count * coin <= left; count += 1)
            go(at + 1, left - count * coin, used + count);
        };
        go(0, input, 0);
        return best;
      },
    }),
    problem({
      facts: (draw) => ({ span: draw.int(2, 3) }),
      says: ({ span }) =>
        `takes a list of integers and returns the length of the longest rising subsequence (each number greater than the one before) in which neighbours stand at most ${span} places apart in the list.`,
      input: numbers(0, 12, 12),
      solve: (input: Numbers, { span }) => {
        const ends: number[] = [];
        for (const [at, one] of input.entries()) {
          let best = 1;
          for (let before = Math.max(0, at - span); before < at; before += 1)
            if ((input[before] ?? 0) < one) best = Math.max(best, (ends[before] ?? 0) + 1);
          ends.push(best);
        }
        return Math.max(0, ...ends);
      },
    }),
  ],
  5: [
    problem({
      facts: (draw) => ({ breaks: draw.int(1, 2), dear: draw.int(2, 4) }),
      says: ({ breaks, dear }) =>
        `takes a grid as a list of texts of equal length, "." free and "#" wall, and returns the least price of a way from the upper left to the lower right corner: a step up, down, left or right onto a free place costs 1, onto a wall ${dear}, and at most ${breaks} walls may be stepped on; -1 where there is no way. Corners are free, and the first place costs nothing.`,
      input: (draw: TaskDraw): Grid => {
        const [height, width] = [draw.int(2, 5), draw.int(2, 5)];
        return Array.from({ length: height }, (_row, y) =>
          Array.from({ length: width }, (_place, x) =>
            (x === 0 && y === 0) || (x === width - 1 && y === height - 1) || draw.int(0, 9) > 4 ? '.' : '#',
          ).join(''),
        );
      },
      solve: (input: Grid, { breaks, dear }) => {
        const prices = new Map([['0 0 0', 0]]);
        const open = [[0, 0, 0]];
        const priceOf = (place: readonly number[]): number => prices.get(place.join(' ')) ?? Number.POSITIVE_INFINITY;
        const step = (from: readonly number[], x: number, y: number): void => {
          const place = input[y]?.[x];
          const to = [x, y, (from[2] ?? 0) + (place === '#' ? 1 : 0)];
          const price = priceOf(from) + (place === '#' ? dear : 1);
          if (place === undefined || (to[2] ?? 0) > breaks || price >= priceOf(to)) return;
          prices.set(to.join(' '), price);
          open.push(to);
        };
        for (let next = open.shift(); next !== undefined; next = open.shift()) {
          const [x = 0, y = 0] = next;
          step(next, x + 1, y);
          step(next, x - 1, y);
          step(next, x, y + 1);
          step(next, x, y - 1);
        }
        const [right, bottom] = [(input[0]?.length ?? 0) - 1, input.length - 1];
        const best = Math.min(
          ...Array.from({ length: breaks + 1 }, (_one, broken) => priceOf([right, bottom, broken])),
        );
        return Number.isFinite(best) ? best : -1;
      },
    }),
    problem({
      facts: (draw) => ({ first: draw.pick(['+', '-']) }),
      says: ({ first }) =>
        `takes a formula of digits, "+", "-", "*" and round brackets, without blanks and without a sign before a number, and returns its value, where ${first === '+' ? '"+" binds tightest, then "-", then "*"' : '"-" binds tightest, then "+", then "*"'}; the same sign is worked off from left to right.`,
      input: (draw: TaskDraw): string => {
        const make = (depth: number): string =>
          depth === 0 || draw.int(0, 3) === 0
            ? String(draw.int(0, 12))
            : draw.int(0, 2) === 0
              ? `(${make(depth - 1)})`
              : `${make(depth - 1)}${draw.pick(['+', '-', '*'])}${make(depth - 1)}`;
        return make(3);
      },
      solve: (input: string, { first }) => {
        const signs = first === '+' ? ['+', '-', '*'] : ['-', '+', '*'];
        let at = 0;
        const value = (level: number): number => {
          if (level < 0) {
            if (input[at] === '(') {
              at += 1;
              const inner = value(2);
              at += 1;
              return inner;
            }
            const digits = /^\d+/u.exec(input.slice(at))?.[0] ?? '';
            at += digits.length;
            return Number(digits);
          }
          let left = value(level - 1);
          while (input[at] === signs[level]) {
            at += 1;
            const right = value(level - 1);
            left = signs[level] === '+' ? left + right : signs[level] === '-' ? left - right : left * right;
          }
          return left;
        };
        return value(2);
      },
    }),
  ],
};

/** A JavaScript function, run on inputs that the prompt does not show. */
export function codeTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const { says, inputs, expected, source } = draw.pick(PROBLEMS[difficulty])(draw);
  const [example] = inputs;
  return {
    prompt: [
      `Write a JavaScript function solve(input) that ${says}`,
      `For example, solve(${JSON.stringify(example)}) is ${JSON.stringify(expected[0])}.`,
      'Answer with the code alone, in one block; it may use nothing but the language itself.',
    ].join('\n\n'),
    isRight: async ({ text }, run, signal) => isDeepStrictEqual(await run(sourceIn(text), inputs, signal), expected),
    right: [{ text: `\`\`\`js\n${source}\n\`\`\`` }],
    wrong: [{ text: '```js\nfunction solve(input) {\n  return [input, "no"];\n}\n```' }],
  };
}

/** The last block of an answer, or all of it; what a module would export is the module’s own business. */
function sourceIn(text: string): string {
  const block = [...text.matchAll(/```\w*[^\S\n]*\n([\s\S]*?)```/gu)].at(-1)?.[1] ?? text;
  return block.replaceAll(/^[^\S\n]*export\s+(?:default\s+)?/gmu, '');
}
