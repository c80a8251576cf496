import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecideInput, Decision } from '../domain/decision.ts';
import type { Model } from '../domain/model.ts';
import { nanoFromUsd } from '../domain/money.ts';
import {
  TEST_NOW,
  aDecideInput,
  aForecastStep,
  aPolicy,
  aQuality,
  aSession,
  aStep,
  aStepSize,
  aVerifier,
  aWarmth,
  someRequirements,
} from '../testing/decision-builders.ts';
import { aModel, aPriceRow, anExplicitCache, modelId } from '../testing/model-builders.ts';
import { decide } from './decide.ts';
import { rejectMode, rejectModel } from './eligibility.ts';

const onePolicy = aPolicy({ lookahead: { maxSteps: 6, beamWidth: 16 } });

const ratio = fc.double({ min: 0, max: 1, noNaN: true });

const arbitraryModel = fc
  .record({
    input: fc.double({ min: 0, max: 15, noNaN: true }),
    read: fc.double({ min: 0, max: 1, noNaN: true }),
    output: fc.double({ min: 0, max: 60, noNaN: true }),
    family: fc.constantFrom('claude', 'gpt', 'gemini'),
    frontier: fc.boolean(),
    toolCalling: fc.boolean(),
    structuredOutput: fc.boolean(),
    contextTokens: fc.constantFrom(8000, 100_000, 1_000_000),
    tokenRatio: fc.constantFrom(1, 1.3),
    soc2: fc.constantFrom(true, false, undefined),
    abilityIndex: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  })
  .map(({ input, read, output, soc2, ...part }) =>
    aModel({
      ...part,
      compliance: soc2 === undefined ? {} : { soc2 },
      prices: {
        base: aPriceRow({ input, output, cacheRead: read * input, cacheWrite: 1.25 * input }),
        tiers: [],
        peak: undefined,
      },
      cacheRule: anExplicitCache({ minTokens: 500 }),
    }),
  );

const arbitraryInput: fc.Arbitrary<DecideInput> = fc
  .record({
    models: fc.array(arbitraryModel, { minLength: 1, maxLength: 6 }),
    incumbentAt: fc.option(fc.nat(5), { nil: undefined }),
    transcript: fc.integer({ min: 0, max: 120_000 }),
    warm: fc.array(ratio, { minLength: 6, maxLength: 6 }),
    quality: fc.array(ratio, { minLength: 6, maxLength: 6 }),
    openToolLoop: fc.boolean(),
    risk: fc.constantFrom('none', 'none', 'secrets' as const),
    riskMode: fc.constantFrom('watch', 'lane' as const),
    kind: fc.constantFrom('code', 'review' as const),
    structuredOutput: fc.boolean(),
    checks: fc.boolean(),
    stepCount: fc.nat(3),
    maxRungs: fc.constantFrom(1, 2, 3 as const),
    soc2: fc.boolean(),
    denied: fc.boolean(),
    marginUsd: fc.constantFrom(0, 0.002),
    maxOverheadRatio: fc.constantFrom(undefined, 0.1),
    reviewer: fc.boolean(),
    budgetUsd: fc.constantFrom(undefined, undefined, 0.01),
  })
  .map((part): DecideInput => {
    const models = part.models.map((model, index) => ({ ...model, id: modelId(`model-${index}`) }));
    const incumbent = models[part.incumbentAt ?? -1]?.id;
    const quality = (): DecideInput['quality'] => models.map((model, at) => aQuality(model, part.quality[at]));
    return aDecideInput({
      models,
      quality: quality(),
      session: aSession({
        incumbent,
        transcriptTokens: part.transcript,
        openToolLoop: part.openToolLoop,
        risk: part.risk,
        authorFamilies: ['claude'],
        spentNanoUsd: nanoFromUsd(0.2),
        neverSwitchNanoUsd: nanoFromUsd(0.21),
      }),
      warmth: models.map((model, at) =>
        aWarmth(model, Math.floor((part.warm[at] ?? 0) * part.transcript * model.tokenRatio), {
          lastUsedAt: TEST_NOW - 10_000,
        }),
      ),
      step: aStep({
        kind: part.kind,
        size: aStepSize(),
        requirements: {
          tools: true,
          toolNames: [],
          structuredOutput: part.structuredOutput,
          inputModalities: ['text'],
        },
        checks: part.checks ? [aVerifier()] : [],
      }),
      forecast: Array.from({ length: part.stepCount }, () => aForecastStep('code', { quality: quality() })),
      policy: aPolicy({
        compliance: part.soc2 ? { soc2: true } : {},
        denyModels: part.denied ? [modelId('model-0')] : [],
        familyMarginNanoUsd: nanoFromUsd(part.marginUsd),
        maxOverheadRatio: part.maxOverheadRatio,
        reviewerOtherFamily: part.reviewer,
        risk: { mode: part.riskMode },
        frontierPenaltyRatio: 0.05,
        ladder: { maxRungs: part.maxRungs, pessimismQuantile: 0.4 },
      }),
      budget: {
        jobLeftNanoUsd: part.budgetUsd === undefined ? undefined : nanoFromUsd(part.budgetUsd),
        stepLeftNanoUsd: undefined,
      },
    });
  });

