import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecideInput } from '../../domain/decision.ts';
import type { ForecastStep } from '../../domain/forecast.ts';
import { asId, type DecisionId, type ModelId } from '../../domain/ids.ts';
import { decide } from '../../router/decide.ts';
import { aDecideInput, aForecastStep, aPolicy, aQuality } from '../../testing/decision-builders.ts';
import { aModel } from '../../testing/model-builders.ts';
import { aStepRecord } from '../../testing/record-builders.ts';
import type { StepRecord } from '../record.ts';
import { createRedactor } from '../redact.ts';
import { packStep, unpackStep } from './pack-step.ts';
import { createPartCache } from './shared-parts.ts';

function recordOf(id: string, input: Partial<DecideInput>): StepRecord {
  return aStepRecord({ input: aDecideInput({ decisionId: asId<DecisionId>(id), ...input }) });
}

/** What is stored of each record, and what is read again. */
function roundTrip(records: readonly StepRecord[]): readonly { readonly body: string; readonly read: string }[] {
  const cache = createPartCache(createRedactor());
  const stored = new Map<string, string>();
  return records.map((record) => {
    const { record: packed, parts } = packStep(record, cache);
    for (const part of parts) stored.set(part.hash, part.body);
    const body = JSON.stringify(packed);
    return { body, read: JSON.stringify(unpackStep(body, (hash) => stored.get(hash))) };
  });
}

const quality = [aQuality('model-a'), aQuality('model-b', 0.5)];
const usual = [aForecastStep('code'), aForecastStep('test')];
const same = usual.map((step) => ({ ...step, kind: 'review' as const, quality }));

