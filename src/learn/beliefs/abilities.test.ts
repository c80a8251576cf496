import { describe, expect, test } from 'vitest';
import { asId, type ModelId } from '../../domain/ids.ts';
import type { OutcomeRecord } from '../../recorder/record.ts';
import { aDecideInput, aQuality, TEST_NOW } from '../../testing/decision-builders.ts';
import { aDecision, anOutcomeRecord, aStepRecord } from '../../testing/record-builders.ts';
import { toStepFact, type StepFact } from '../step-fact.ts';
import { learnedEstimates } from './apply-beliefs.ts';
import { foldBeliefs, type Beliefs, type FoldOptions } from './beliefs.ts';
import { rightByReward } from './right-by-reward.ts';

const CHEAP = asId<ModelId>('cheap');
const DEAR = asId<ModelId>('dear');
const CODE = { kind: 'code', servers: [], tenant: undefined } as const;
const aFact = toStepFact(
  aStepRecord({ jobId: undefined, input: aDecideInput({ quality: [aQuality('claude-test', 0.8)] }) }),
);

function factOf(index: number, overrides: Partial<StepFact>): StepFact {
  if (aFact === undefined) throw new Error('A decided step teaches');
  const name = `d-${String(index).padStart(5, '0')}`;
  return { ...aFact, decisionId: asId(name), ladder: name, at: TEST_NOW - 1e7 + index, model: CHEAP, ...overrides };
}

interface Reported extends Partial<OutcomeRecord> {
  readonly fact?: Partial<StepFact>;
}

/** Beliefs after reports, one a decision. */
function after(reported: readonly Reported[], options: Partial<FoldOptions> = {}): Beliefs {
  const facts = reported.map(({ fact = {} }, index) => factOf(index, fact));
  const outcomes = reported.map(({ fact: _fact, ...outcome }, index) => {
    const { decisionId, at } = facts[index] as StepFact;
    return anOutcomeRecord({ decisionId, at: at + 1, ...outcome });
  });
  return foldBeliefs({ facts, outcomes }, { now: TEST_NOW, priorDrift: () => 0.02, ...options });
}

const times = (count: number, reported: (index: number) => Reported): readonly Reported[] =>
  Array.from({ length: count }, (_, index) => reported(index));
const believed = (beliefs: Beliefs, model: string, place: Parameters<typeof learnedEstimates>[1] = CODE): number =>
  learnedEstimates(beliefs, place, [aQuality(model, 0.7)])[0]?.successRatio ?? 0;

