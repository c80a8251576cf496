import { describe, expect, test } from 'vitest';
import { judgeAttempt, type Received } from './caller.ts';
import { jobWords, placeOf } from './job-words.ts';
import {
  askedAgain,
  billsOfKeys,
  doubledEffects,
  lostJobs,
  overrunBudgets,
  repeatedSteps,
  type SeenBill,
  type SeenJobCall,
} from './sightings.ts';

const at = (job: string, step: number, turn = 0, attempt = 0): SeenJobCall => ({ job, step, attempt, turn });

describe('steps that are repeated', () => {
  const straight = [at('a', 1), at('b', 1), at('a', 2), at('a', 2, 1), at('b', 2), at('a', 2, 0, 1), at('a', 3)];

  test('are none where jobs go on side by side, nor where a rejected step is tried anew', () => {
    expect(repeatedSteps(straight)).toEqual([]);
  });

  test('are not those whose answer was lost with a worker, which are counted apart', () => {
    const calls = [at('a', 1), at('a', 2), at('a', 2), at('a', 3)];
    expect(repeatedSteps(calls)).toEqual([]);
    expect(askedAgain(calls)).toBe(1);
    expect(askedAgain(straight)).toBe(0);
  });

  test.each([
    ['a step that was over', [...straight, at('a', 2, 1)]],
    ['a call within a step', [at('a', 2), at('a', 2, 1), at('a', 2)]],
    ['the plan', [at('a', 1), at('a', 2), at('a', 1)]],
  ])('are found: %s', (_what, calls) => {
    expect(repeatedSteps(calls)).toEqual([calls.at(-1)]);
  });
});

test('an effect that is there twice is found, and one of another step or job is none', () => {
  const effects = [
    { job: 'a', step: '2' },
    { job: 'a', step: '3' },
    { job: 'b', step: '2' },
  ];
  expect(doubledEffects(effects)).toEqual([]);
  expect(doubledEffects([...effects, { job: 'a', step: '3' }])).toEqual([{ job: 'a', step: '3' }]);
});

test('a job is lost whose last step no vendor answered, and one of which its user is shown otherwise', () => {
  const all = new Set(['a', 'b', 'c']);
  expect(lostJobs(['a', 'b', 'c'], { atVendor: all, asShown: all })).toEqual([]);
  expect(lostJobs(['a', 'b', 'c'], { atVendor: new Set(['a', 'b']), asShown: new Set(['b', 'c']) })).toEqual([
    'a',
    'c',
  ]);
});

describe('budgets', () => {
  const bill = (key: string, billedNanoUsd: number): SeenBill => ({ key, billedNanoUsd, worstNanoUsd: 40 });
  const over = (bills: readonly SeenBill[]): readonly string[] =>
    overrunBudgets(billsOfKeys(bills, new Map([['poor', 100]]))).map(({ key }) => key);

  test('may be missed by one reservation, and are overrun past that', () => {
    expect(over([bill('poor', 60), bill('poor', 40)])).toEqual([]);
    expect(over([bill('poor', 60), bill('poor', 80)])).toEqual([]);
    expect(over([bill('poor', 60), bill('poor', 81)])).toEqual(['poor']);
  });

  test('are billed what their own key asked for alone', () => {
    expect(over([bill('poor', 100), bill('rich', 5000)])).toEqual([]);
  });
});

describe('what a caller hears', () => {
  const received = (more: Partial<Received>): Received => ({
    status: 200,
    headers: {},
    text: '',
    end: 'whole',
    ...more,
  });
  const error = (message: string): string => JSON.stringify({ error: { message } });

  test.each([
    ['a whole stream', received({ text: 'data: {}\n\ndata: [DONE]\n\n' }), true, 'answered'],
    ['a whole answer', received({ text: '{"choices":[{}]}' }), false, 'answered'],
    ['a budget that is spent', received({ status: 402, text: error('The budget is spent.') }), true, 'refused'],
    ['a connection that broke', received({ status: undefined, end: 'broken' }), true, 'again'],
    ['an answer that was cut', received({ text: 'data: {}\n\n', end: 'broken' }), true, 'again'],
    ['an error inside a stream', received({ text: 'data: {"error":{"message":"cut"}}\n\n' }), true, 'again'],
    ['a gateway that is away', received({ status: 502, text: error('away') }), true, 'again'],
    ['a stream without its end', received({ text: 'data: {}\n\n' }), true, 'unanswered'],
    ['half an answer', received({ text: '{"choices":' }), false, 'unanswered'],
    ['silence', received({ status: undefined, end: 'hung' }), true, 'unanswered'],
    ['an error without words', received({ status: 500, text: '' }), true, 'unanswered'],
    ['a call that is shown to be wrong', received({ status: 400, text: error('Bad.') }), true, 'unanswered'],
    ['a key that is shown to be none', received({ status: 401, text: error('No key.') }), true, 'unanswered'],
  ] as const)('%s', (_what, one, isStream, kind) => {
    expect(judgeAttempt(one, isStream).kind).toBe(kind);
  });

  test('is tried again when and as the answer says', () => {
    const away = received({ status: 503, headers: { 'retry-after': '2' }, text: error('away') });
    expect(judgeAttempt(away, true)).toMatchObject({ kind: 'again', afterMs: 2000 });
    const final = received({ status: 503, headers: { 'x-should-retry': 'false' }, text: error('never') });
    expect(judgeAttempt(final, true).kind).toBe('unanswered');
  });
});

test('the words of jobs say where a call stands, and nothing to whoever is no job', () => {
  const system = 'The workspace is the folder /tmp/x/job-7. Go on.';
  const instruction = {
    role: 'user',
    content: [{ type: 'text', text: '# Step 3 of 5: code, make note 1\n' }],
  } as const;
  const answer = { role: 'assistant', content: [{ type: 'text', text: 'x' }] } as const;
  expect(placeOf({ system, messages: [instruction, answer] })).toEqual(at('job-7', 3, 1));
  expect(placeOf({ system: '', messages: [instruction] })).toBeUndefined();
  const request = {
    wire: 'openai-chat',
    model: 'm',
    tools: [],
    maxOutputTokens: undefined,
    effort: undefined,
    serviceTier: undefined,
    callIndex: 0,
    modelCallIndex: 0,
    system,
  } as const;
  expect(jobWords({ ...request, messages: [instruction] }, 0)?.toolCalls?.[0]?.input).toEqual({
    job: 'job-7',
    step: '3',
  });
  expect(jobWords({ ...request, messages: [instruction, answer] }, 0)?.toolCalls).toBeUndefined();
});
