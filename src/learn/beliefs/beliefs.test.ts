import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asId, type DecisionId, type ModelId } from '../../domain/ids.ts';
import type { OutcomeRecord } from '../../recorder/record.ts';
import { aQuality, TEST_NOW } from '../../testing/decision-builders.ts';
import { anOutcomeRecord } from '../../testing/record-builders.ts';
import type { StepFact } from '../step-fact.ts';
import { learnedChecks, learnedEstimates } from './apply-beliefs.ts';
import { foldBeliefs, NO_BELIEFS, type Beliefs } from './beliefs.ts';
import { verifierRates } from './verifier-posteriors.ts';

const MINUTE = 60_000;
const options = { now: TEST_NOW, priorDrift: () => 0.02 };
const fold = (facts: readonly StepFact[], outcomes: readonly OutcomeRecord[] = []): Beliefs =>
  foldBeliefs({ facts, outcomes }, options);

let count = 0;
function aFact(overrides: Partial<StepFact> = {}): StepFact {
  const name = `d-${String((count += 1)).padStart(5, '0')}`;
  return {
    decisionId: asId<DecisionId>(name),
    jobId: undefined,
    ladder: name,
    attempt: 0,
    at: TEST_NOW - 10_000_000 + count * 1000,
    kind: 'code',
    model: asId<ModelId>('cheap'),
    family: 'gpt',
    mode: 'continue',
    fromFamily: undefined,
    believedRatio: 0.8,
    plainRatio: 0.8,
    servers: [],
    tenant: undefined,
    cheaper: undefined,
    status: 'accepted',
    checks: [],
    tried: [],
    isStrongest: false,
    cheaperSufficed: false,
    predictedRatio: 0.8,
    ...overrides,
  };
}

/** Advice that was followed and reported on. */
function reported(
  verdicts: readonly OutcomeRecord['verdict'][],
  overrides: Partial<OutcomeRecord> = {},
): { readonly facts: readonly StepFact[]; readonly outcomes: readonly OutcomeRecord[] } {
  const facts = verdicts.map(() => aFact({ status: undefined }));
  const outcomes = verdicts.map((verdict, index) => {
    const fact = facts[index] as StepFact;
    return anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at + MINUTE, verdict, ...overrides });
  });
  return { facts, outcomes };
}

const repeat = <Value>(times: number, value: Value): Value[] => Array.from({ length: times }, () => value);
const CODE = { kind: 'code', servers: [], tenant: undefined } as const;
const believed = (beliefs: Beliefs, prior = 0.8): number =>
  learnedEstimates(beliefs, CODE, [aQuality('cheap', prior)])[0]?.successRatio ?? 0;

