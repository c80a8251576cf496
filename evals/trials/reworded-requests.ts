import { paraphrase, withTypos } from './perturb.ts';

type Change = (text: string, random: () => number) => string | undefined;

/** Pairs that turn a request around; made for these tests. */
const OPPOSITES: readonly (readonly [string, string])[] = [
  ['minimum', 'maximum'],
  ['largest', 'smallest'],
  ['increase', 'decrease'],
  ['before', 'after'],
  ['first', 'last'],
  ['more', 'less'],
  ['most', 'least'],
  ['true', 'false'],
  ['always', 'never'],
  ['with', 'without'],
  ['ascending', 'descending'],
  ['add', 'remove'],
  ['up', 'down'],
  ['left', 'right'],
  ['highest', 'lowest'],
  ['all', 'none'],
  ['to', 'from'],
  ['advantages', 'disadvantages'],
  ['correct', 'incorrect'],
  ['best', 'worst'],
];
const NAMES = ['Norway', 'Beethoven', 'Rust', 'Tuesday', 'Saturn', 'Redis', 'Kafka', 'Portugal'];

/** Without these a request is still the same one. */
const SAYS_NOTHING = /^(?:the|please|kindly|thanks) ?$/iu;

/** Requests that look almost the same and want another answer. `undefined`: the text offers no place for the change. */
export const NEAR_MISSES: Readonly<Record<string, Change>> = {
  number: (text, random) => {
    const found = pick([...text.matchAll(/\d+/gu)], random);
    if (found === undefined) return undefined;
    const other = String(Number(found[0]) + 1 + Math.floor(random() * 3));
    return splice(text, found.index, found[0], other);
  },
  negation: (text) => {
    const other = text.replace(/\b(is|are|was|can|should|does|do|will|must|has)\b/iu, '$1 not');
    return other === text ? undefined : other;
  },
  opposite: (text, random) => {
    const places = OPPOSITES.flatMap(([one, other]) => [
      ...[...text.matchAll(new RegExp(String.raw`\b${one}\b`, 'gu'))].map(
        (match) => [match.index, one, other] as const,
      ),
      ...[...text.matchAll(new RegExp(String.raw`\b${other}\b`, 'gu'))].map(
        (match) => [match.index, other, one] as const,
      ),
    ]);
    const place = pick(places, random);
    return place === undefined ? undefined : splice(text, ...place);
  },
  order: (text, random) => {
    const words = [...text.matchAll(/\b[\p{L}\p{N}]{3,}\b/gu)].filter(([word]) => !SAYS_NOTHING.test(word));
    const [one, other] = [pick(words, random), pick(words, random)];
    if (one === undefined || other === undefined || one.index >= other.index) return undefined;
    return splice(splice(text, other.index, other[0], one[0]), one.index, one[0], other[0]);
  },
  name: (text, random) => {
    const found = pick([...text.matchAll(/(?<=\p{Ll} )\p{Lu}\p{Ll}{2,}/gu)], random);
    return found === undefined ? undefined : splice(text, found.index, found[0], pick(NAMES, random) ?? '');
  },
  left_out: (text, random) => {
    const words = [...text.matchAll(/\b\p{L}{4,} /gu)].filter(([word]) => !SAYS_NOTHING.test(word));
    const found = pick(words, random);
    return found === undefined ? undefined : splice(text, found.index, found[0], '');
  },
};

/** The same request said otherwise. */
export const REWORDINGS: Readonly<Record<string, Change>> = {
  courtesy: (text, random) => {
    const opening = pick(['Please ', 'Could you please ', 'Hello, ', 'I want you to ', 'Hi! Please '], random) ?? '';
    const closing = pick(['', ' Thanks!', ' Thank you very much.'], random) ?? '';
    return opening + text.slice(0, 1).toLowerCase() + text.slice(1) + (/[.!?]$/u.test(text) ? closing : '');
  },
  signs: (text) => text.slice(0, 1).toLowerCase() + text.slice(1).replace(/[.?!]+$/u, ''),
  spaces: (text) => `${text.replaceAll(' ', '  ')} \n`,
  short_forms: (text) => {
    const other = text
      .replace(/\b(What|Who|Where|How) is\b/giu, "$1's")
      .replace(/\b(do|does|is|are) not\b/giu, "$1n't");
    return other === text ? undefined : other;
  },
  synonyms: (text, random) => {
    const other = paraphrase(text, random);
    return other === text ? undefined : other;
  },
  typos: (text, random) => {
    const other = withTypos(text, random, 0.01);
    return other === text ? undefined : other;
  },
};

function pick<Item>(items: readonly Item[], random: () => number): Item | undefined {
  return items[Math.floor(random() * items.length)];
}

function splice(text: string, at: number, old: string, next: string): string {
  return text.slice(0, at) + next + text.slice(at + old.length);
}
