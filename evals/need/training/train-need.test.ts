import { describe, expect, test } from 'vitest';
import { likeliestOf } from '../../../src/domain/need.ts';
import { fitLinear, scoresOf, type Example } from '../../../src/learn/distil/fit-need.ts';
import { createLocalNeedReader } from '../../../src/predict/need/local-reader.ts';
import { checkNeedArtifact, writeNeedArtifact } from '../../../src/predict/need/need-artifact.ts';
import { OUTPUT_COUNT, OUTPUT_RANGES, softmaxParts } from '../../../src/predict/need/need-outputs.ts';
import { judgeNeed } from './judge-need.ts';
import { parseNeedRows, type NeedRow } from './need-row.ts';
import { trainNeed } from './train-need.ts';

const things = ['alpha', 'beta', 'gamma', 'delta', 'kappa', 'sigma', 'theta', 'omega'];
/** Eight authors who ask for two kinds of work in their own words. */
const rows: readonly NeedRow[] = things.flatMap((thing, author) =>
  Array.from({ length: 12 }, (_, index): NeedRow => {
    const isHard = index % 2 === 1;
    return {
      id: `a${author}/${index}`,
      author: `a${author}`,
      split: 'train',
      language: 'en',
      before: [],
      text: isHard ? `prove the ${thing} protocol linearizable ${index}` : `rename the ${thing} label ${index}`,
      kind: isHard ? 'test' : 'code',
      size: isHard ? 'many' : 'one',
      difficulty: isHard ? 5 : 1,
      stakes: isHard ? 3 : 1,
    };
  }),
);
const about = { name: 'need-test', asOf: '2026-11-29' };

describe('training the reader of needs', () => {
  test('learns what tells kinds and difficulties apart, for words it has not seen together', async () => {
    const file = writeNeedArtifact(await trainNeed(rows, about));
    const reader = createLocalNeedReader(checkNeedArtifact(JSON.parse(file), 'x'));
    const read = (text: string) => reader.read({ text, before: [], origin: 'person' });
    const [hard, easy] = [await read('prove the lambda protocol linearizable'), await read('rename the lambda label')];
    expect([likeliestOf(hard, 'kind').value, likeliestOf(easy, 'kind').value]).toEqual(['test', 'code']);
    expect([likeliestOf(hard, 'difficulty').value, likeliestOf(easy, 'difficulty').value]).toEqual([5, 1]);
    expect([likeliestOf(hard, 'stakes').value, likeliestOf(easy, 'stakes').value]).toEqual([3, 1]);
  });

  test('gives the same bytes for the same rows, and refuses a file that was changed', async () => {
    const file = writeNeedArtifact(await trainNeed(rows, about));
    expect(writeNeedArtifact(await trainNeed(rows, about))).toBe(file);
    expect(() => checkNeedArtifact(JSON.parse(file.replace('need-test', 'need-tast')), 'x')).toThrow('checksum');
  });
});

describe('fitting pairs', () => {
  test('an order is learned from what two rows do not share, with no label of theirs at hand', () => {
    const of = (...columns: number[]): Example => ({
      columns: Uint32Array.from(columns),
      amounts: Float32Array.from(columns, () => 1),
      targets: new Float32Array(OUTPUT_COUNT),
    });
    const options = {
      columnCount: 3,
      epochs: 6,
      rates: new Float32Array(OUTPUT_COUNT).fill(0.1),
      firstSquare: 0.01,
      pull: 0,
      seed: 1,
      withIntercepts: false,
    };
    const [harder, easier] = [of(0, 1), of(0, 2)];
    const fit = fitLinear([], { ...options, pairs: [[harder, easier]] });
    const hardness = (example: Example): number => {
      const ratios = softmaxParts(scoresOf(fit, example));
      const { start, count } = OUTPUT_RANGES.find(({ part }) => part === 'difficulty') ?? { start: 0, count: 0 };
      return ratios.subarray(start, start + count).reduce((sum, ratio, step) => sum + step * ratio, 0);
    };
    expect(hardness(harder)).toBeGreaterThan(hardness(easier) + 0.5);
    expect(hardness(of(0))).toBeCloseTo(2, 1);
  });
});

describe('judging a reader', () => {
  const said = (difficulty: number) => ({
    kind: [0, 1, 0, 0, 0, 0, 0],
    size: [1, 0, 0, 0],
    difficulty: [1, 2, 3, 4, 5].map((value) => (value === difficulty ? 1 : 0)),
    stakes: [1, 0, 0],
  });
  const pairOf = (id: string, difficulty: 1 | 5, guess: number) => {
    const [row] = parseNeedRows(
      JSON.stringify({ id, text: 'x', kind: 'code', size: 'one', difficulty, stakes: 1, pair: id.slice(0, 2) }),
    );
    if (row === undefined) throw new Error('no row');
    return { row, said: said(guess) };
  };

  test('counts a pair as right only where the harder row is said to be harder', () => {
    const right = [pairOf('p1a', 1, 2), pairOf('p1b', 5, 3)];
    const wrong = [pairOf('p2a', 1, 4), pairOf('p2b', 5, 3)];
    const tied = [pairOf('p3a', 1, 3), pairOf('p3b', 5, 3)];
    expect(judgeNeed([...right, ...wrong, ...tied])['need.pairs.order.pct']).toBeCloseTo(100 / 3);
  });

  test('one answer for every row orders nothing', () => {
    const same = [pairOf('p1a', 1, 3), pairOf('p1b', 5, 3), pairOf('p2a', 1, 3), pairOf('p2b', 5, 3)];
    expect(judgeNeed(same)['need.difficulty.auc_easy_hard.ratio']).toBe(0.5);
  });

  test('names the line of a row that is none', () => {
    expect(() => parseNeedRows('{"id":"a"}')).toThrow('line 1');
  });
});