test('never an ineligible model, neither first nor on a later rung; every candidate is priced or says why not', () => {
  fc.assert(
    fc.property(arbitraryInput, (input) => {
      const decision = decide(input);
      const isEligible = (id: string, mode: DecideInput['step']['modes'][number]): boolean => {
        const model = input.models.find((one) => one.id === id);
        return (
          model !== undefined && rejectModel(input, model) === undefined && rejectMode(input, model, mode) === undefined
        );
      };
      for (const row of decision.candidates) {
        for (const rung of row.ladder) expect(isEligible(rung.model, rung.mode)).toBe(true);
      }
      for (const model of input.models) {
        const rows = decision.candidates.filter((row) => row.model === model.id).length;
        const out = decision.rejected.filter((one) => one.model === model.id);
        expect(out.some((one) => one.mode === undefined) || rows + out.length === input.step.modes.length).toBe(true);
      }
      if (decision.kind !== 'refuse')
        expect(decision.candidates[0]).toMatchObject({ model: decision.to, mode: decision.mode });
    }),
    { numRuns: 300 },
  );
});

test('the order of candidates never matters, nor does copying the input or passing it through JSON', () => {
  fc.assert(
    fc.property(arbitraryInput, fc.integer(), (input, seed) => {
      const bytes = JSON.stringify(decide(input));
      const shuffled = [...input.models].sort((a, b) => hash(a.id, seed) - hash(b.id, seed));
      expect(JSON.stringify(decide({ ...input, models: shuffled, warmth: input.warmth.toReversed() }))).toBe(bytes);
      expect(JSON.stringify(decide(structuredClone(input)))).toBe(bytes);
      const parsed: DecideInput = JSON.parse(JSON.stringify(input));
      expect(JSON.stringify(decide(parsed))).toBe(bytes);
    }),
    { numRuns: 150 },
  );
});

function hash(id: string, seed: number): number {
  let value = seed | 0;
  for (const unit of id) value = Math.imul(value ^ (unit.codePointAt(0) ?? 0), 0x9e3779b1);
  return value;
}

test('a look-ahead over nothing is the one-step rule', () => {
  fc.assert(
    fc.property(arbitraryInput, (input) => {
      const blind = decide({ ...input, forecast: [] });
      const off = decide({ ...input, policy: { ...input.policy, lookahead: { maxSteps: 0, beamWidth: 1 } } });
      expect(JSON.stringify(off)).toBe(JSON.stringify(blind));
      expect(blind.lookahead.method).toBe('none');
    }),
    { numRuns: 100 },
  );
});

