import { expect, test } from 'vitest';
import { asId, type DecisionId } from '../domain/ids.ts';
import { aCallRecord, aDecision, aStepRecord } from '../testing/record-builders.ts';
import { observeCalls } from './observe-calls.ts';
import type { Attributes, FinishedSpan, Telemetry } from './telemetry.ts';

test('a decision leaves with the call that it was made for; a refusal, of which no call comes, by itself', () => {
  const spans: FinishedSpan[] = [];
  const kinds: Attributes[string][] = [];
  const telemetry: Telemetry = {
    span: (span) => void spans.push(span),
    record: (name, _value, attributes) => {
      if (name === 'pointsman.decisions') kinds.push(attributes['pointsman.decision.kind']);
    },
    isSampled: () => true,
    propagates: true,
    close: async () => undefined,
  };
  const place = { address: undefined, port: undefined, cloud: undefined, modelName: 'm' };
  const calls = observeCalls(telemetry, { clock: () => 0, clean: (text) => text, placeOf: () => place });
  const made = aDecision({ decisionId: asId<DecisionId>('dec_made') });
  const { candidates, rejected, reasons, policyId } = made;
  const refused = {
    kind: 'refuse',
    code: 'no-eligible-model',
    hints: [],
    decisionId: asId<DecisionId>('dec_refused'),
    candidates,
    rejected,
    reasons,
    policyId,
  } as unknown as typeof made;
  calls.step(aStepRecord({ decision: refused, jobId: undefined }));
  expect(spans.map(({ errorType, parent }) => [errorType, parent])).toEqual([['no-eligible-model', undefined]]);
  calls.step(aStepRecord({ decision: made, jobId: undefined }));
  expect(spans).toHaveLength(1);
  const gateway = { askedFor: 'auto', fallbackFrom: [], decisionId: made.decisionId };
  calls.call(aCallRecord({ jobId: undefined, gateway: gateway as never }));
  const [, decision, call] = spans;
  expect(decision?.parent?.spanId).toBe(call?.spanId);
  expect(decision?.traceId).toBe(call?.traceId);
  expect(kinds).toEqual(['refuse', made.kind]);
});
