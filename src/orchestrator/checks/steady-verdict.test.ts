import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../stats/seeded-random.ts';
import { checkLimitMs } from './check-limit.ts';
import { failingFirst } from './failing-first.ts';
import { judgeTests, type Judgement } from './judge-tests.ts';
import { mergeRuns } from './merge-runs.ts';
import { steadyVerdict } from './steady-verdict.ts';
import type { TestRun } from './test-run.ts';
import { withFlaky } from './tests-before.ts';

type Ran = Extract<TestRun, { kind: 'ran' }>;
const ran = (failing: readonly string[], durationMs = 1000): Ran => ({
  kind: 'ran',
  passed: failing.length === 0,
  reading: { failing, failedCount: failing.length, passedCount: 9 - failing.length },
  report: `exit code ${failing.length}`,
  durationMs,
});
/** Red, and nothing of what was said is left. */
const lost = (): Ran => ({
  ...ran(['x']),
  reading: { failing: [], failedCount: undefined, passedCount: undefined },
});
const GREEN: Judgement = { verdict: 'passed', why: '', news: [] };
const failed = (...news: readonly string[]): Judgement => ({ verdict: 'failed', why: 'It fails.', news });

describe('two runs of the same files', () => {
  test.each<readonly [string, Judgement, Judgement, Judgement['verdict']]>([
    ['what fails twice is the change', failed('a', 'b'), failed('a', 'b'), 'failed'],
    ['what fails once is chance', failed('a'), { verdict: 'passed', why: '', news: [] }, 'passed'],
    ['others each time say nothing', failed('a'), failed('b'), 'unknown'],
    ['without names the verdict counts', failed(), failed(), 'failed'],
    ['a second run without an end leaves the first', failed('a'), { verdict: 'unknown', why: '', news: [] }, 'failed'],
  ])('%s', (_what, first, second, verdict) => {
    expect(steadyVerdict([first, second])).toMatchObject({ verdict });
  });

  test('others each time speak against a change where all was green before it, if that goes on', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => failed(name)) as [
      Judgement,
      Judgement,
      Judgement,
      Judgement,
    ];
    expect(steadyVerdict([a, b], true)).toBe('again');
    expect(steadyVerdict([a, b, c], true)).toBe('again');
    expect(steadyVerdict([a, b, c, d], true)).toMatchObject({ verdict: 'failed', news: ['a', 'b', 'c', 'd'] });
    expect(steadyVerdict([a, b, GREEN], true)).toMatchObject({ verdict: 'passed' });
  });

  test('where others fail beside what fails again, a third run tells them apart', () => {
    expect(steadyVerdict([failed('a', 'b'), failed('a', 'c')], true)).toBe('again');
    expect(steadyVerdict([failed('a', 'b'), failed('a', 'c'), failed('a')], true)).toMatchObject({ news: ['a'] });
    expect(steadyVerdict([failed('a', 'b'), failed('a', 'c'), GREEN], true)).toMatchObject({ verdict: 'passed' });
  });

  /** A suite of nine tests, up to six of which fail by chance, each for itself; a change may break one that is steady. */
  const judgeSuite = (seed: number, breaks: boolean): Judgement['verdict'] => {
    const random = seededRandom(seed);
    const rates = Array.from({ length: seed % 7 }, () => 0.05 + 0.25 * random());
    const play = (): readonly string[] => rates.flatMap((rate, index) => (random() < rate ? [`flaky ${index}`] : []));
    const first = ran(play());
    const before = first.passed ? first : (withFlaky(first, ran(play())) as Ran);
    const runs: Judgement[] = [];
    for (;;) {
      runs.push(judgeTests(before, ran(breaks ? [...play(), 'steady'] : play())));
      const said = steadyVerdict(runs, before.passed && before.flaky === undefined);
      if (said !== 'again') return said.verdict;
    }
  };

  test('of suites with up to six tests that fail by chance few refuse honest work, and none lets through what broke', () => {
    const seeds = Array.from({ length: 3000 }, (_, seed) => seed);
    const refused = seeds.filter((seed) => judgeSuite(seed, false) === 'failed').length;
    expect(refused / seeds.length).toBeLessThan(0.08);
    expect(seeds.filter((seed) => judgeSuite(seed, true) !== 'failed')).toEqual([]);
  });

  test('before the job: what is red once is neither red nor green', () => {
    const before = withFlaky(ran(['old', 'chance']), ran(['old'])) as Ran;
    expect(before).toMatchObject({ passed: false, flaky: ['chance'], reading: { failing: ['old'], failedCount: 1 } });
    expect(judgeTests(before, ran(['old', 'chance'])).verdict).toBe('passed');
    expect(judgeTests(before, ran(['old', 'new'])).verdict).toBe('failed');
    const green = withFlaky(ran(['chance']), ran([]));
    expect(judgeTests(green, ran(['chance'])).verdict).toBe('passed');
    expect(judgeTests(green, ran(['new'])).verdict).toBe('failed');
  });

  test.each<readonly [string, Ran, Ran]>([
    ['the second', ran(['old', 'red']), lost()],
    ['the first', lost(), ran(['old', 'red'])],
  ])('before the job: where %s run was lost, nothing in the other is chance', (_which, first, second) => {
    const before = withFlaky(first, second) as Ran;
    expect(before.flaky).toBeUndefined();
    expect(before).toMatchObject({ passed: false, reading: { failing: ['old', 'red'] } });
  });
});

