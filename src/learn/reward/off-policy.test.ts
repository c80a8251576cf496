import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../stats/seeded-random.ts';
import { estimateGain, sessionGains, type LoggedStep } from './off-policy.ts';
import { judgeTrial, mayWiden, whyUnknown } from './trial-verdict.ts';

/** Two choices; the candidate's is right more often by `lift`. `misled`: the features say the opposite. */
function stream(
  seed: number,
  {
    lift,
    share,
    count = 1500,
    misled = false,
  }: { readonly lift: number; readonly share: number; readonly count?: number; readonly misled?: boolean },
): readonly LoggedStep[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const sign = misled ? -1 : 1;
    const current = { key: 'a', ratio: 1 - share, features: [0.5, 0.01] };
    const candidate = { key: 'b', ratio: share, features: [0.5 + sign * lift, 0.02] };
    const isCandidate = random() < share;
    const reward = random() < 0.5 + (isCandidate ? lift : 0) ? 1 : 0;
    return {
      session: `s${Math.floor(index / 4)}`,
      reward,
      weight: 1,
      taken: isCandidate ? candidate : current,
      current,
      candidate,
    };
  });
}

describe('the gain of a candidate', () => {
  test.each([
    ['where the model of rewards is right', false],
    ['where the model of rewards is misled', true],
  ])('is covered %s', (_, misled) => {
    let covered = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const { interval, selfNormalised } = estimateGain(stream(seed, { lift: 0.1, share: 0.3, misled }), seed);
      if (interval.low <= 0.1 && interval.high >= 0.1) covered += 1;
      expect(selfNormalised?.gain).toBeGreaterThan(-0.05);
    }
    expect(covered).toBeGreaterThanOrEqual(35);
  });

  test('is nothing where both would choose alike', () => {
    const alike = stream(1, { lift: 0.1, share: 0.3 }).map((step) => ({ ...step, candidate: step.current }));
    const estimate = estimateGain(alike, 1);
    expect([estimate.gain, estimate.differingCount]).toEqual([0, 0]);
    expect(whyUnknown(estimate)).toMatch(/would choose as the policy does/u);
  });

  test('cannot be told without chance, or with too little of it', () => {
    const certain = stream(1, { lift: 0.1, share: 0.3 }).map((step) => {
      const current = { ...step.current, ratio: 1 };
      return { ...step, current, taken: current, candidate: { ...step.candidate, ratio: 0 } };
    });
    expect(whyUnknown(estimateGain(certain, 1))).toMatch(/^1500 steps, effective sample 0: 1500 of the 1500 steps/u);
    expect(whyUnknown(estimateGain(stream(1, { lift: 0.1, share: 0.3, count: 60 }), 1))).toMatch(
      /^60 steps, effective sample \d\d?$/u,
    );
    expect(whyUnknown(estimateGain([], 1))).toMatch(/^0 steps/u);
    expect(whyUnknown(estimateGain(stream(1, { lift: 0.1, share: 0.3 }), 1))).toBeUndefined();
  });

  test('is not what one loud session says', () => {
    const calm = stream(2, { lift: 0, share: 0.3 });
    const loud = calm.map((step) =>
      step.session === 's3' && step.taken.key === 'b' ? { ...step, reward: 1e6 } : step,
    );
    expect(estimateGain(loud, 1).interval.low).toBeLessThanOrEqual(0);
  });
});

describe('a trial', () => {
  test.each([
    ['a hundred sessions that went better', 1, 100, true],
    ['fewer of them', 1, 99, false],
    ['a hundred that went worse', -1, 100, false],
  ])('may have more sessions after %s: %s', (_, sign, count, may) => {
    const gains = Array.from({ length: count }, (__, index) => sign * 0.05 + (index % 2 === 0 ? 1 : -1));
    expect(mayWiden(judgeTrial(gains))).toBe(may);
  });

  test('ends where the candidate is clearly better or worse, and not before fifty sessions', () => {
    expect(judgeTrial(sessionGains(stream(3, { lift: 0.3, share: 0.3 }))).kind).toBe('better');
    expect(judgeTrial(sessionGains(stream(3, { lift: -0.3, share: 0.3 }))).kind).toBe('worse');
    expect(judgeTrial(sessionGains(stream(3, { lift: 0.3, share: 0.3, count: 160 }))).kind).toBe('undecided');
    expect(judgeTrial([])).toMatchObject({ kind: 'undecided', sessionCount: 0 });
  });
});
