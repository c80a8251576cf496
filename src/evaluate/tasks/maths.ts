import type { Difficulty } from '../../domain/need.ts';
import type { TaskBody } from '../task.ts';
import { type TaskDraw, differentWords } from './draw.ts';

/** How many things happen in the story, by difficulty. */
const EVENT_COUNT: Readonly<Record<Difficulty, number>> = { 1: 2, 2: 4, 3: 6, 4: 9, 5: 13 };

/** A depot in which things come and go, and how much there is of each in the end. */
export function mathsTask(draw: TaskDraw, difficulty: Difficulty): TaskBody {
  const goods = differentWords(draw, difficulty >= 3 ? 3 : difficulty >= 2 ? 2 : 1);
  const counts = new Map(goods.map((name) => [name, draw.int(20, 40 * difficulty)]));
  const lines = [`A depot holds ${goods.map((name) => `${counts.get(name)} crates of ${name}`).join(', ')}.`];
  for (let event = 0; event < EVENT_COUNT[difficulty]; event += 1) lines.push(happen(draw, counts, difficulty >= 3));
  if (difficulty >= 3) lines.push(`The depot has ${draw.int(3, 9)} gates, which matters to nobody.`);
  const asked = draw.pick(goods);
  const isSum = difficulty >= 4;
  const result = isSum ? [...counts.values()].reduce((sum, count) => sum + count, 0) : (counts.get(asked) ?? 0);
  const question = isSum ? 'How many crates does it hold in all?' : `How many crates of ${asked} does it hold now?`;
  return {
    prompt: `${lines.join(' ')}\n\n${question} End with a line that holds the number alone.`,
    isRight: ({ text }) => lastNumber(text) === result,
    right: [{ text: `That makes\n${result}` }],
    wrong: [{ text: `That makes\n${result + draw.int(1, 9)}` }],
  };
}

/** What may happen to some goods; `undefined`: not to so many of them. */
type Happening = (draw: TaskDraw, counts: Map<string, number>, name: string) => string | undefined;

const HAPPENINGS: Readonly<Record<'come' | 'go' | 'double' | 'third' | 'swap', Happening>> = {
  come: (draw, counts, name) => {
    const come = draw.int(2, 60);
    add(counts, name, come);
    return `Then ${come} crates of ${name} arrive.`;
  },
  go: (draw, counts, name) => {
    const most = Math.floor((counts.get(name) ?? 0) / 2);
    if (most < 1) return undefined;
    const gone = draw.int(1, most);
    add(counts, name, -gone);
    return `Then ${gone} crates of ${name} are taken away.`;
  },
  double: (_draw, counts, name) => {
    const count = counts.get(name) ?? 0;
    if (count >= 400) return undefined;
    add(counts, name, count);
    return `Then as many crates of ${name} as there are arrive once more.`;
  },
  third: (_draw, counts, name) => {
    const count = counts.get(name) ?? 0;
    if (count === 0 || count % 3 !== 0) return undefined;
    add(counts, name, -count / 3);
    return `Then a third of the ${name} is sold.`;
  },
  swap: (draw, counts, name) => {
    const others = [...counts.keys()].filter((one) => one !== name);
    const most = Math.floor((counts.get(name) ?? 0) / 2);
    if (others.length === 0 || most < 1) return undefined;
    const [other, given, rate] = [draw.pick(others), draw.int(1, most), draw.int(2, 4)];
    add(counts, name, -given);
    add(counts, other, given * rate);
    return `Then ${given} crates of ${name} are exchanged, each for ${rate} crates of ${other}.`;
  },
};

function happen(draw: TaskDraw, counts: Map<string, number>, canSwap: boolean): string {
  const name = draw.pick([...counts.keys()]);
  const what = draw.pick([
    ...(['come', 'go', 'double', 'third'] as const),
    ...(canSwap ? (['swap', 'swap'] as const) : []),
  ]);
  return HAPPENINGS[what](draw, counts, name) ?? HAPPENINGS.come(draw, counts, name) ?? '';
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

/** The last number of a text, however its thousands are written. */
export function lastNumber(text: string): number | undefined {
  const found = [...text.slice(-2000).matchAll(/-?\d[\d,_’' ]*(?:\.\d+)?/gu)].at(-1)?.[0];
  return found === undefined ? undefined : Number(found.replaceAll(/[,_’' ]/gu, ''));
}