describe('what is believed of a model', () => {
  test('nothing seen is nothing learned', () => {
    expect(fold([])).toEqual(NO_BELIEFS);
    expect(fold([aFact(), aFact({ status: 'rejected' })])).toEqual(NO_BELIEFS);
  });

  test('two failures say nothing yet, twelve say a lot, and less of other kinds', () => {
    const two = reported(repeat(2, 'failed'));
    expect(fold(two.facts, two.outcomes)).toEqual(NO_BELIEFS);
    const dozen = reported(repeat(12, 'underpowered'));
    const beliefs = fold(dozen.facts, dozen.outcomes);
    expect(believed(beliefs)).toBeLessThan(0.55);
    const review = learnedEstimates(beliefs, { ...CODE, kind: 'review' }, [aQuality('cheap', 0.8)]);
    expect(review[0]).toMatchObject({ basis: 'learned', learned: { plainRatio: 0.8 } });
    expect(review[0]?.successRatio).toBeLessThan(0.75);
    expect(review[0]?.successRatio).toBeGreaterThan(believed(beliefs) + 0.1);
  });

  test.each([0, 25, 49, 50])('one failure at place %d among fifty successes changes nearly nothing', (place) => {
    const good = reported(repeat(51, 'good_fit'));
    const outcomes = good.outcomes.map((one, at) => (at === place ? { ...one, verdict: 'failed' as const } : one));
    const before = believed(fold(good.facts, good.outcomes));
    const after = believed(fold(good.facts, outcomes));
    expect(before - after).toBeLessThan(place === 50 ? 0.001 : 0.03);
    expect(after).toBeGreaterThan(0.85);
  });

  test('failures that go on after fifty successes are believed in the end', () => {
    const turned = reported([...repeat(50, 'good_fit' as const), ...repeat(50, 'failed' as const)]);
    expect(believed(fold(turned.facts, turned.outcomes))).toBeLessThan(0.7);
  });

  test('what is long ago counts less than what is new', () => {
    const old = reported(repeat(20, 'failed'), { at: TEST_NOW - 180 * 86_400_000 });
    const fresh = reported(repeat(20, 'failed'));
    expect(believed(fold(old.facts, old.outcomes))).toBeGreaterThan(0.75);
    expect(believed(fold(fresh.facts, fresh.outcomes))).toBeLessThan(0.55);
  });

  test('more than was needed was right as well', () => {
    const beliefs = reported(repeat(12, 'overprovisioned'));
    expect(believed(fold(beliefs.facts, beliefs.outcomes))).toBeGreaterThan(0.85);
  });

  test('an estimate that the caller gave is left alone', () => {
    const { facts, outcomes } = reported(repeat(12, 'failed'));
    const own = { ...aQuality('cheap', 0.8), basis: 'override' as const };
    expect(learnedEstimates(fold(facts, outcomes), CODE, [own])).toEqual([own]);
  });
});

describe('a poisoner', () => {
  test('cannot move a belief past a bound, however often it reports', () => {
    const believedAfter = (times: number): number => {
      const { facts, outcomes } = reported(repeat(times, 'failed'), { principal: 'mallory' });
      return believed(fold(facts, outcomes));
    };
    expect(Math.abs(believedAfter(2000) - believedAfter(60))).toBeLessThan(0.03);
    expect(believedAfter(2000)).toBeGreaterThan(0.8 * (4 / 24));
  });

  test('gains little by many names, and nothing by the name of the records', () => {
    const facts = repeat(1000, 0).map(() => aFact({ status: undefined }));
    const sayAll = (nameOf: (index: number) => string): number => {
      const outcomes = facts.map((fact, index) =>
        anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at, verdict: 'failed', principal: nameOf(index) }),
      );
      return believed(fold(facts, outcomes));
    };
    expect(sayAll((index) => `mallory-${index}`)).toBeCloseTo(
      sayAll((index) => `mallory-${index % 2}`),
      1,
    );
    expect(sayAll(() => 'records')).toBeCloseTo(
      sayAll(() => 'mallory'),
      5,
    );
  });

  test('cannot drown what the checks say', () => {
    const facts = repeat(60, 0).map(() => aFact({ checks: [{ verifier: 'named-tests', passed: true }] }));
    const outcomes = facts.map((fact) =>
      anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at, verdict: 'failed', principal: 'mallory' }),
    );
    expect(believed(fold(facts))).toBeGreaterThan(0.85);
    expect(believed(fold(facts, outcomes))).toBeGreaterThan(0.55);
  });

  test('saying the same of one decision again is one observation', () => {
    const fact = aFact({ status: undefined });
    const outcomes = repeat(30, 0).map((_, index) =>
      anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at + index, verdict: 'failed' }),
    );
    expect(fold([fact], outcomes)).toEqual(NO_BELIEFS);
  });
});

