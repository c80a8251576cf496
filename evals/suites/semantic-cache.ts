import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Figure } from '../../src/domain/figure.ts';
import { loadBearingWords } from '../../src/gateway/cache/load-bearing-words.ts';
import { measuredThreshold } from '../../src/gateway/cache/semantic-threshold.ts';
import { seededRandom } from '../../src/stats/seeded-random.ts';
import { dataFile } from '../data/data-file.ts';
import type { Suite } from '../suite.ts';
import { embedTexts, embedderVersion } from '../trials/embed-texts.ts';
import { NEAR_MISSES, REWORDINGS } from '../trials/reworded-requests.ts';
import { wilsonInterval } from '../trials/wilson-interval.ts';

const FILES = [
  'uncommonroute_labeled_prompts.jsonl.gz',
  'routerarena_sub10.jsonl.gz',
  'routellm.jsonl.gz',
  'ulab_llmrouter.jsonl.gz',
] as const;
const THRESHOLDS = [0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99] as const;
/** The tightest threshold may lose this share of the right hits that the loosest one has. */
const LOSS_BOUND = 0.05;
/** The share of wrong hits, at the upper end of its interval, that a shipped threshold may have on the choosing half. */
const BOUND = 0.001;
const SEED = 5;

/** Two requests, and how alike the encoder finds them. */
interface Pair {
  readonly half: 'choose' | 'report';
  readonly similarity: number;
  readonly sameWords: boolean;
}
type Pairs = Readonly<Record<string, readonly Pair[]>>;

/** How often a cache that answers by meaning would answer, and answer wrongly; the shipped threshold comes from here. */
export const suite: Suite = {
  name: 'semantic-cache',
  summary: 'hits and wrong hits of the response cache by meaning, per threshold: other tasks, near misses, rewordings',
  run: async (context) => {
    const files = FILES.map((name) => dataFile(context.dataDir, name));
    const seen = new Set<string>();
    const prompts: (readonly string[])[] = [];
    for (const file of files) {
      if (file.kind === 'absent') return file.answer;
      prompts.push(newPromptsIn(file.path, seen));
    }
    const random = seededRandom(SEED);
    const perFile = context.quick ? 25 : 700;
    const sample = prompts.flatMap((texts) => shuffled(texts, random).slice(0, perFile));
    const embed = async (texts: readonly string[]): Promise<readonly Float32Array[]> =>
      embedTexts(texts, context.progress);
    const wrong: Record<string, readonly Pair[]> = { other: await otherTasks(sample, embed) };
    const right: Record<string, readonly Pair[]> = {};
    for (const [name, change] of Object.entries(NEAR_MISSES))
      wrong[name] = await changed(sample, change, embed, random);
    for (const [name, change] of Object.entries(REWORDINGS)) right[name] = await changed(sample, change, embed, random);
    const version = await embedderVersion(context.progress);
    const shipped = measuredThreshold(version);
    const chosen = choose(wrong, right);
    context.print(table(wrong, right));
    const collisions = sameWordsOf(prompts);
    context.print(
      `Encoder ${version}. Chosen on one half: ${chosen ?? 'none'}; shipped: ${shipped?.minSimilarityRatio ?? 'none'}.\n` +
        `Of ${collisions.promptCount} different requests ${collisions.sharedCount} share their words with another.\n`,
    );
    return {
      kind: 'ran',
      figures: { ...figuresOf(wrong, right, shipped?.minSimilarityRatio ?? 1), ...collisions.figures },
    };
  },
};

type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** Requests that no file before held; the same letters and digits are the same request. */
function newPromptsIn(file: string, seen: Set<string>): readonly string[] {
  const prompts: string[] = [];
  for (const line of gunzipSync(readFileSync(file)).toString().split('\n')) {
    if (line === '') continue;
    const { prompt } = JSON.parse(line) as { readonly prompt?: string | null };
    if (typeof prompt !== 'string' || prompt.length < 8) continue;
    const letters = prompt.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');
    if (seen.has(letters)) continue;
    seen.add(letters);
    prompts.push(prompt);
  }
  return prompts;
}

function shuffled(texts: readonly string[], random: () => number): string[] {
  const all = [...texts];
  for (let index = all.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [all[index], all[other]] = [all[other] ?? '', all[index] ?? ''];
  }
  return all;
}

/** Each request against the most alike of all others: what a full cache would offer it. */
async function otherTasks(texts: readonly string[], embed: Embed): Promise<readonly Pair[]> {
  const vectors = await embed(texts);
  const words = texts.map(loadBearingWords);
  return vectors.map((vector, index) => {
    let [similarity, nearest] = [-1, index];
    for (const [at, other] of vectors.entries()) {
      if (at === index) continue;
      const found = dot(vector, other);
      if (found > similarity) [similarity, nearest] = [found, at];
    }
    return {
      half: halfOf(index),
      similarity,
      sameWords: words[index] !== undefined && words[index] === words[nearest],
    };
  });
}

