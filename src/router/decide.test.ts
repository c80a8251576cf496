import { describe, expect, test } from 'vitest';
import type { DecideInput } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd, ZERO_USD } from '../domain/money.ts';
import {
  TEST_NOW,
  aDecideInput,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  aWarmth,
} from '../testing/decision-builders.ts';
import { aModel, aPriceRow, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';

const haiku = aModel({
  id: modelId('haiku'),
  prices: { base: aPriceRow({ input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }), tiers: [], peak: undefined },
});
const opus = aModel({
  id: modelId('opus'),
  frontier: true,
  prices: { base: aPriceRow({ input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }), tiers: [], peak: undefined },
});
const luna = aModel({
  id: modelId('luna'),
  family: 'gpt',
  prices: {
    base: aPriceRow({ input: 0.1, output: 0.5, cacheRead: 0.01, cacheWrite: 0.125 }),
    tiers: [],
    peak: undefined,
  },
});

const oneCall = aStepSize({ callCount: 1, newTokensPerCall: 0, outputTokensPerCall: 350, instructionTokens: 1500 });

function input(part: Partial<DecideInput>, models: readonly Model[] = [haiku, opus]): DecideInput {
  return aDecideInput({
    models,
    quality: models.map((model) => aQuality(model, 0.9)),
    session: aSession({ incumbent: opus.id, transcriptTokens: 60_000 }),
    step: aStep({ size: oneCall, modes: ['continue'] }),
    drift: [{ fromFamily: 'any', toFamily: 'any', mode: 'any', lossRatio: 0 }],
    ...part,
  });
}

describe('what follows without special cases', () => {
  test('a step stays on its warm family when a switch would cost more than it gains', () => {
    const decision = decide(input({ warmth: [aWarmth(opus, 60_000)] }));
    expect(decision).toMatchObject({ kind: 'stay', to: 'opus', mode: 'continue' });
    expect(decision.reasons[0]?.code).toBe('warm-prefix');
  });

  test('a part of a piece of work is charged its share of the price of a failure', () => {
    const failureOf = (pieceRatio: number): number => {
      const step = aStep({ size: aStepSize({ callCount: 4, pieceRatio }), modes: ['continue'] });
      return decide(input({ step, warmth: [] })).candidates[0]?.failureNanoUsd ?? 0;
    };
    expect(failureOf(1)).toBe(nanoFromUsd(0.1));
    expect(failureOf(0.25)).toBe(nanoFromUsd(0.025));
  });

  test('the same step goes to the cheap model once the cache is cold', () => {
    expect(decide(input({ warmth: [] }))).toMatchObject({ kind: 'switch', from: 'opus', to: 'haiku' });
  });

  test('a switch is not an eviction: a model left behind is credited with what it still holds', () => {
    const decision = decide(input({ warmth: [aWarmth(opus, 60_000), aWarmth(haiku, 55_000)] }));
    expect(decision).toMatchObject({ kind: 'switch', to: 'haiku' });
    // 55,000 read at 0.1, 6,500 written at 1.25, 350 answered at 5, all per million
    expect(decision.candidates[0]?.billNanoUsd).toBe((5500 + 8125 + 1750) * 1000);
    expect(decision.candidates[0]?.tokens).toEqual({ uncached: 0, cacheRead: 55_000, cacheWrite: 6500, output: 350 });
  });

  test('a fresh-context step is free to go anywhere', () => {
    const step = aStep({ size: oneCall, modes: ['continue', 'isolate'] });
    const decision = decide(input({ step, warmth: [aWarmth(opus, 60_000)] }));
    expect(decision).toMatchObject({ kind: 'switch', to: 'haiku', mode: 'isolate' });
    expect(decision.reasons[0]?.code).toBe('fresh-context');
  });

  test('a close-priced pool stays where a wide-priced pool follows need', () => {
    const warmth = [aWarmth(opus, 60_000)];
    expect(decide(input({ warmth }, [haiku, opus])).kind).toBe('stay');
    expect(decide(input({ warmth }, [luna, opus]))).toMatchObject({ kind: 'switch', to: 'luna' });
  });

  test('the abler model is taken when its failures cost less than its bill', () => {
    const quality = [aQuality(haiku, 0.5), aQuality(opus, 0.95)];
    const decision = decide(input({ quality, session: aSession({ incumbent: haiku.id }) }));
    expect(decision).toMatchObject({ kind: 'switch', to: 'opus' });
    expect(decision.reasons[0]?.code).toBe('needs-ability');
  });

  test('a hand-off across families costs 0.02 of success until outcomes say otherwise', () => {
    const session = aSession({ incumbent: opus.id, transcriptTokens: 1000 });
    const prior = decide(input({ session, drift: [] }, [luna, opus]));
    expect(prior.candidates.find((row) => row.model === luna.id)?.driftRatio).toBe(0.02);
    const drift = [{ fromFamily: 'claude', toFamily: 'gpt', mode: 'any' as const, lossRatio: 0.1 }];
    const learned = decide(input({ session, drift }, [luna, opus]));
    expect(learned.candidates.find((row) => row.model === luna.id)?.successRatio).toBeCloseTo(0.8);
  });
});

describe('ladders', () => {
  const quality = [aQuality(haiku, 0.7), aQuality(opus, 0.95)];
  const session = aSession();

  test('a checked step tries the cheap model first and escalates, an unchecked one does not', () => {
    const checked = aStep({
      size: oneCall,
      modes: ['continue'],
      checks: [aVerifier({ sensitivity: { yes: 95, no: 5 } })],
    });
    const decision = decide(input({ quality, session, step: checked }));
    expect(decision).toMatchObject({ to: 'haiku', ladder: [{ model: 'haiku' }, { model: 'opus' }] });
    expect(decision.reasons.map((reason) => reason.code)).toContain('check-then-escalate');
    expect(decide(input({ quality, session }))).toMatchObject({ to: 'opus' });
  });

  test('a check that is believed blind is not worth a ladder', () => {
    const blind = aVerifier({ sensitivity: { yes: 50, no: 50 }, falseAlarm: { yes: 50, no: 50 } });
    const step = aStep({ size: oneCall, modes: ['continue'], checks: [blind] });
    const decision = decide(input({ quality, session, step }));
    expect(decision).toMatchObject({ to: 'opus' });
  });

  test('a rejected first try escalates to a model that has not tried', () => {
    const step = aStep({ size: oneCall, tried: [{ model: haiku.id, mode: 'continue', rejectedBy: 'tests' }] });
    const decision = decide(input({ session: aSession({ incumbent: haiku.id }), step }));
    expect(decision).toMatchObject({ kind: 'escalate', from: 'haiku', to: 'opus', trigger: 'check-failed' });
    expect(decision.rejected[0]).toMatchObject({ model: 'haiku', code: 'already-tried' });
  });

  describe('after a rejection', () => {
    const step = aStep({
      size: oneCall,
      modes: ['continue'],
      tried: [{ model: haiku.id, mode: 'continue', rejectedBy: 'tests' }],
    });
    const pool = [haiku, opus, luna];
    const asked = (luna: number, opusRatio: number): DecideInput =>
      input(
        {
          session: aSession({ incumbent: haiku.id }),
          step,
          quality: pool.map((model, at) => aQuality(model, [0.7, opusRatio, luna][at] ?? 0)),
        },
        pool,
      );

    test('the step goes to a likelier model, not to a cheaper one, and says how likely both were', () => {
      const decision = decide(asked(0.65, 0.9));
      expect(decision).toMatchObject({ kind: 'escalate', to: 'opus' });
      expect(decision.rejected).toContainEqual(expect.objectContaining({ model: 'luna', code: 'not-likelier' }));
      const text = decision.reasons[0]?.text ?? '';
      expect(text).toContain('haiku was rejected by tests; opus tries next');
      expect(text).toContain('90 % of such code steps, the one before in 70 %');
    });

    test('of likelier ones the best buy takes it', () => {
      expect(decide(asked(0.75, 0.76))).toMatchObject({ kind: 'escalate', to: 'luna' });
    });

    test('where none is likelier another may try, and that is said', () => {
      const decision = decide(asked(0.5, 0.6));
      expect(decision.kind).toBe('escalate');
      expect(decision.reasons[0]?.text).toContain('no other is likelier');
    });
  });
});

describe('guards', () => {
  test('a switch of family must gain the margin', () => {
    const session = aSession({ incumbent: opus.id, transcriptTokens: 60_000 });
    const gainOf = (familyMarginNanoUsd: number): ReturnType<typeof decide> =>
      decide(
        input({ session, policy: aPolicy({ familyMarginNanoUsd: nanoFromUsd(familyMarginNanoUsd) }) }, [luna, opus]),
      );
    expect(gainOf(0.1)).toMatchObject({ kind: 'switch', to: 'luna' });
    const held = gainOf(1);
    expect(held).toMatchObject({ kind: 'stay', to: 'opus' });
    expect(held.rejected[0]).toMatchObject({ model: 'luna', code: 'family-margin' });
    expect(held.reasons.find((reason) => reason.code === 'family-margin')?.text).toMatch(
      /^luna is held back: it would gain /u,
    );
  });

  test('who leaves the family is not explained by another that was held back', () => {
    const dearer = aModel({
      id: modelId('terra'),
      family: 'gpt',
      prices: {
        base: aPriceRow({ input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }),
        tiers: [],
        peak: undefined,
      },
    });
    const session = aSession({ incumbent: opus.id, transcriptTokens: 60_000 });
    const margins = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4];
    const decisions = margins.map((usd) =>
      decide(input({ session, policy: aPolicy({ familyMarginNanoUsd: nanoFromUsd(usd) }) }, [luna, dearer, opus])),
    );
    const left = decisions.filter(
      ({ kind, rejected }) => kind === 'switch' && rejected.some(({ code }) => code === 'family-margin'),
    );
    expect(left.length).toBeGreaterThan(0);
    for (const { reasons } of left) expect(reasons.map(({ code }) => code)).not.toContain('family-margin');
  });

  test('nothing is switched inside an open tool loop', () => {
    const session = aSession({ incumbent: opus.id, transcriptTokens: 60_000, openToolLoop: true });
    const decision = decide(input({ session, step: aStep({ size: oneCall }) }));
    expect(decision).toMatchObject({ kind: 'stay', to: 'opus', mode: 'continue' });
    expect(decision.rejected.every((rejection) => rejection.code === 'open-tool-loop')).toBe(true);
  });

  test('no cheaper model is tried while an escalation cools down', () => {
    const policy = aPolicy({ escalationCooldownMs: 60_000 });
    const at = (lastEscalationAt: number): ReturnType<typeof decide> =>
      decide(input({ policy, session: aSession({ incumbent: opus.id, transcriptTokens: 60_000, lastEscalationAt }) }));
    expect(at(TEST_NOW - 59_999)).toMatchObject({ kind: 'stay', to: 'opus' });
    expect(at(TEST_NOW - 60_000)).toMatchObject({ kind: 'switch', to: 'haiku' });
  });

  test('a reviewer is not of the author’s family where the policy asks for it', () => {
    const policy = aPolicy({ reviewerOtherFamily: true });
    const step = aStep({ kind: 'review', size: oneCall });
    const session = aSession({ incumbent: haiku.id, authorFamilies: ['claude'] });
    const decision = decide(input({ policy, step, session }, [haiku, luna, opus]));
    expect(decision).toMatchObject({ to: 'luna' });
    expect(decision.reasons.map((reason) => reason.code)).toContain('reviewer-family');
    expect(decide(input({ policy, session, step: aStep({ size: oneCall }) }, [haiku, opus])).kind).toBe('stay');
  });

  test('an override is obeyed exactly or refused, never matched loosely', () => {
    expect(decide(input({ override: opus.id }))).toMatchObject({ to: 'opus', reasons: [{ code: 'override' }] });
    const refused = decide(input({ override: modelId('opu') }));
    expect(refused).toMatchObject({ kind: 'refuse', code: 'no-eligible-model' });
    expect(refused.kind === 'refuse' ? refused.hints[0] : '').toContain('matched exactly');
  });
});

