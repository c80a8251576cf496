import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import { type TaskDraw, differentWords } from './draw.ts';
import { lastNumber } from './maths.ts';

/** A function that does what its comment says, and how each of its lines could do something else. */
interface Sound {
  readonly lines: (name: string, k: number) => readonly string[];
  /** Line, from 0, and what stands there instead. */
  readonly faults: readonly (readonly [line: number, from: string, to: string])[];
}

const SOUND: readonly Sound[] = [
  {
    lines: (name, k) => [
      `// The sum of all numbers above ${k}.`,
      `function ${name}(numbers) {`,
      '  let sum = 0;',
      '  for (const number of numbers) {',
      `    if (number > ${k}) sum += number;`,
      '  }',
      '  return sum;',
      '}',
    ],
    faults: [
      [2, '= 0', '= 1'],
      [4, '>', '>='],
      [4, '+=', '='],
    ],
  },
  {
    lines: (name, k) => [
      `// The largest sum of ${k + 2} neighbours; undefined where there are fewer.`,
      `function ${name}(numbers) {`,
      '  let best;',
      `  for (let start = 0; start + ${k + 2} <= numbers.length; start += 1) {`,
      `    const sum = numbers.slice(start, start + ${k + 2}).reduce((a, b) => a + b, 0);`,
      '    if (best === undefined || sum > best) best = sum;',
      '  }',
      '  return best;',
      '}',
    ],
    faults: [
      [3, '<=', '<'],
      [3, 'start = 0', 'start = 1'],
      [5, 'sum > best', 'sum < best'],
    ],
  },
  {
    lines: (name) => [
      '// How often each word occurs, in capitals or not.',
      `function ${name}(words) {`,
      '  const counts = new Map();',
      '  for (const word of words) {',
      '    const key = word.toLowerCase();',
      '    counts.set(key, (counts.get(key) ?? 0) + 1);',
      '  }',
      '  return Object.fromEntries(counts);',
      '}',
    ],
    faults: [
      [4, 'word.toLowerCase()', 'word'],
      [5, 'counts.get(key)', 'counts.get(word)'],
      [5, '?? 0', '?? 1'],
    ],
  },
  {
    lines: (name, k) => [
      `// Whether a sorted list holds a number, and at most ${k + 20} places are looked at.`,
      `function ${name}(sorted, wanted) {`,
      '  let [low, high] = [0, sorted.length - 1];',
      `  for (let looks = 0; low <= high && looks < ${k + 20}; looks += 1) {`,
      '    const middle = Math.floor((low + high) / 2);',
      '    if (sorted[middle] === wanted) return true;',
      '    if (sorted[middle] < wanted) low = middle + 1;',
      '    else high = middle - 1;',
      '  }',
      '  return false;',
      '}',
    ],
    faults: [
      [3, 'low <= high', 'low < high'],
      [2, 'sorted.length - 1', 'sorted.length - 2'],
      [6, '< wanted', '> wanted'],
    ],
  },
  {
    lines: (name) => [
      '// Joins spans [from, to] that overlap or touch; the result is sorted.',
      `function ${name}(spans) {`,
      '  const joined = [];',
      '  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {',
      '    const last = joined.at(-1);',
      '    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);',
      '    else joined.push([from, to]);',
      '  }',
      '  return joined;',
      '}',
    ],
    faults: [
      [3, 'a[0] - b[0]', 'a[1] - b[1]'],
      [5, 'from <= last[1]', 'from < last[1]'],
      [5, 'Math.max(last[1], to)', 'to'],
    ],
  },
];

const FUNCTION_COUNT: Readonly<Record<Difficulty, number>> = { 1: 1, 2: 2, 3: 4, 4: 7, 5: 12 };

/** A file in which one line does not do what the comment says. */
export function reviewTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const names = differentWords(draw, FUNCTION_COUNT[difficulty]);
  const parts = names.map((name) => {
    const sound = draw.pick(SOUND);
    return { sound, lines: sound.lines(name, draw.int(2, 9)) };
  });
  const at = draw.int(0, parts.length - 1);
  const [line, from, to] = draw.pick(parts[at]?.sound.faults ?? []);
  const before = parts.slice(0, at).reduce((sum, { lines }) => sum + lines.length, 0);
  const answer = before + line + 1;
  const all = parts.flatMap(({ lines }, index) =>
    index === at ? lines.map((text, row) => (row === line ? text.replace(from, () => to) : text)) : lines,
  );
  return {
    prompt: [
      'One line of this file does not do what the comment above its function says. Which one?',
      all.map((text, index) => `${index + 1}: ${text}`).join('\n'),
      'End with a line that holds the number of that line alone.',
    ].join('\n\n'),
    isRight: ({ text }) => lastNumber(text) === answer,
    right: [{ text: `It is line\n${answer}` }],
    wrong: [{ text: `It is line\n${answer === 1 ? 2 : answer - 1}` }],
  };
}
