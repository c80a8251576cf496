import { expect, test } from 'vitest';
import { asId, type CallId, type ModelId } from '../../domain/ids.ts';
import { toNanoUsd } from '../../domain/money.ts';
import { createMemoryRecorder } from '../../recorder/memory-recorder.ts';
import { aCallRecord } from '../../testing/record-builders.ts';
import { usageReport } from './usage-report.ts';

const gatewayPart = {
  askedFor: 'auto',
  wire: 'openai-chat',
  decisionId: asId<never>('d'),
  losses: [],
  strippedThinkingCount: 0,
  fallbackFrom: [],
  weakerThanDecided: false,
} as const;

test('calls of a gateway count, by model and by the kind of their step', async () => {
  const recorder = createMemoryRecorder();
  const call = (id: string, model: string, nano: number | undefined, kind?: 'code') =>
    aCallRecord({
      callId: asId<CallId>(id),
      jobId: undefined,
      requestedModel: asId<ModelId>(model),
      billNanoUsd: nano === undefined ? undefined : toNanoUsd(nano),
      ...(nano === undefined ? { usage: undefined } : {}),
      gateway: { ...gatewayPart, ...(kind === undefined ? {} : { kind }) },
    });
  recorder.writeCall(call('a', 'm1', 5, 'code'));
  recorder.writeCall(call('b', 'm1', 7));
  recorder.writeCall(call('c', 'm2', undefined, 'code'));
  recorder.writeCall(aCallRecord({ callId: asId<CallId>('of a job') }));
  const report = usageReport([], await recorder.callsWithoutJob({ limit: 10 }), []);
  expect(report).toMatchObject({
    jobCount: 0,
    gatewayCallCount: 3,
    callCount: 3,
    spentNanoUsd: 12,
    unknownBillCallCount: 1,
  });
  expect(report.byModel.map(({ key, callCount }) => [key, callCount])).toEqual([
    ['m1', 2],
    ['m2', 1],
  ]);
  expect(report.byKind.map(({ key, billNanoUsd }) => [key, billNanoUsd])).toEqual([
    ['other', 7],
    ['code', 5],
  ]);
});
