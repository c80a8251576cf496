import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileChange, FileState } from '../../../tools/work-tree/file-change.ts';
import type { TestRun } from '../test-run.ts';
import { objectionToFiles, readReproduction } from './judge-reproduction.ts';

type Ran = Extract<TestRun, { kind: 'ran' }>;
const ran = (failing: readonly string[], passedCount: number | undefined, flaky?: readonly string[]): Ran => ({
  kind: 'ran',
  passed: failing.length === 0,
  reading: { failing, failedCount: failing.length, passedCount },
  report: '',
  durationMs: 1,
  ...(flaky === undefined ? {} : { flaky }),
});
const NO_TESTS: TestRun = { kind: 'none', because: 'no-tests', why: '' };
const LOST: TestRun = { kind: 'unknown', why: 'It was ended.', report: '' };
const OLD = 'test/a.test.js > old';
const NEW = 'test/fault.test.js > shows it';

describe('a test that was written for a fault', () => {
  test.each<readonly [string, TestRun, TestRun, readonly string[] | RegExp]>([
    ['is red', ran([], 3), ran([NEW], 3), [NEW]],
    ['is red beside what was red', ran([OLD], 3), ran([OLD, NEW], 3), [NEW]],
    ['is the first of its project', NO_TESTS, ran([NEW], 0), [NEW]],
    [
      'is red in a runner that counts nothing',
      ran([], undefined),
      ran(['a > TestFault'], undefined),
      ['a > TestFault'],
    ],
    ['is green', ran([], 3), ran([], 4), /green although/u],
    ['is green beside what was red', ran([OLD], 3), ran([OLD], 4), /Nothing is red that was not/u],
    ['was not run', ran([], 3), ran([], 3), /or it was not run/u],
    ['does not load', ran([], 3), ran(['test/fault.test.js'], 3), /does not run/u],
    ['does not load, in a part', ran([], 3), ran(['packages/a: test/fault.test.js'], 3), /does not run/u],
    ['does not build', ran([], undefined), ran(['example.com/w'], undefined), /does not run/u],
    ['does not import', ran([], 3), ran(['fault (unittest.loader._FailedTest.fault)'], 3), /does not run/u],
    ['breaks a part as a whole', ran([], 3), ran(['b: the whole run'], 3), /does not run/u],
    ['keeps others from running', ran([], 3), ran([NEW], 1), /no longer pass/u],
    ['fails only now and then', ran([], 3), ran([], 3, [NEW]), /now and then/u],
    ['lets the run have no end', ran([], 3), LOST, /could not be run with it: It was ended/u],
  ])('%s', (_what, without, withIt, expected) => {
    const reading = readReproduction(without, withIt);
    if (expected instanceof RegExp)
      expect(reading).toMatchObject({ kind: 'none', why: expect.stringMatching(expected) });
    else expect(reading).toMatchObject({ kind: 'red', names: expected });
  });

  const names = fc.uniqueArray(fc.integer({ min: 0, max: 9 }).map((index) => `test/x.test.js > t${index}`));
  test('is none, whatever else is red or flaky, where nothing new is red', () => {
    fc.assert(
      fc.property(names, names, fc.nat(20), (red, flaky, passed) => {
        const chance = flaky.filter((name) => !red.includes(name));
        expect(readReproduction(ran(red, passed, chance), ran([...red, ...chance], passed)).kind).toBe('none');
      }),
    );
  });

  test('names what is new alone, and passes over no test that no longer passes', () => {
    fc.assert(
      fc.property(names, fc.nat(20), fc.nat(20), (red, passed, lost) => {
        const reading = readReproduction(ran(red, passed), ran([...red, NEW], passed - Math.min(lost, passed)));
        expect(reading).toMatchObject(Math.min(lost, passed) === 0 ? { kind: 'red', names: [NEW] } : { kind: 'none' });
      }),
    );
  });
});

describe('what was written', () => {
  const state: FileState = { mode: '100644', id: 'a' };
  const change = (name: string, before: FileState | null, after: FileState | null): FileChange => ({
    name,
    before,
    after,
  });
  test.each<readonly [string, readonly FileChange[], RegExp | undefined]>([
    ['a new file', [change('test/a', null, state)], undefined],
    ['nothing', [], /No test was written/u],
    [
      'an old file',
      [change('test/a', null, state), change('src/a', state, { ...state, id: 'b' })],
      /also changed: src\/a/u,
    ],
    ['a file less', [change('src/a', state, null)], /Only new test files/u],
    ['a link', [change('test/a', null, { ...state, mode: '120000' })], /Only new test files/u],
    ['six files', [1, 2, 3, 4, 5, 6].map((index) => change(`test/${index}`, null, state)), /6 were written/u],
  ])('may be a reproduction: %s', (_what, changes, expected) => {
    if (expected === undefined) expect(objectionToFiles(changes)).toBeUndefined();
    else expect(objectionToFiles(changes)).toMatch(expected);
  });
});