describe('hard limits come before money', () => {
  const cases: readonly (readonly [string, Partial<DecideInput>, string])[] = [
    ['the policy denies it', { policy: aPolicy({ denyModels: [haiku.id] }) }, 'denied'],
    ['the policy does not list it', { policy: aPolicy({ allowModels: [opus.id] }) }, 'not-allowed'],
    [
      'the policy keeps the kind for another',
      { policy: aPolicy({ kindModels: { code: [opus.id] } }) },
      'kind-not-allowed',
    ],
    ['compliance is unknown', { policy: aPolicy({ compliance: { soc2: true } }) }, 'compliance'],
    [
      'the transcript is bound elsewhere',
      { session: aSession({ boundTo: opus.endpoint, transcriptTokens: 10 }) },
      'bound-to-endpoint',
    ],
    [
      'the step carries a risk',
      { session: aSession({ risk: 'secrets' }), policy: aPolicy({ risk: { mode: 'lane' } }) },
      'risk-lane',
    ],
    [
      'the policy has a lane for steps that carry a risk',
      {
        session: aSession({ risk: 'secrets', incumbent: haiku.id }),
        policy: aPolicy({ risk: { mode: 'lane', models: [opus.id] } }),
      },
      'risk-lane',
    ],
  ];
  test.each(cases)('a model is left out when %s', (_, part, code) => {
    const sound = { ...opus, compliance: { soc2: true } };
    const away = { ...haiku, endpoint: 'elsewhere' as Model['endpoint'] };
    const decision = decide(input(part, [away, sound]));
    expect(decision).toMatchObject({ to: 'opus' });
    expect(decision.rejected).toMatchObject([{ model: 'haiku', code }]);
    expect(decision.rejected[0]?.why).toMatch(/\.$/u);
  });

  test('a risk does not keep a step from the models there are when the frontier may not be used', () => {
    const session = aSession({ risk: 'jailbreak' });
    const policy = aPolicy({ risk: { mode: 'lane' }, denyModels: [opus.id] });
    const top = { ...opus, frontier: true };
    expect(decide(input({ session, policy }, [haiku, top]))).toMatchObject({ to: 'haiku' });
    expect(decide(input({ session, policy: aPolicy({ risk: { mode: 'watch' } }) }, [haiku, top])).rejected).toEqual([]);
  });

  test.each([
    ['no-tools', { toolCalling: false }],
    ['no-structured-output', { structuredOutput: false }],
    ['no-modality', { inputModalities: ['text'] }],
    ['context-too-small', { contextTokens: 50_000 }],
    ['no-price', { prices: { base: aPriceRow({ input: Number.NaN }), tiers: [], peak: undefined } }],
  ] as const)('a model that fails with %s is left out', (code, part) => {
    const requirements = {
      tools: true,
      toolNames: [],
      structuredOutput: true,
      inputModalities: ['text', 'image'] as const,
    };
    const step = aStep({ size: oneCall, modes: ['continue'], requirements });
    const decision = decide(input({ step }, [{ ...haiku, ...part }, opus]));
    expect(decision.rejected).toMatchObject([{ model: 'haiku', code }]);
  });

  test('a step that no budget covers is refused with what would have to change', () => {
    const budget = { jobLeftNanoUsd: nanoFromUsd(0.001), stepLeftNanoUsd: undefined };
    const decision = decide(input({ budget }));
    expect(decision).toMatchObject({ kind: 'refuse', code: 'budget-exhausted', candidates: [] });
    expect(decision.kind === 'refuse' && decision.hints).toEqual(['Raise the budget of the job or the step.']);
  });

  test('where each call is held to a budget, what is left goes to the cheapest model though no step fits into it', () => {
    const budget = { jobLeftNanoUsd: nanoFromUsd(0.001), stepLeftNanoUsd: undefined, isHeldByCall: true } as const;
    const decision = decide(input({ budget }));
    const cheapest = Math.min(...decide(input({})).candidates.map((row) => row.billNanoUsd));
    expect(decision).toMatchObject({ candidates: [{ billNanoUsd: cheapest }] });
    expect(new Set(decision.rejected.map((row) => row.code))).toEqual(new Set(['over-budget']));
    expect(decide(input({ budget, override: opus.id }))).toMatchObject({ to: 'opus' });
    const spent = { ...budget, jobLeftNanoUsd: ZERO_USD };
    expect(decide(input({ budget: spent }))).toMatchObject({ kind: 'refuse', code: 'budget-exhausted' });
    const step = { ...budget, stepLeftNanoUsd: nanoFromUsd(0.001) };
    expect(decide(input({ budget: step }))).toMatchObject({ kind: 'refuse', code: 'budget-exhausted' });
  });

  test('an empty pool is refused', () => {
    expect(decide(input({}, []))).toMatchObject({ kind: 'refuse', hints: ['Add at least one model to the pool.'] });
  });
});

test('the terms of every row sum to its total', () => {
  const policy = aPolicy({ frontierPenaltyRatio: 0.2, waitingNanoUsdPerSecond: nanoFromUsd(0.001) });
  const decision = decide(input({ policy, step: aStep({ checks: [aVerifier()] }) }, [haiku, luna, opus]));
  expect(decision.candidates).toHaveLength(9);
  for (const row of decision.candidates) {
    expect(
      row.billNanoUsd +
        row.frontierPenaltyNanoUsd +
        row.failureNanoUsd +
        row.latencyNanoUsd +
        row.ladderNanoUsd +
        row.futureNanoUsd,
    ).toBe(row.totalNanoUsd);
  }
});
