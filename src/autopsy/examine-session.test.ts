import { expect, test } from 'vitest';
import { asId, type ModelId, type StepId } from '../domain/ids.ts';
import { toNanoUsd } from '../domain/money.ts';
import { examineSession } from './examine-session.ts';
import type { SessionCallCase, SessionCase, SessionReport } from './session-case.ts';

const stepId = (id: string): StepId => asId<StepId>(id);
let clock = 0;

function call(step: string, over: Partial<SessionCallCase> = {}): SessionCallCase {
  clock += 1;
  return {
    stepId: stepId(step),
    thread: 'main',
    at: clock,
    model: asId<ModelId>('middle'),
    isNamed: false,
    successRatio: 0.8,
    best: { model: asId<ModelId>('frontier'), successRatio: 0.82 },
    promptTokens: 20_000,
    finishReason: 'stop',
    errorCode: undefined,
    fallbackFrom: [],
    isWeakerThanDecided: false,
    lossCount: 0,
    billNanoUsd: toNanoUsd(1000),
    ...over,
  };
}

const report = (step: string, verdict: SessionReport['verdict']): SessionReport => ({
  stepId: stepId(step),
  at: (clock += 1),
  verdict,
  by: 'ana',
});

function blamed(calls: readonly SessionCallCase[], reports: readonly SessionReport[]): string {
  const file: SessionCase = { id: 's', calls, reports };
  const found = examineSession(file);
  return found.kind === 'blamed' ? `${found.stepId} ${found.cause}` : found.kind;
}

const frontier = asId<ModelId>('frontier');

test.each<[string, () => readonly SessionCallCase[], () => readonly SessionReport[], string]>([
  ['all well', () => [call('a'), call('b')], () => [], 'nothing-wrong'],
  ['nothing tells', () => [call('a'), call('b')], () => [report('b', 'failed')], 'cannot-tell'],
  ['too weak, it was said', () => [call('a'), call('b')], () => [report('b', 'underpowered')], 'b model'],
  [
    'a clearly better one was known',
    () => [call('a'), call('b', { successRatio: 0.4 })],
    () => [report('b', 'failed')],
    'b model',
  ],
  [
    'cut shortly before, in the step in which it was cut',
    () => [call('a', { promptTokens: 90_000 }), call('b', { promptTokens: 9000 }), call('c', { promptTokens: 9500 })],
    () => [report('c', 'failed')],
    'b context',
  ],
  [
    'a new start in another thread is no cut',
    () => [call('a', { promptTokens: 90_000 }), call('b', { promptTokens: 900, thread: 'other' })],
    () => [report('b', 'failed')],
    'cannot-tell',
  ],
  [
    'thinking that did not go with it',
    () => [call('a'), call('b', { model: frontier, lossCount: 2 })],
    () => [report('b', 'failed')],
    'b hand-off',
  ],
  [
    'a weaker one in the place of who failed',
    () => [call('a'), call('b', { fallbackFrom: [frontier], isWeakerThanDecided: true })],
    () => [report('b', 'failed')],
    'b provider',
  ],
  [
    'one as able in the place of who failed',
    () => [call('a'), call('b', { fallbackFrom: [frontier] })],
    () => [report('b', 'failed')],
    'cannot-tell',
  ],
  ['the last call failed', () => [call('a'), call('b', { errorCode: 'provider-timeout' })], () => [], 'b provider'],
  [
    'a failed call that was got over',
    () => [call('a', { errorCode: 'provider-timeout' }), call('a')],
    () => [],
    'nothing-wrong',
  ],
  ['its caller left', () => [call('a'), call('b', { errorCode: 'aborted' })], () => [], 'b stopped'],
  ['two who disagree', () => [call('a'), call('b')], () => [report('b', 'good_fit'), report('b', 'failed')], 'b check'],
])('%s', (_, calls, reports, expected) => {
  const made = calls();
  expect(blamed(made, reports())).toBe(expected);
});

test('what the steps that went wrong billed is told', () => {
  const calls = [call('a'), call('b'), call('b')];
  expect(examineSession({ id: 's', calls, reports: [report('b', 'failed')] }).wastedNanoUsd).toBe(2000);
});