describe('time', () => {
  test('the limit is the setting, or what the run before took and more', () => {
    expect(checkLimitMs(1_200_000, undefined)).toBe(1_200_000);
    expect(checkLimitMs(1_200_000, ran([], 500))).toBe(60_000);
    expect(checkLimitMs(1_200_000, ran([], 30_000))).toBe(300_000);
    expect(checkLimitMs(100, ran([], 30_000))).toBe(100);
  });

  test('a suite that ended quickly and does not end now speaks against the change; a slow one says nothing', () => {
    const after: TestRun = { kind: 'unknown', why: 'It did not end.', report: '', endedAfterMs: 60_000 };
    expect(judgeTests(ran([], 5000), after).verdict).toBe('failed');
    expect(judgeTests(ran([], 50_000), after).verdict).toBe('unknown');
    expect(judgeTests(after, after).verdict).toBe('unknown');
  });
});

describe('several commands as one run', () => {
  test('what is red has the name of its part, and stands first', () => {
    const merged = mergeRuns([
      { name: 'a', run: ran([]) },
      { name: 'b', run: ran(['x']) },
    ]) as Ran;
    expect(merged).toMatchObject({ passed: false, reading: { failing: ['b: x'], failedCount: 1 }, durationMs: 2000 });
    expect(merged.report).toMatch(/^=== b ===/u);
  });

  test('a part that cannot be run is named', () => {
    const missing: TestRun = { kind: 'none', because: 'no-runner', why: '' };
    const merged = mergeRuns([
      { name: 'a', run: missing },
      { name: '', run: ran([]) },
    ]);
    expect(merged).toMatchObject({ kind: 'ran', passed: true, notRun: ['a'] });
  });

  test('a part without tests does not speak for the others, one without an end does', () => {
    const none: TestRun = { kind: 'none', because: 'no-tests', why: '' };
    const open: TestRun = { kind: 'unknown', why: 'w', report: '' };
    expect(
      mergeRuns([
        { name: 'a', run: none },
        { name: 'b', run: ran(['x']) },
      ]).kind,
    ).toBe('ran');
    expect(
      mergeRuns([
        { name: 'a', run: none },
        { name: 'b', run: none },
      ]).kind,
    ).toBe('none');
    expect(
      mergeRuns([
        { name: 'a', run: open },
        { name: 'b', run: ran([]) },
      ]).kind,
    ).toBe('unknown');
  });
});

describe('a report that is too long', () => {
  const noise = (name: string, lines: number): string =>
    Array.from({ length: lines }, (_, index) => `${name} ${index} ok`).join('\n');
  test('shows what fails before the rest, wherever it stands', () => {
    const report = `exit code 1 after 5 ms\n${noise('before', 900)}\nFAIL sums > one and one\n  expected 2, got 3\n${noise('after', 900)}`;
    const shown = failingFirst(report, ['sum.test.js > sums > one and one'], 800);
    expect(shown.length).toBeLessThanOrEqual(830);
    expect(shown.split('\n')[0]).toBe('exit code 1 after 5 ms');
    expect(shown.slice(0, 200)).toContain('one and one');
    expect(shown).toContain('expected 2, got 3');
  });
});
