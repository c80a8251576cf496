import { describe, expect, test } from 'vitest';
import { loadCatalog, shippedModels } from '../catalog/load-catalog.ts';
import type { DecideInput } from '../domain/decision.ts';
import { asId, type DecisionId, type SessionId } from '../domain/ids.ts';
import { nanoFromUsd } from '../domain/money.ts';
import type { PolicyTrial, RouterPolicy } from '../domain/router-policy.ts';
import { loadPolicies } from '../policy/load-policies.ts';
import { withDial } from '../policy/with-dial.ts';
import { decide } from '../router/decide.ts';
import { makeDecision, type MadeDecision } from './make-decision.ts';
import { streamInputs } from './pool-dial.ts';

const plain = loadPolicies(loadCatalog()).get('balanced')?.policy;
if (plain === undefined) throw new RangeError('The policy "balanced" is shipped.');
const models = shippedModels().filter(({ id }) => /^claude-(?:opus-4-8|sonnet-5|haiku-4-5)$/u.test(id));
const inputs = streamInputs(plain, models);

const explore = { allowedBy: 'Ada', shareRatio: 0.5, tieRatio: 0.25, maxNanoUsd: nanoFromUsd(1) };
const rules = { ...plain, dial: 10 };
const candidate: NonNullable<PolicyTrial['candidate']> = {
  stage: 'canary',
  rules,
  shareRatio: 0.25,
  salt: 's',
  allowedBy: 'Ben',
};
const onTrial = (trial: Omit<PolicyTrial, 'dial'>): RouterPolicy => ({
  ...plain,
  trial: { dial: plain.dial, ...trial },
});

function made(
  policy: RouterPolicy,
  index: number,
  session = `s${index}`,
  more: Partial<DecideInput> = {},
): MadeDecision {
  const input = inputs[index % inputs.length];
  if (input === undefined) throw new RangeError('The stream has steps.');
  const asked = { ...input, policy, decisionId: asId<DecisionId>(`d${index}`), ...more };
  return makeDecision(
    { ...asked, session: { ...asked.session, sessionId: asId<SessionId>(session) } },
    { decide, shadows: [] },
  );
}
const taken = ({ decision }: MadeDecision): string => (decision.kind === 'refuse' ? '' : decision.to);

describe('a canary', () => {
  const policy = onTrial({ candidate });
  const all = Array.from({ length: 400 }, (_, index) => made(policy, index));
  const isOfCandidate = ({ decision }: MadeDecision): boolean => decision.policyId === 'balanced+candidate';

  test('is obeyed in its share of the sessions, and a session keeps its policy', () => {
    const share = all.filter(isOfCandidate).length / all.length;
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.32);
    for (const session of ['one', 'two', 'three', 'four']) {
      const own = [1, 2, 3, 4, 5].map((index) => isOfCandidate(made(policy, index * 7, session)));
      expect(new Set(own).size).toBe(1);
    }
  });

  test('records what the other policy would have chosen, and how likely either was where they differ', () => {
    const differing = all.filter(({ input }) => input.chance !== undefined);
    expect(differing.length).toBeGreaterThan(50);
    for (const one of differing) {
      const [own, other] = one.input.chance?.among ?? [];
      expect([own?.model, one.input.chance?.allowedBy]).toEqual([taken(one), 'Ben']);
      expect(own?.ratio).toBe(isOfCandidate(one) ? 0.25 : 0.75);
      expect(other?.model).toBe(taken({ ...one, decision: one.shadows[0] ?? one.decision }));
    }
    for (const one of all.filter(({ input }) => input.chance === undefined))
      expect(taken(one)).toBe(taken({ ...one, decision: one.shadows[0] ?? one.decision }));
  });

  test('marks every step that is decided beside it, and no other', () => {
    expect(new Set(all.map(({ input }) => input.onTrial))).toEqual(new Set(['s']));
    expect(made(plain, 1).input.onTrial).toBeUndefined();
    const [one] = all;
    if (one === undefined) throw new RangeError('The stream has steps.');
    expect(makeDecision({ ...one.input, policy: plain }, { decide, shadows: [] }).input.onTrial).toBeUndefined();
  });

  test('leaves a dial that the caller has set as it is', () => {
    for (let index = 0; index < 40; index += 1) expect(made(withDial(policy, 2), index).input.policy.dial).toBe(2);
  });

  test('that is only watched is obeyed nowhere and recorded everywhere', () => {
    const watched = onTrial({ candidate: { ...candidate, stage: 'shadow' } });
    for (let index = 0; index < 60; index += 1) {
      const one = made(watched, index);
      expect(taken(one)).toBe(taken(made(plain, index)));
      expect([one.input.chance, one.shadows.map(({ policyId }) => policyId)]).toEqual([
        undefined,
        ['balanced+candidate'],
      ]);
    }
  });
});