describe('a packed step', () => {
  test('holds a forecast by reference from the second decision that has the same object', () => {
    const [first, again, second] = roundTrip(['a', 'a', 'b'].map((id) => recordOf(id, { forecast: usual })));
    expect([first, again, second].map((one) => one?.body.includes('"forecast":{"$part"'))).toEqual([
      false,
      false,
      true,
    ]);
    expect(second?.read).toBe(JSON.stringify(recordOf('b', { forecast: usual })));
  });

  test('holds the steps of a scenario as what they change of the forecast', () => {
    const record = recordOf('a', { forecast: usual, quality, scenarios: [{ weightRatio: 0.5, forecast: same }] });
    const [one] = roundTrip([record]);
    expect(one?.body).toContain('{"$likeForecast":{"kind":"review","quality":{"$input":"quality"}}}');
    expect(one?.read).toBe(JSON.stringify(record));
  });

  test('comes back with its own bytes, whatever its scenarios are like', () => {
    const values = {
      kind: fc.constantFrom('code', 'test'),
      probabilityRatio: fc.constantFrom(1, 0.5, Number.NaN),
      parallelGroup: fc.constantFrom(undefined, 1, 2),
      onlyModels: fc.constantFrom(
        undefined,
        [],
        quality.map((row) => row.model),
      ),
      quality: fc.constantFrom(quality, []),
    };
    const step = fc.record(values, { requiredKeys: ['quality'] }) as fc.Arbitrary<Partial<ForecastStep>>;
    const forecast = fc.array(step, { maxLength: 3 }).map((steps) => steps.map((one) => aForecastStep('plan', one)));
    fc.assert(
      fc.property(forecast, fc.array(fc.tuple(step, forecast), { maxLength: 3 }), (base, ways) => {
        const scenarios = ways.flatMap(([change, other]) => [
          { weightRatio: 0.1, forecast: base.map((one) => ({ ...one, ...change })) },
          { weightRatio: 0.1, forecast: base.map((one, at) => (at === 0 ? one : { ...one, ...change })) },
          { weightRatio: 0.1, forecast: other },
          { weightRatio: 0.1, forecast: base },
        ]);
        const records = ['a', 'b'].map((id) => recordOf(id, { forecast: base, scenarios, quality }));
        for (const [at, { read }] of roundTrip(records).entries()) expect(read).toBe(JSON.stringify(records[at]));
      }),
    );
  });

  test('comes back with its own candidate table, whatever follows from the rest and what does not', () => {
    const ids = ['a', 'b', 'c', 'd'].map((name) => asId<ModelId>(name));
    const amount = fc.oneof(fc.nat(), fc.constantFrom(0, Infinity, Number.NaN));
    const candidate = fc.record({
      model: fc.constantFrom(...ids),
      mode: fc.constantFrom('continue', 'isolate'),
      billNanoUsd: amount,
      frontierPenaltyNanoUsd: amount,
      failureNanoUsd: amount,
      latencyNanoUsd: fc.constant(0),
      ladderNanoUsd: fc.constant(0),
      futureNanoUsd: amount,
      off: fc.constantFrom(0, 0, 0, 1, Number.NaN),
      successRatio: fc.constantFrom(0.5, 0.25, Number.NaN),
      rungs: fc.integer({ min: 1, max: 2 }),
      driftRatio: fc.constantFrom(undefined, 0, 0.02),
      isUsual: fc.boolean(),
      beatenBy: fc.constantFrom(undefined, ...ids),
    });
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 6 }), (rows) => {
        const candidates = rows.map(({ off, rungs, model, mode, isUsual, ...terms }) => {
          const usual = { successRatio: 0.48, failureNanoUsd: 208, frontierPenaltyNanoUsd: 0 };
          const row = isUsual ? { ...terms, ...usual } : terms;
          return {
            model,
            mode,
            ...row,
            totalNanoUsd: row.billNanoUsd + row.frontierPenaltyNanoUsd + row.failureNanoUsd + row.futureNanoUsd + off,
            ladder: Array.from({ length: rungs }, () => ({ model, mode })),
          };
        });
        const record = recordOf('a', { quality: ids.map((id) => aQuality(id, 0.5)) });
        const whole = { ...record, decision: { ...record.decision, candidates } } as unknown as StepRecord;
        expect(roundTrip([whole])[0]?.read).toBe(JSON.stringify(whole));
      }),
      { numRuns: 300 },
    );
  });

  test('holds little of a candidate that lost, and nothing that follows from the rest', () => {
    const ids = Array.from({ length: 12 }, (_, at) => asId<ModelId>(`model-${at}`));
    const models = ids.map((id, at) => aModel({ id, frontier: at % 2 === 0 }));
    const policy = { ...aPolicy(), frontierPenaltyRatio: 0.05 };
    const quality = ids.map((id, at) => aQuality(id, 0.5 + at / 100));
    const input = aDecideInput({ models, policy, quality });
    const decision = decide(input);
    const [one] = roundTrip([aStepRecord({ input, decision })]);
    expect(decision.candidates.length).toBe(3 * ids.length);
    const follow = ['successRatio', 'ladder', 'frontierPenaltyNanoUsd', 'failureNanoUsd', 'totalNanoUsd'];
    for (const field of follow) expect(one?.body).toContain(`["${field}",{"all":null}]`);
    expect(one?.read).toBe(JSON.stringify(aStepRecord({ input, decision })));
  });

  test('says once what a named model says of all others, and comes back with each', () => {
    const ids = Array.from({ length: 95 }, (_, at) => asId<ModelId>(`model-${at}`));
    const input = aDecideInput({
      models: ids.map((id) => aModel({ id })),
      quality: ids.map((id) => aQuality(id)),
      override: ids[7],
    });
    const record = aStepRecord({ input, decision: decide(input) });
    const [one] = roundTrip([record]);
    expect(record.decision.rejected).toHaveLength(94);
    expect(one?.body.split('You asked for')).toHaveLength(2);
    expect(one?.read).toBe(JSON.stringify(record));
  });

  test('comes back with all that was rejected, in whatever mode and words', () => {
    const rejection = fc.record({
      model: fc.constantFrom('a', 'b', 'not in the pool'),
      mode: fc.constantFrom(undefined, 'continue', 'isolate'),
      code: fc.constantFrom('denied', 'over-budget'),
      why: fc.constantFrom('It is denied.', 'It costs more.', ''),
    });
    fc.assert(
      fc.property(fc.array(rejection, { maxLength: 8 }), (rejected) => {
        const record = recordOf('a', { models: ['a', 'b'].map((id) => aModel({ id: asId<ModelId>(id) })) });
        const whole = { ...record, decision: { ...record.decision, rejected } } as unknown as StepRecord;
        expect(roundTrip([whole])[0]?.read).toBe(JSON.stringify(whole));
      }),
    );
  });

  test('of a store of before comes back as it was', () => {
    const rows = {
      $rows: [
        [0, 1, 2],
        [1, 0, 2],
      ],
      forms: [0, 1, 0],
    };
    const columns = [
      ['model', { names: [1, 0, 1] }],
      ['successRatio', [null, 0.25, null]],
      ['totalNanoUsd', { all: 7 }],
    ];
    const read = unpackStep(
      JSON.stringify({
        input: { models: [{ id: 'a' }, { id: 'b' }], quality: [{ model: 'b', successRatio: 0.5 }] },
        decision: { candidates: { ...rows, columns } },
      }),
      () => undefined,
    ) as StepRecord;
    expect(JSON.stringify(read.decision.candidates)).toBe(
      '[{"model":"b","successRatio":0.5,"totalNanoUsd":7},{"successRatio":0.25,"model":"a","totalNanoUsd":7},{"model":"b","successRatio":0.5,"totalNanoUsd":7}]',
    );
  });

  test('that names parts nobody has is left as it is', () => {
    const body = '{"input":{"models":{"$part":"gone"},"scenarios":[{"forecast":{"$likeForecast":{"kind":"code"}}}]}}';
    expect(JSON.stringify(unpackStep(body, () => undefined))).toBe(body);
    expect(unpackStep('{"input":5}', () => undefined)).toEqual({ input: 5 });
  });
});
