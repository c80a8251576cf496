import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import { type TaskDraw, differentWords } from './draw.ts';

interface Rule {
  readonly says: string;
  readonly apply: (words: readonly string[]) => readonly string[];
}

const RULE_COUNT: Readonly<Record<Difficulty, number>> = { 1: 1, 2: 2, 3: 4, 4: 6, 5: 9 };

/** Instructions to be followed to the letter, one after the other. */
export function followTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const words = differentWords(draw, 5 + 2 * difficulty);
  const rules = Array.from({ length: RULE_COUNT[difficulty] }, () => drawRule(draw));
  const joint = draw.pick([' | ', ' - ', '; ', ' / ']);
  const result = rules.reduce((now, rule) => rule.apply(now), words);
  const line = (list: readonly string[]): string => list.join(joint);
  const steps = rules.map(({ says }, index) => `${index + 1}. ${says}`);
  return {
    prompt: [
      `Here is a list of words: ${words.join(', ')}.`,
      'Do this to the list, one thing after the other:',
      ...steps,
      `Answer with one line and nothing else: the words that are left, joined by "${joint}".`,
    ].join('\n'),
    isRight: ({ text }) => bareLine(text) === line(result),
    right: [{ text: line(result) }],
    wrong: [{ text: line([...result.slice(1), result[0] ?? '', 'more']) }],
  };
}

function drawRule(draw: TaskDraw): Rule {
  const [at, letter] = [draw.int(2, 4), draw.pick(['a', 'o', 'i', 'r', 'm'])];
  return draw.pick<Rule>([
    { says: 'Sort the words from a to z, as if all were in small letters.', apply: (words) => sorted(words) },
    { says: 'TaskTurn the order of the words round.', apply: (words) => words.toReversed() },
    { says: `Leave out word number ${at}, if there is one.`, apply: (words) => words.toSpliced(at - 1, 1) },
    {
      says: `Move every word that contains the letter "${letter}" behind all others, and keep the order otherwise.`,
      apply: (words) => {
        const has = (word: string): boolean => word.toLowerCase().includes(letter);
        return [...words.filter((word) => !has(word)), ...words.filter(has)];
      },
    },
    {
      says: `Write every ${at === 2 ? 'second' : at === 3 ? 'third' : 'fourth'} word in capitals.`,
      apply: (words) => words.map((word, index) => ((index + 1) % at === 0 ? word.toUpperCase() : word)),
    },
    {
      says: `Put the number of its letters behind each word that has more than ${at + 4}, as in word9, and count letters only.`,
      apply: (words) =>
        words.map((word) => {
          const count = word.replaceAll(/[^a-z]/giu, '').length;
          return count > at + 4 ? `${word}${count}` : word;
        }),
    },
    {
      says: 'Exchange the first and the last word.',
      apply: (words) => (words.length < 2 ? words : [words.at(-1) ?? '', ...words.slice(1, -1), words[0] ?? '']),
    },
  ]);
}

function sorted(words: readonly string[]): readonly string[] {
  return words.toSorted((a, b) => {
    const [one, other] = [a.toLowerCase(), b.toLowerCase()];
    return one < other ? -1 : one > other ? 1 : 0;
  });
}

/** The line without what models put around it. */
function bareLine(text: string): string {
  return text.replaceAll(/^\s*```\w*\s*|\s*```\s*$/gu, '').trim();
}