describe('a canary that refuses what the policy would serve', () => {
  const policy = onTrial({ candidate: { ...candidate, rules: { ...plain, denyModels: models.map(({ id }) => id) } } });
  const all = Array.from({ length: 60 }, (_, index) => made(policy, index));

  test('is obeyed in nothing of that, and it is recorded beside', () => {
    for (const [index, one] of all.entries()) {
      expect(taken(one)).toBe(taken(made(plain, index)));
      expect([one.decision.policyId, one.input.chance]).toEqual(['balanced', undefined]);
      expect(one.shadows.map(({ kind, policyId }) => `${policyId} ${kind}`)).toEqual(['balanced+candidate refuse']);
    }
  });
});

describe('ties', () => {
  const policy = onTrial({ explore });
  const all = Array.from({ length: 400 }, (_, index) => made(policy, index));
  const drawn = all.filter(({ input }) => input.chance !== undefined);

  test('are drawn among candidates that are as good as the best, with ratios that sum to 1', () => {
    expect(drawn.length).toBeGreaterThan(30);
    expect(drawn.filter(({ input }) => input.chance?.drawn !== 0).length).toBeGreaterThan(5);
    for (const one of drawn) {
      const { among = [], drawn: at = 0 } = one.input.chance ?? {};
      expect(among.reduce((sum, { ratio }) => sum + ratio, 0)).toBeCloseTo(1, 12);
      expect(among[at]?.model).toBe(taken(one));
      const best = Math.min(...one.decision.candidates.map(({ totalNanoUsd }) => totalNanoUsd));
      expect(one.decision.candidates[0]?.totalNanoUsd).toBeLessThanOrEqual(best * 1.25);
    }
  });

  test('that were drawn say who allowed it', () => {
    const moved = drawn.find(({ decision }) => decision.reasons.some(({ code }) => code === 'drawn'));
    expect(moved?.decision.reasons[0]?.text).toContain('Ada allowed it');
  });

  test('never touch a step whose failure would do harm, that somebody named a model for, that carries a risk or was tried before', () => {
    const harmful = all.filter(({ input }) => (input.step.need?.stakes.ratios[2] ?? 0) >= 0.1);
    expect(harmful.length).toBeGreaterThan(20);
    expect(harmful.every(({ input }) => input.chance === undefined)).toBe(true);
    const at = all.indexOf(drawn[0] ?? all[0]!);
    const { session, step } = inputs[at % inputs.length]!;
    expect(made(policy, at).input.chance).toBeDefined();
    expect(made(policy, at, 's', { override: models[0]!.id }).input.chance).toBeUndefined();
    expect(made(policy, at, 's', { session: { ...session, risk: 'secrets' } }).input.chance).toBeUndefined();
    const tried = [{ model: models[0]!.id, mode: 'isolate', rejectedBy: 'tests' }] as const;
    expect(made(policy, at, 's', { step: { ...step, tried } }).input.chance).toBeUndefined();
    const { need: _need, ...unread } = step;
    expect(made(policy, at, 's', { step: unread }).input.chance).toBeUndefined();
  });

  test('without leave nothing is drawn', () => {
    expect(
      Array.from({ length: 60 }, (_, index) => made(plain, index)).every(({ input }) => input.chance === undefined),
    ).toBe(true);
  });
});

test('a recorded input gives the recorded decision again, drawn or not', () => {
  for (const trial of [{ explore }, { candidate }]) {
    for (let index = 0; index < 60; index += 1) {
      const { input, decision } = made(onTrial(trial), index);
      expect(input.policy.trial).toBeUndefined();
      expect(JSON.stringify(decide(structuredClone(input)))).toBe(JSON.stringify(decision));
    }
  }
});
