import { expect, test } from 'vitest';
import { asId, type ModelId, type StepId } from '../domain/ids.ts';
import { toNanoUsd } from '../domain/money.ts';
import type { AttemptCase, CaseFile } from './case-file.ts';
import { examine } from './examine.ts';
import { holds, termsOf } from './terms.ts';

const stepId = (id: string): StepId => asId<StepId>(id);

function attempt(id: string, over: Partial<AttemptCase> = {}): AttemptCase {
  return {
    stepId: stepId(id),
    attempt: 0,
    kind: 'code',
    model: asId<ModelId>('small'),
    mode: 'handoff',
    isNamed: false,
    successRatio: 0.8,
    status: 'accepted',
    errorCode: undefined,
    checks: [],
    summary: '',
    objections: [],
    handed: '',
    tools: [],
    lost: [],
    answer: '',
    change: '',
    report: '',
    failedCalls: [],
    billNanoUsd: toNanoUsd(1000),
    ...over,
  };
}

function caseOf(attempts: readonly AttemptCase[], over: Partial<CaseFile> = {}): CaseFile {
  const plan = { stepId: stepId('make'), goal: 'set the port', from: ['look'] };
  return {
    id: 'job-1',
    task: 'Set it.',
    status: 'failed',
    failure: undefined,
    pause: undefined,
    plan: [plan],
    attempts,
    complaints: [],
    flakyBefore: [],
    ...over,
  };
}

const red = (over: Partial<AttemptCase> = {}): AttemptCase =>
  attempt('make', {
    status: 'rejected',
    checks: [{ verifierId: 'tests', passed: false, summary: '1 fails' }],
    report: 'config.js:12\n  expected 8443, got 8080',
    change: 'diff --git a/config.js b/config.js\n+port = 8080',
    ...over,
  });

const look = (over: Partial<AttemptCase> = {}): AttemptCase =>
  attempt('look', { kind: 'review', answer: '{"summary":"read"}', ...over });

test.each<[string, readonly AttemptCase[], Partial<CaseFile>, string]>([
  ['seen and not used', [red({ handed: 'the port is 8443' })], {}, 'make model'],
  ['read, and gone before it was used', [red({ lost: ['port: 8443'] })], {}, 'make context'],
  ['answered before, and not handed on', [look({ answer: '{"summary":"port 8443"}' }), red()], {}, 'make hand-off'],
  [
    'read before, and left out',
    [look({ tools: [{ name: 'read', isError: false, text: 'port 8443' }] }), red()],
    {},
    'look hand-off',
  ],
  [
    'handed on wrong',
    [
      look({ answer: '{"summary":"port 8080"}', tools: [{ name: 'read', isError: false, text: '8443' }] }),
      red({ handed: 'port 8080' }),
    ],
    {},
    'look model',
  ],
  ['answered before, and not asked for by the plan', [look({ answer: 'port 8443' }), red()], { plan: [] }, 'plan plan'],
  ['in the task alone', [red()], { task: 'The port is 8443.' }, 'plan plan'],
  [
    'the same change, refused and accepted',
    [red(), red({ attempt: 1, status: 'accepted', checks: [] })],
    { status: 'done' },
    'make check',
  ],
  [
    'known to fail by chance',
    [red({ report: 'answers in time failed' })],
    { flakyBefore: ['answers in time'] },
    'make check',
  ],
])('%s', (_, attempts, over, blamed) => {
  const found = examine(caseOf(attempts, over));
  expect(found.kind === 'blamed' ? `${found.stepId} ${found.cause}` : found.kind).toBe(blamed);
});

test('the end of a provider counts, and one that was got over does not', () => {
  const down = attempt('make', { status: 'failed', errorCode: 'provider-unavailable' });
  const failure = { code: 'provider-unavailable', message: 'gone' } as const;
  expect(examine(caseOf([down], { failure }))).toMatchObject({ kind: 'blamed', cause: 'provider', stepId: 'make' });
  const over = attempt('look', { status: 'failed', errorCode: 'provider-rate-limited' });
  const found = examine(caseOf([over, look({ attempt: 1 }), red({ handed: '8443' })], { status: 'done' }));
  expect(found).toMatchObject({ stepId: 'make', cause: 'model' });
});

test('it says so where nothing tells, where two causes are as likely, and where nothing went wrong', () => {
  const mute = red({ report: '', checks: [{ verifierId: 'review', passed: false, summary: 'Not right.' }] });
  expect(examine(caseOf([mute]))).toMatchObject({ kind: 'cannot-tell', wastedNanoUsd: 1000 });
  const two = red({ report: 'expected 8443 and eu-1', handed: '8443', change: '+x' });
  const other = look({ tools: [{ name: 'read', isError: false, text: 'eu-1' }] });
  expect(examine(caseOf([other, { ...two, lost: [] }])).kind).toBe('blamed');
  expect(examine(caseOf([look()], { status: 'done' })).kind).toBe('nothing-wrong');
  expect(examine(caseOf([look()], { status: 'cancelled' }))).toMatchObject({ kind: 'blamed', cause: 'stopped' });
});

test('terms are names and values, not places, times and sums of a test run', () => {
  const text = 'ok 1\n# pass 3\n1..4\n src/a.js:12 took 20ms: expected "orders_v2", got 7 (retryLimit)';
  expect([...termsOf(text)].sort()).toEqual(['7', 'orders_v2', 'retrylimit']);
  expect(holds('port 84431', '8443')).toBe(false);
  expect(holds('Port:8443.', '8443')).toBe(true);
});

test('what stands in place of a secret is no term, and thousands of empty lines take no time', () => {
  expect([...termsOf('expected "[redacted:field]", got redacted:api-key or eu-1')]).toEqual(['eu-1']);
  const began = performance.now();
  termsOf('\n'.repeat(40_000));
  expect(performance.now() - began).toBeLessThan(500);
});