describe('what checks and ladders tell', () => {
  const ladder = (passed: readonly boolean[], name: string): readonly StepFact[] =>
    passed.map((ok, attempt) =>
      aFact({
        ladder: name,
        attempt,
        model: asId<ModelId>(attempt === 0 ? 'cheap' : `model-${attempt}`),
        status: ok ? 'accepted' : 'rejected',
        checks: [
          { verifier: 'contract', passed: true },
          { verifier: 'tests', passed: ok },
        ],
      }),
    );
  const ladders = (passed: readonly boolean[]): readonly StepFact[] =>
    repeat(15, 0).flatMap((_, index) => ladder(passed, `${passed.join()}-${index}`));

  test('green tests speak for a model, red ones against it', () => {
    expect(believed(fold(ladders([true])))).toBeGreaterThan(0.82);
    expect(believed(fold(ladders([false, true])))).toBeLessThan(0.76);
  });

  test('a check that refuses everybody is taken as broken, and no model is blamed as much', () => {
    const broken = believed(fold(ladders([false, false, false, false])));
    expect(broken).toBeGreaterThan(0.76);
    expect(broken).toBeGreaterThan(believed(fold(ladders([false, true]))) + 0.02);
  });

  test('keeping the form says little, breaking it says much', () => {
    const form = (passed: boolean): number =>
      believed(
        fold(
          repeat(15, 0).map(() =>
            aFact({ status: passed ? 'accepted' : 'rejected', checks: [{ verifier: 'contract', passed }] }),
          ),
        ),
      );
    expect(form(true) - 0.8).toBeLessThan(0.01);
    expect(form(true)).toBeGreaterThanOrEqual(0.8);
    expect(form(false)).toBeLessThan(0.5);
  });

  test('a model that always keeps the form does not talk itself up, decision after decision', () => {
    let ratio = 0.8;
    for (let round = 0; round < 20; round += 1) {
      const believedRatio = ratio;
      const kept = repeat(200, 0).map(() => aFact({ believedRatio, checks: [{ verifier: 'contract', passed: true }] }));
      ratio = believed(fold(kept));
    }
    expect(ratio).toBeLessThan(0.83);
  });

  test('a change that passed and was sent back later counts against its author', () => {
    const sentBack = repeat(15, 0).flatMap((_, index) => {
      const [first, second] = ladder([true, true], `back-${index}`);
      const tried = [{ model: asId<ModelId>('cheap'), rejectedBy: 'review' }];
      return [first as StepFact, { ...(second as StepFact), tried }];
    });
    expect(believed(fold(sentBack))).toBeLessThan(believed(fold(ladders([true, true]))) - 0.02);
  });

  test('a review by another family teaches about such reviews, one by its own family about those', () => {
    const sentBack = (judgeFamily: string | undefined): Beliefs =>
      fold(
        repeat(15, 0).flatMap((_, index) => {
          const [first, second] = ladder([true, true], `judged-${index}`);
          const judge = judgeFamily === undefined ? {} : { judgeFamily };
          const tried = [{ model: asId<ModelId>('cheap'), rejectedBy: 'review', ...judge }];
          const passed = { verifier: 'review-other-family', passed: true } as const;
          const own = { verifier: 'review-same-family', passed: true } as const;
          const { checks, ...rest } = second as StepFact;
          return [first as StepFact, { ...rest, tried, checks: [...checks, passed, own] }];
        }),
      );
    expect(Object.keys(sentBack('elsewhere').verifiers)).toContain('code/review-other-family');
    expect(Object.keys(sentBack('elsewhere').verifiers)).not.toContain('code/review-same-family');
    expect(Object.keys(sentBack(undefined).verifiers)).toContain('code/review-same-family');
  });

  test('checks of a step carry the rates of each family that something was seen of', () => {
    const facts = repeat(10, 0).map(() =>
      aFact({ family: 'glm', status: 'accepted', checks: [{ verifier: 'tests', passed: true }] }),
    );
    const outcomes = facts.map((fact) =>
      anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at, verdict: 'failed', truth: 'wrong' }),
    );
    const check = { id: 'tests', kind: 'tests', sensitivity: { yes: 8, no: 2 }, falseAlarm: { yes: 2, no: 8 } };
    const [learned] = learnedChecks(fold(facts, outcomes), 'code', [{ ...check, costNanoUsd: 5 } as never]);
    expect(Object.keys(learned?.byFamily ?? {})).toEqual(['glm']);
    expect(learned?.byFamily?.['glm']?.sensitivity.no).toBeGreaterThan(10);
  });

  test('truth moves the rates of the check: missed errors its sensitivity, false alarms the other', () => {
    const says = (passed: boolean, truth: 'right' | 'wrong'): Beliefs => {
      const facts = repeat(10, 0).map(() =>
        aFact({ status: passed ? 'accepted' : 'rejected', checks: [{ verifier: 'tests', passed }] }),
      );
      const outcomes = facts.map((fact) =>
        anOutcomeRecord({ decisionId: fact.decisionId, at: fact.at, verdict: 'good_fit', truth }),
      );
      return fold(facts, outcomes);
    };
    const rates = (beliefs: Beliefs): object => verifierRates(beliefs.verifiers, 'code', 'tests', 'any');
    expect(rates(says(true, 'wrong'))).toEqual({ sensitivity: { yes: 5, no: 15 }, falseAlarm: { yes: 1, no: 9 } });
    expect(rates(says(false, 'wrong'))).toEqual({ sensitivity: { yes: 5, no: 5 }, falseAlarm: { yes: 11, no: 9 } });
    expect(rates(says(false, 'right'))).toEqual({ sensitivity: { yes: 15, no: 5 }, falseAlarm: { yes: 1, no: 9 } });
    expect(rates(says(true, 'right'))).toEqual({ sensitivity: { yes: 5, no: 5 }, falseAlarm: { yes: 1, no: 19 } });
  });

  test('a check keeps its prior where nothing was told of it, and its price always', () => {
    const check = {
      id: 'tests',
      kind: 'tests' as const,
      sensitivity: { yes: 1, no: 1 },
      falseAlarm: { yes: 1, no: 1 },
      costNanoUsd: 5,
    };
    const [learned] = learnedChecks(NO_BELIEFS, 'code', [check as never]);
    expect(learned).toEqual({ ...check, sensitivity: { yes: 5, no: 5 }, falseAlarm: { yes: 1, no: 9 } });
  });

  test('escalations speak of the check at a quarter, on both sides', () => {
    const beliefs = fold(ladders([false, true]));
    const { sensitivity, falseAlarm } = beliefs.verifiers['code/tests'] ?? expect.fail('Nothing was learned');
    const all = sensitivity.yes + sensitivity.no + falseAlarm.yes + falseAlarm.no;
    expect(all).toBeCloseTo(15 * 2 * 0.25, 5);
    expect(sensitivity.yes).toBeGreaterThan(sensitivity.no);
    expect(falseAlarm.yes).toBeGreaterThan(0);
    expect(fold(ladders([true])).verifiers).toEqual({});
  });

  test('a refusal of what was accepted later, line for line, counts nearly whole, and as a false alarm', () => {
    const plain = ladders([false, true]);
    const same = plain.map((fact) =>
      fact.attempt === 0 ? fact : { ...fact, alike: [{ attempt: 0, likeness: 'identical' as const }] },
    );
    const seen = fold(same).verifiers['code/tests'] ?? expect.fail('Nothing was learned');
    const { sensitivity, falseAlarm } = seen;
    expect(sensitivity.yes + sensitivity.no + falseAlarm.yes + falseAlarm.no).toBeCloseTo(15 * 0.99, 5);
    expect(falseAlarm.yes).toBeGreaterThan(sensitivity.yes);
    const before = fold(plain).verifiers['code/tests'] ?? expect.fail('Nothing was learned');
    expect(falseAlarm.yes).toBeGreaterThan(before.falseAlarm.yes);
  });
});