test('more warmth never makes staying dearer', () => {
  fc.assert(
    fc.property(arbitraryInput, fc.nat(5), ratio, (input, at, share) => {
      const open = {
        ...input,
        policy: { ...input.policy, familyMarginNanoUsd: nanoFromUsd(0), maxOverheadRatio: undefined },
      };
      const row = open.warmth[at];
      fc.pre(row !== undefined);
      if (row === undefined) return;
      const prompt = open.session.transcriptTokens * 1.3;
      const warmer = open.warmth.map((one) =>
        one === row
          ? { ...one, warmTokens: Math.floor(one.warmTokens + share * Math.max(0, prompt - one.warmTokens)) }
          : one,
      );
      const total = (decision: Decision): number | undefined =>
        decision.candidates.find((one) => one.model === row.model && one.mode === 'continue')?.totalNanoUsd;
      const before = total(decide(open));
      const after = total(decide({ ...open, warmth: warmer }));
      if (before !== undefined && after !== undefined) expect(after).toBeLessThanOrEqual(before + 3);
    }),
    { numRuns: 200 },
  );
});

test('raising the dial never raises the expected bill', () => {
  fc.assert(
    fc.property(arbitraryInput, (input) => {
      const bills = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((dial) => {
        const { policy } = input;
        const free = {
          ...policy,
          dial,
          frontierPenaltyRatio: 0,
          familyMarginNanoUsd: nanoFromUsd(0),
          maxOverheadRatio: undefined,
        };
        const [row] = decide({ ...input, forecast: [], policy: free }).candidates;
        return row === undefined ? 0 : row.billNanoUsd + row.ladderNanoUsd;
      });
      for (const [at, bill] of bills.entries()) {
        if (at > 0) expect(bill).toBeLessThanOrEqual((bills[at - 1] ?? 0) + 3);
      }
    }),
    { numRuns: 200 },
  );
});

test('what is remembered of a pool never shows: decided again, and from a copy nobody has seen, the bytes are the same', () => {
  const models = ['one', 'two', 'three'].map((id, at) =>
    aModel({ id: modelId(id), family: id, structuredOutput: at > 0, contextTokens: at > 1 ? 20_000 : 400_000 }),
  );
  const step = fc.record({ gapMs: fc.constantFrom(1000, 400_000), structuredOutput: fc.boolean(), success: ratio });
  const onePool = fc
    .record({ steps: fc.array(step, { minLength: 2, maxLength: 3 }), warm: ratio, transcript: fc.nat(60_000) })
    .map(({ steps, warm, transcript }) =>
      aDecideInput({
        models,
        policy: onePolicy,
        session: aSession({ incumbent: modelId('two'), transcriptTokens: transcript }),
        warmth: [aWarmth('two', Math.floor(warm * transcript))],
        forecast: steps.map(({ gapMs, structuredOutput, success }) =>
          aForecastStep('code', {
            gapMs,
            modes: ['continue'],
            requirements: someRequirements({ structuredOutput }),
            quality: models.map((model) => aQuality(model, success)),
          }),
        ),
      }),
    );
  fc.assert(
    fc.property(fc.array(onePool, { minLength: 2, maxLength: 6 }), (inputs) => {
      const first = inputs.map((input) => JSON.stringify(decide(input)));
      const again = inputs.toReversed().map((input) => JSON.stringify(decide(input)));
      expect(again.toReversed()).toEqual(first);
      expect(inputs.map((input) => JSON.stringify(decide(structuredClone(input))))).toEqual(first);
    }),
    { numRuns: 60 },
  );
});

test('whoever changes their list of models is decided over the new list', () => {
  const models = [aModel({ id: modelId('one') })];
  const input = aDecideInput({ models });
  expect(decide(input).candidates.map((row) => row.model)).not.toContain('two');
  models.push(aModel({ id: modelId('two') }));
  expect(decide(input).candidates.map((row) => row.model)).toContain('two');
});

test('hostile numbers are refused or priced, never thrown at the caller', () => {
  const model: Model = aModel();
  const sizes = [0, -5, 1e9, 0.3];
  for (const callCount of sizes) {
    const step = aStep({ size: aStepSize({ callCount }) });
    expect(() =>
      decide(
        aDecideInput({ models: [model], step, forecast: [aForecastStep('code', { size: aStepSize({ callCount }) })] }),
      ),
    ).not.toThrow();
  }
  expect(decide(aDecideInput({ models: [model], step: aStep({ modes: [] }) })).kind).toBe('refuse');
});