describe('what reports tell of ability', () => {
  test('more than was needed speaks for the next cheaper model', () => {
    const reported = {
      verdict: 'overprovisioned' as const,
      fact: { model: DEAR, cheaper: { model: CHEAP, plainRatio: 0.7 } },
    };
    const beliefs = after(times(120, () => reported));
    expect(believed(beliefs, CHEAP)).toBeGreaterThan(0.75);
    expect(believed(beliefs, DEAR)).toBeGreaterThan(0.75);
    expect(after(times(120, () => ({ ...reported, verdict: 'good_fit' }))).abilities[`code/${CHEAP}`]).toBeUndefined();
  });

  test('a failure where failing is expected tells little, where nobody expects it much', () => {
    const lost = (plainRatio: number): number =>
      after(times(12, () => ({ verdict: 'failed', fact: { plainRatio, believedRatio: plainRatio } }))).abilities[
        `code/${CHEAP}`
      ]?.logit ?? 0;
    expect(lost(0.8)).toBeLessThan(2 * lost(0.2));
    expect(lost(0.2)).toBeLessThan(0);
  });

  test('rewards speak where it was said what they mean, in either direction', () => {
    const rewarded = (reward: number, rewardScale: FoldOptions['rewardScale']): number =>
      believed(
        after(
          times(30, () => ({ verdict: 'good_fit', reward })),
          { rewardScale },
        ),
        CHEAP,
      );
    expect(rewarded(1, { bad: 0, good: 5 })).toBeLessThan(0.6);
    expect(rewarded(1, { bad: 5, good: 0 })).toBeGreaterThan(0.72);
    expect(rewarded(1, undefined)).toBe(rewarded(5, undefined));
    expect([rightByReward(-3, { bad: 0, good: 5 }), rightByReward(9, { bad: 0, good: 5 })]).toEqual([0, 1]);
  });

  test('who contradicts what nearly everybody sees is heard less and less', () => {
    const honest = times(150, (index) => ({ principal: `honest-${index % 5}`, fact: { plainRatio: 0.95 } }));
    const liar = times(30, () => ({ principal: 'liar', verdict: 'failed' as const, fact: { plainRatio: 0.95 } }));
    const beliefs = after([...honest, ...liar]);
    expect(beliefs.wrongReports['by liar']).toBeGreaterThan(0.4);
    expect(beliefs.wrongReports['by honest-0']).toBeLessThan(0.1);
    expect(believed(beliefs, CHEAP)).toBeGreaterThan(0.7);
  });

  const shiftOf = (beliefs: Beliefs, model: ModelId): number => beliefs.abilities[`code/${model}`]?.logit ?? 0;
  const CROWD = 20;
  /** Ten words each of twenty people, two of whom say `lie`, or nothing. */
  const reportedBy = (lie: ((isRight: boolean, model: ModelId) => boolean) | undefined): Beliefs =>
    after(
      times(40 * CROWD, (index) => {
        const model = index % 3 === 0 ? DEAR : CHEAP;
        const isRight = index % 10 !== 0;
        const isLiar = index % CROWD < 2;
        const says = isLiar && lie !== undefined ? lie(isRight, model) : isRight;
        const fact = { model, plainRatio: 0.8 };
        return { verdict: says ? 'good_fit' : 'failed', principal: `one-${index % CROWD}`, fact };
      }).filter(({ principal }) => lie !== undefined || (principal !== 'one-0' && principal !== 'one-1')),
    );

  test.each([
    ['always says the opposite', (isRight: boolean): boolean => !isRight],
    ['always says that it failed', (): boolean => false],
  ])('who %s is heard as little as who says nothing', (_, lie) => {
    const [lied, silent] = [reportedBy(lie), reportedBy(undefined)];
    for (const model of [CHEAP, DEAR]) expect(shiftOf(lied, model)).toBeCloseTo(shiftOf(silent, model), 2);
  });

  test('who slanders one model is not heard of it, and of others is', () => {
    const [slandered, silent] = [reportedBy((isRight, model) => isRight && model !== CHEAP), reportedBy(undefined)];
    expect(shiftOf(slandered, CHEAP)).toBeCloseTo(shiftOf(silent, CHEAP), 2);
    expect(slandered.wrongReports['by one-0']).toBeLessThan(0.5);
  });

  test.each([
    [1, 0.7],
    [1, 0.97],
    [2, 0.97],
    [20, 0.97],
  ])('a model that has gone bad is noticed, though it speaks against all %i who say so (%d)', (count, plainRatio) => {
    const said = times(100, (index) => ({
      principal: `one-${index % count}`,
      verdict: index < 50 || index % 5 === 0 ? 'good_fit' : 'failed',
      fact: { plainRatio },
    }));
    expect(shiftOf(after(said), CHEAP)).toBeLessThan(-0.4);
  });

  test('whose model fails in one tenant’s hands alone is believed there, however many praise it elsewhere', () => {
    const fact = { plainRatio: 0.8 };
    const beliefs = after(
      times(240, (index) =>
        index % 4 === 0
          ? { principal: 'a', verdict: index % 12 === 0 ? 'good_fit' : 'failed', fact: { ...fact, tenant: 'key-a' } }
          : { principal: `b-${index % 4}`, fact: { ...fact, tenant: `key-b-${index % 4}` } },
      ),
    );
    const at = (tenant: string): number => believed(beliefs, CHEAP, { ...CODE, tenant });
    expect(at('key-a')).toBeLessThan(at('nobody-yet') - 0.05);
  });

  test('a tenant starts where all are, and goes its own way by its own results', () => {
    const beliefs = after(
      times(120, (index) =>
        index % 2 === 0
          ? { principal: 'a', verdict: 'failed', fact: { tenant: 'key-a' } }
          : { principal: 'b', fact: { tenant: 'key-b' } },
      ),
    );
    const at = (tenant: string): number => believed(beliefs, CHEAP, { ...CODE, tenant });
    expect(at('key-a')).toBeLessThan(at('nobody-yet') - 0.05);
    expect(at('key-b')).toBeGreaterThan(at('nobody-yet') + 0.05);
    expect(at('nobody-yet')).toBe(believed(beliefs, CHEAP));
  });

  test('a tool server that a model fails with is held against it there', () => {
    const beliefs = after(
      times(30, (index) => ({
        verdict: index % 2 === 0 ? 'failed' : 'good_fit',
        fact: { servers: index % 2 === 0 ? ['postgres'] : [] },
      })),
    );
    expect(believed(beliefs, CHEAP, { ...CODE, servers: ['postgres'] })).toBeLessThan(believed(beliefs, CHEAP) - 0.05);
  });

  test('half of it is forgotten after fifteen days', () => {
    const reported = times(30, () => ({ verdict: 'failed' as const }));
    const logit = (days: number): number =>
      after(reported, { now: TEST_NOW + days * 86_400_000 }).abilities[`any/${CHEAP}`]?.logit ?? 0;
    expect(logit(15)).toBeCloseTo(logit(0) / 2, 4);
  });
});

describe('what a record tells', () => {
  const plain = { ...aQuality('claude-test', 0.6), learned: { plainRatio: 0.8, logit: -0.98 } };

  test('what was believed before anything was learned, and whose it was', () => {
    const input = aDecideInput({ quality: [plain] });
    const fact = toStepFact(aStepRecord({ input, tenant: 'key-1' }));
    expect(fact).toMatchObject({ believedRatio: 0.6, plainRatio: 0.8, tenant: 'key-1', servers: [] });
  });

  test('a model is the same at any of its hosts', () => {
    const [model] = aDecideInput().models;
    if (model === undefined) throw new Error('There is a model');
    const host = { ...model, id: asId<ModelId>('cloud/claude'), sameAs: asId<ModelId>('claude-test') };
    const input = aDecideInput({ models: [host], quality: [aQuality(host.id, 0.8)] });
    const decision = { ...aDecision(), to: host.id } as ReturnType<typeof aDecision>;
    expect(toStepFact(aStepRecord({ input, decision }))?.model).toBe('claude-test');
  });
});