describe('hand-over drift', () => {
  const results = (right: boolean, overrides: Partial<StepFact>): readonly StepFact[] =>
    repeat(40, 0).map(() =>
      aFact({
        status: right ? 'accepted' : 'rejected',
        checks: [{ verifier: 'tests', passed: right }],
        believedRatio: 0.6,
        ...overrides,
      }),
    );
  const switched = { fromFamily: 'claude', mode: 'handoff' as const };
  const stayed = { fromFamily: 'gpt', mode: 'continue' as const };

  test('is learned where the same model does worse after a change of hands than without one', () => {
    const beliefs = fold([...results(true, stayed), ...results(false, switched)]);
    expect(beliefs.drift).toMatchObject([{ fromFamily: 'claude', toFamily: 'gpt', mode: 'handoff' }]);
    expect(beliefs.drift[0]?.lossRatio).toBeGreaterThan(0.1);
  });

  test('is not blamed on a model that is bad everywhere', () => {
    const blamed = fold([...results(true, stayed), ...results(false, switched)]).drift[0]?.lossRatio ?? 0;
    const excused = fold([...results(false, stayed), ...results(false, switched)]).drift[0]?.lossRatio ?? 1;
    expect(excused).toBeLessThan(0.05);
    expect(excused).toBeLessThan(blamed / 2);
  });

  test('stays with the prior until ten results were seen', () => {
    expect(fold(results(false, switched).slice(0, 9)).drift).toEqual([]);
  });
});

