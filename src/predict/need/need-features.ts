import { FeatureSink, featureHash, type NeedFeatures } from './feature-sink.ts';
import { readWords, type ReadWords } from './read-words.ts';
import { bucketOf, resultFlags, wordFlags } from './state-flags.ts';

/** One message before the step, as the reader sees it: a person's or the agent's words, or what a tool gave back. */
export interface Before {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
}

/** What the reader reads of a step: its own words (empty while the agent goes on by itself) and what came right before. */
export interface NeedText {
  readonly text: string;
  /** Oldest first; the last few are looked at. */
  readonly before: readonly Before[];
}

/** Version of the hashing below: weights of another one mean something else. */
export const FEATURES_VERSION = 'need-features-2';

/** Groups of features, each scaled by itself, so that a long paste does not drown three words. */
const GROUPS = ['words', 'letters', 'concepts', 'state', 'context', 'context-letters'] as const;
export const GROUP_COUNT: number = GROUPS.length;
const [WORDS, LETTERS, CONCEPTS, STATE, CONTEXT, CONTEXT_LETTERS] = [0, 1, 2, 3, 4, 5];

/** Characters of the ends of a long text that are looked at, so that no paste costs more than half a page. */
const ENDS = { words: [450, 220], context: [220, 140], letters: [140, 100] } as const;
/** Before the words, how they are followed up: nothing said, a few words, or a request that stands alone. */
const [EMPTY, SHORT, LONG] = [1, 2, 3];
const SHORT_CHARS = 40;
const ROLES = { user: 1, assistant: 2, tool: 3 } as const;
/** Families of features. */
const F = {
  word: 1,
  pair: 2,
  skip: 3,
  place: 4,
  last: 5,
  concept: 6,
  conceptPair: 7,
  conceptBoth: 8,
  conceptFirst: 9,
  conceptCount: 10,
  flag: 11,
  chars: 12,
  lines: 13,
  roles: 14,
  result: 15,
  resultHow: 16,
  conceptFlag: 17,
  letters: 101,
} as const;

/** Sparse features of a step. Linear in what is looked at; pure. */
export function needFeatures(step: NeedText): NeedFeatures {
  const sink = new FeatureSink(GROUP_COUNT);
  const own = ends(step.text, ENDS.words);
  const isEmpty = own.trim() === '';
  const ask = isEmpty ? ends(newestOf(step, 'user') ?? '', ENDS.words) : own;
  const how = isEmpty ? EMPTY : own.length < SHORT_CHARS ? SHORT : LONG;
  const lower = ask.toLowerCase();
  const read = readWords(lower);
  const flags = wordFlags(own);
  sink.begin(WORDS);
  addWords(sink, 0, read.words);
  addPlaces(sink, read.words);
  sink.begin(LETTERS);
  sink.addLetters(F.letters + 1, spaced(lower));
  sink.begin(CONCEPTS);
  addConcepts(sink, 0, read.concepts);
  addConceptPairs(sink, read, flags);
  sink.begin(STATE);
  addState(sink, step, { how, flags });
  sink.begin(CONTEXT);
  addContext(sink, step, how);
  sink.begin(CONTEXT_LETTERS);
  const newest = step.before.at(-1);
  if (newest !== undefined && newest.role !== 'user') {
    sink.addLetters(F.letters + ROLES[newest.role], spaced(ends(newest.text, ENDS.letters).toLowerCase()));
  }
  return sink.done();
}

function newestOf(step: NeedText, role: Before['role']): string | undefined {
  return step.before.findLast((one) => one.role === role)?.text;
}

function addWords(sink: FeatureSink, where: number, words: readonly number[]): void {
  let previous = 1;
  let before = 0;
  for (const word of words) {
    sink.add(F.word, word, where);
    sink.add(F.pair, previous, word, where);
    if (before !== 0) sink.add(F.skip, before, word, where);
    before = previous;
    previous = word;
  }
}

/** Where a request says what it wants: its first and its last words. */
function addPlaces(sink: FeatureSink, words: readonly number[]): void {
  for (let place = 0; place < Math.min(3, words.length); place += 1) sink.add(F.place, words[place] ?? 0, place);
  sink.add(F.last, words.at(-1) ?? 0);
}

function addConcepts(sink: FeatureSink, where: number, concepts: readonly number[]): void {
  let previous = -1;
  for (const concept of concepts) {
    sink.add(F.concept, concept, where);
    sink.add(F.conceptPair, previous, concept, where);
    previous = concept;
  }
}

/** Concepts that stand together, whatever the order of words in the language. */
function addConceptPairs(sink: FeatureSink, { concepts }: ReadWords, flags: readonly string[]): void {
  const distinct = [...new Set(concepts)].slice(0, 12);
  for (const [index, one] of distinct.entries()) {
    for (const other of distinct.slice(index + 1)) sink.add(F.conceptBoth, Math.min(one, other), Math.max(one, other));
  }
  sink.add(F.conceptFirst, distinct[0] ?? -1);
  sink.add(F.conceptCount, bucketOf(1 + distinct.length));
  if (flags.includes('question')) for (const concept of distinct) sink.add(F.conceptFlag, concept);
}

/** Shape of the words and of the session: length, code, errors, numbers, what the last result shows. */
function addState(sink: FeatureSink, step: NeedText, { how, flags }: { how: number; flags: readonly string[] }): void {
  for (const flag of flags) sink.add(F.flag, featureHash(flag));
  sink.add(F.chars, bucketOf(step.text.length / 8));
  sink.add(F.lines, bucketOf(step.text.split('\n', 400).length));
  let roles = how;
  for (const { role } of step.before.slice(-4)) roles = roles * 4 + ROLES[role];
  sink.add(F.roles, roles);
  const newest = step.before.at(-1);
  sink.add(F.roles, newest === undefined ? 0 : ROLES[newest.role], how, 1);
  if (newest?.role !== 'tool') return;
  sink.add(F.result, bucketOf(newest.text.length / 16));
  for (const flag of resultFlags(ends(newest.text, ENDS.words))) {
    sink.add(F.result, featureHash(flag), 1);
    sink.add(F.resultHow, featureHash(flag), how);
  }
}

/** What was said and shown before, by who said it and how the step follows up on it. */
function addContext(sink: FeatureSink, step: NeedText, how: number): void {
  for (const role of ['user', 'assistant', 'tool'] as const) {
    const text = newestOf(step, role);
    if (text === undefined) continue;
    const read = readWords(ends(text, ENDS.context).toLowerCase());
    const where = how * 4 + ROLES[role];
    if (!(how === EMPTY && role === 'user')) addWords(sink, where, read.words);
    addConcepts(sink, where, read.concepts);
  }
}

/** One space between words, and at both ends. */
function spaced(text: string): string {
  return ` ${text.replaceAll(/\s+/gu, ' ')} `;
}

function ends(text: string, [head, tail]: readonly [number, number]): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)} ${text.slice(-tail)}`;
}
