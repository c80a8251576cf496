import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DecideInput } from '../domain/decision.ts';
import { arbitraryDecision } from '../testing/internal/arbitrary-decisions.ts';
import { decide } from './decide.ts';

/** Nobody can write into it any more, at any depth. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(Object.freeze(value))) frozen(part);
  return value;
}

/** Decisions that share pool, policy and rows with this one, and differ in what a session leads to. */
function relatedTo(input: DecideInput): readonly DecideInput[] {
  const { session, forecast, models } = input;
  return [
    input,
    { ...input, session: { ...session, transcriptTokens: session.transcriptTokens / 2 }, warmth: [] },
    { ...input, forecast: forecast.slice(1) },
    { ...input, session: { ...session, incumbent: models[0]?.id }, drift: [] },
    { ...input, models: models.toReversed() },
    { ...input, models: models.slice(1), mayWriteLong: true },
    { ...input, policy: { ...input.policy, dial: 3 } },
  ];
}

test('decide() writes into nothing it is given, and what it remembers of pools, policies and tables never shows', () => {
  fc.assert(
    fc.property(fc.array(arbitraryDecision, { minLength: 2, maxLength: 3 }), fc.nat(), (inputs, turn) => {
      const all = inputs.flatMap(relatedTo).map(frozen);
      const mixed = all.map((_, at) => all[(at * 5 + turn) % all.length]).filter((one) => one !== undefined);
      for (const input of [...mixed, ...all]) {
        expect(JSON.stringify(decide(input))).toBe(JSON.stringify(decide(structuredClone(input))));
      }
    }),
    { numRuns: 5, seed: 41 },
  );
});