async function changed(
  texts: readonly string[],
  change: (text: string, random: () => number) => string | undefined,
  embed: Embed,
  random: () => number,
): Promise<readonly Pair[]> {
  const pairs = texts.flatMap((text, index) => {
    const other = text.length > 2000 ? undefined : change(text, random);
    return other === undefined || other === text ? [] : [{ text, other, index }];
  });
  const before = await embed(pairs.map((pair) => pair.text));
  const after = await embed(pairs.map((pair) => pair.other));
  return pairs.map(({ text, other, index }, at) => {
    const words = loadBearingWords(text);
    return {
      half: halfOf(index),
      similarity: dot(before[at] ?? [], after[at] ?? []),
      sameWords: words !== undefined && words === loadBearingWords(other),
    };
  });
}

function halfOf(index: number): Pair['half'] {
  return index % 2 === 0 ? 'choose' : 'report';
}

function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

function falseHits(
  wrong: Pairs,
  threshold: number,
  half: Pair['half'],
): { readonly ratio: number; readonly low: number; readonly high: number; readonly count: number; readonly n: number } {
  const pairs = Object.values(wrong).flatMap((all) => all.filter((pair) => pair.half === half));
  const count = pairs.filter((pair) => pair.sameWords && pair.similarity >= threshold).length;
  const [low, high] = wilsonInterval(count, pairs.length);
  return { ratio: count / pairs.length, low, high, count, n: pairs.length };
}

/** The highest threshold within both bounds, on the choosing half; `undefined`: none keeps wrong hits in bounds. */
function choose(wrong: Pairs, right: Pairs): number | undefined {
  const hits = (threshold: number): number => {
    const pairs = Object.values(right).flatMap((all) => all.filter((pair) => pair.half === 'choose'));
    return share(pairs, threshold, true);
  };
  const enough = hits(0) * (1 - LOSS_BOUND);
  return THRESHOLDS.findLast(
    (threshold) => falseHits(wrong, threshold, 'choose').high <= BOUND && hits(threshold) >= enough,
  );
}

function share(pairs: readonly Pair[], threshold: number, needsWords: boolean): number {
  return pairs.filter((pair) => pair.similarity >= threshold && (pair.sameWords || !needsWords)).length / pairs.length;
}

function table(wrong: Pairs, right: Pairs): string {
  const line = (name: string, pairs: readonly Pair[], needsWords: boolean): string =>
    `  ${name.padEnd(12)} ${String(pairs.length).padStart(5)}  ${THRESHOLDS.map((threshold) => (share(pairs, threshold, needsWords) * 100).toFixed(1).padStart(6)).join('')}`;
  const block = (title: string, all: Pairs, needsWords: boolean): string =>
    [title, ...Object.entries(all).map(([name, pairs]) => line(name, pairs, needsWords))].join('\n');
  return [
    `Hits in percent at similarity ≥     ${THRESHOLDS.map((threshold) => String(threshold).padStart(6)).join('')}`,
    block('WRONG hits, encoder alone', wrong, false),
    block('WRONG hits, with the same load-bearing words', wrong, true),
    block('right hits, encoder alone', right, false),
    block('right hits, with the same load-bearing words', right, true),
    '',
  ].join('\n');
}

/** How many different requests of the whole data the words alone take for another. */
function sameWordsOf(prompts: readonly (readonly string[])[]): {
  readonly promptCount: number;
  readonly sharedCount: number;
  readonly figures: Readonly<Record<string, Figure>>;
} {
  const seen = new Map<string, number>();
  const all = prompts.flat();
  for (const prompt of all) {
    const words = loadBearingWords(prompt);
    if (words !== undefined) seen.set(words, (seen.get(words) ?? 0) + 1);
  }
  const sharedCount = [...seen.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
  const [low, high] = wilsonInterval(sharedCount, all.length);
  const value = sharedCount / all.length;
  return {
    promptCount: all.length,
    sharedCount,
    figures: {
      'cache.semantic.same_words.ratio': { value, unit: 'ratio', low, high, n: all.length, label: 'measured' },
    },
  };
}

/** Of the reporting half only: the other chose the threshold. */
function figuresOf(wrong: Pairs, right: Pairs, threshold: number): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  const { ratio: value, low, high, n } = falseHits(wrong, threshold, 'report');
  figures['cache.semantic.false_hit.ratio'] = { value, unit: 'ratio', low, high, n, seed: SEED, label: 'measured' };
  for (const [family, all] of [
    ['false_hit', wrong],
    ['hit', right],
  ] as const) {
    for (const [name, every] of Object.entries(all)) {
      const pairs = every.filter((pair) => pair.half === 'report');
      if (pairs.length === 0) continue;
      const count = pairs.filter((pair) => pair.sameWords && pair.similarity >= threshold).length;
      const [lower, upper] = wilsonInterval(count, pairs.length);
      figures[`cache.semantic.${family}.${name}.ratio`] = {
        value: count / pairs.length,
        unit: 'ratio',
        low: lower,
        high: upper,
        n: pairs.length,
        seed: SEED,
        against: share(pairs, threshold, false),
        label: 'measured',
      };
    }
  }
  return figures;
}
