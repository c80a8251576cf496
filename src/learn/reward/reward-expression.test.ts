import { describe, expect, test } from 'vitest';
import { parseReward, type RewardFacts } from './reward-expression.ts';

const facts: RewardFacts = { green: 1, override: 0, usd: 0.25, minutes: undefined, tries: 2, reward: 3 };

describe('a reward in one line', () => {
  test.each([
    ['green - 4 * usd - 0.5 * override', 0],
    ['green', 1],
    ['-usd * -2', 0.5],
    ['(reward - 1) / tries', 1],
    ['2 - 1 - tries', -1],
    [' reward\n+ 1 ', 4],
  ])('%s is %d', (text, value) => {
    expect(parseReward(text, { scale: { bad: -5, good: 10 } }).valueOf(facts)).toBeCloseTo(value, 12);
  });

  test('a fact that is not known leaves it unknown, and so does a sum that is no number', () => {
    expect(parseReward('green - minutes').valueOf(facts)).toBeUndefined();
    expect(parseReward('green / override').valueOf(facts)).toBeUndefined();
  });

  test.each([
    [1e6, 10],
    [-1e6, -5],
    [2, 2],
  ])('a reported reward of %d counts as %d on a declared scale, whichever end is the better', (reported, counted) => {
    for (const scale of [
      { bad: -5, good: 10 },
      { bad: 10, good: -5 },
    ])
      expect(parseReward('reward', { scale }).valueOf({ ...facts, reward: reported })).toBe(counted);
  });

  test.each([
    ['green - usd', {}, -9],
    ['green - minutes', {}, -239],
    ['green - usd', { usd: 2, minutes: 5 }, -1],
    ['green - minutes', { usd: 2, minutes: 5 }, -4],
  ])('%s of a step of 800 USD and 9,000 minutes counts within %j as %d', (text, declared, value) => {
    const caps = 'usd' in declared ? { caps: declared } : {};
    expect(parseReward(text, caps).valueOf({ ...facts, usd: 800, minutes: 9000 })).toBe(value);
  });

  test('is refused where it speaks of reported rewards and nobody has said what those may be', () => {
    expect(() => parseReward('green + reward')).toThrow(
      expect.objectContaining({
        code: 'request-invalid',
        hint: expect.stringContaining('reward: { bad: 0, good: 1 }'),
      }),
    );
  });

  test.each(['green / usd', 'green / (1 - green)', 'minutes / override', '1 / (usd - minutes)'])(
    '%s, which is a number for some steps, is taken',
    (text) => {
      expect(parseReward(text).text).toBe(text);
    },
  );

  test('says what it speaks of', () => {
    expect(parseReward('green - 4 * usd + green').facts).toEqual(['green', 'usd']);
  });

  test.each([
    ['', /ends too early/u],
    ['1 + 2', /speaks of nothing/u],
    ['gren', /did you mean "green"/iu],
    ['constructor', /not known/u],
    ['process.exit()', /character 8/u],
    ['green; usd', /character 6/u],
    ['green usd', /does not go on with "usd"/u],
    ['green +', /ends too early/u],
    ['(green', /not closed/u],
    ['green)', /does not go on/u],
    ['* green', /where a number or a name belongs/u],
    ['green[0]', /character 6/u],
    ['`green`', /character 1/u],
    ['1e999 * green', /does not go on with "e"/u],
    ['ｇreen', /character 1/u],
    [`${'('.repeat(200)}green${')'.repeat(200)}`, /too many brackets/u],
    [`${'-'.repeat(400)}green`, /too many brackets/u],
    ['green + '.repeat(100), /longer than 500/u],
    ['green/0', /divides by 0/u],
    ['green - usd / (2 - 2)', /divides by 0/u],
    ['1 / (tries - tries) * green', /divides by 0/u],
    ['green / (override * (1 - override))', /divides by 0/u],
    [`green * ${'9'.repeat(320)}`, /leaves what a number can hold/u],
  ])('%s is refused', (text, why) => {
    expect(() => parseReward(text)).toThrow(
      expect.objectContaining({
        code: 'request-invalid',
        message: expect.stringMatching(why),
        hint: expect.any(String),
      }),
    );
  });
});