const verdict = fc.constantFrom<OutcomeRecord['verdict'][]>('good_fit', 'failed', 'underpowered', 'overprovisioned');
const anything = fc.array(
  fc.record({
    verdict,
    truth: fc.constantFrom('right' as const, 'wrong' as const, undefined),
    principal: fc.constantFrom('user', 'ci', '[object Object]', 'records'),
    passed: fc.boolean(),
    attempt: fc.nat(3),
    age: fc.integer({ min: -1e9, max: 1e10 }),
    fromFamily: fc.constantFrom('gpt', 'claude', '[object Object]', undefined),
    believedRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    ladder: fc.nat(5),
  }),
  { maxLength: 60 },
);

test('any evidence in any order gives the same beliefs, plain JSON of sane numbers', () => {
  fc.assert(
    fc.property(anything, fc.integer(), (rows, seed) => {
      const facts = rows.map((row, index) =>
        aFact({
          decisionId: asId<DecisionId>(`p-${index}`),
          ladder: `l-${row.ladder}`,
          attempt: row.attempt,
          at: TEST_NOW - row.age,
          status: row.passed ? 'accepted' : 'rejected',
          checks: [{ verifier: 'tests', passed: row.passed }],
          fromFamily: row.fromFamily,
          believedRatio: row.believedRatio,
        }),
      );
      const outcomes = rows.map(({ verdict: said, truth, principal, age }, index) =>
        anOutcomeRecord({ decisionId: asId(`p-${index}`), at: TEST_NOW - age, verdict: said, truth, principal }),
      );
      const beliefs = fold(facts, outcomes);
      const shuffled = <Item>(items: readonly Item[]): Item[] =>
        items.toSorted((a, b) => hash(JSON.stringify(a), seed) - hash(JSON.stringify(b), seed));
      expect(JSON.stringify(fold(shuffled(facts), shuffled(outcomes)))).toBe(JSON.stringify(beliefs));
      expect(structuredClone(JSON.parse(JSON.stringify(beliefs)))).toEqual(beliefs);
      const ratio = believed(beliefs);
      expect(ratio).toBeGreaterThanOrEqual(0);
      expect(ratio).toBeLessThanOrEqual(1);
      for (const { lossRatio } of beliefs.drift) expect(lossRatio >= 0 && lossRatio <= 0.3).toBe(true);
      for (const { logit, width } of Object.values(beliefs.abilities)) {
        expect(Math.abs(logit) <= 2 && width > 0 && width <= 0.5).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

function hash(text: string, seed: number): number {
  let value = seed | 0;
  for (let index = 0; index < text.length; index += 1) value = (value * 31 + text.charCodeAt(index)) | 0;
  return value;
}
