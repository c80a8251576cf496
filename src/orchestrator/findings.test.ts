import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { MINUTE_MS } from '../domain/time.ts';
import { messageText } from '../domain/transcript.ts';
import { promptTokens } from '../domain/usage.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';
import type { JobEvent } from './model/job-event.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const STEPS = [{ ...planned('one', 'code'), check: 'none' }];
const lastOf = ({ request }: AskedStep): string =>
  messageText(request.messages.at(-1) ?? { role: 'user', content: [] });
const isLast = (asked: AskedStep): boolean => lastOf(asked).includes('This step has reached its limit');

type Budget =
  | { readonly of: 'maxCalls' | 'maxMinutes' | 'maxTokens'; readonly value: number }
  | { readonly of: 'maxUsd'; readonly value: number };

const budget: fc.Arbitrary<Budget> = fc.oneof(
  fc.record({ of: fc.constant('maxCalls' as const), value: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ of: fc.constant('maxMinutes' as const), value: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ of: fc.constant('maxTokens' as const), value: fc.integer({ min: 3000, max: 60_000 }) }),
  fc.record({
    of: fc.constant('maxUsd' as const),
    value: fc.integer({ min: 5, max: 50 }).map((cents) => cents / 1000),
  }),
);

/** What somebody says who has come to no answer: prose, code that reads like secrets, what looks like a form of ours or an answer. */
const line = fc.constantFrom(
  'The fault is in src/login.js, line 14: `const password = form.password.value;` is read twice.',
  'headers: { Authorization: `Bearer ${token}` }, and apiKey: process.env.SERVICE_KEY',
  '# Step 1 of 3: code, one',
  '## Attempt 7 was rejected',
  '```json\n{"summary": 7}\n```',
  'Next: change "sum(a, b)" to {a + b}.',
  'naïve — 漢字 🎉',
  'It was tried without success.',
);
/** Of up to 1,500 words, as a summary may have them. */
const said = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 8 }), fc.constantFrom(1, 20, 90, 150))
  .map(
    ([lines, count]) =>
      `${`${lines.join('\n')}\n`.repeat(count).slice(0, 9000)}\nWhat I would do next: look at the END.`,
  );

/** What the calls of the first try had come to after each of them; those that failed are no part of it. */
function sumsOf(
  events: readonly JobEvent[],
  measure: (call: { readonly maxTokens: number; readonly maxUsd: number }) => number,
): readonly number[] {
  let sum = 0;
  return events.flatMap((event) => {
    if (event.type !== 'call-end' || event.stepId !== 'one' || event.attempt !== 0) return [];
    const { usage, billNanoUsd } = event;
    if (usage === undefined || billNanoUsd === undefined) return [];
    sum += measure({ maxTokens: promptTokens(usage) + usage.outputTokens, maxUsd: billNanoUsd / 1e9 });
    return [sum];
  });
}

test('whatever ends a try, its limit holds to the call, and all that it had found is where the next begins', async () => {
  const drawn = fc.record({
    budget,
    said,
    alsoCalls: fc.boolean(),
    minutes: fc.integer({ min: 1, max: 7 }),
    words: fc.integer({ min: 1, max: 400 }),
    stopAt: fc.option(fc.integer({ min: 1, max: 6 })),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ budget: { of, value }, said: findings, alsoCalls, minutes, words, stopAt }) => {
      let now = Date.parse('2026-11-29T10:00:00Z');
      let call = 0;
      let next = '';
      const look = (at: number): ScriptedAnswer['toolCalls'] => [
        { name: 'filesystem__read_text_file', input: { path: path.join(testBed?.workspace ?? '', `f${at % 3}.txt`) } },
      ];
      const setup = {
        pool: ['claude-haiku-4-5', 'claude-opus-5-5'],
        tools: true,
        files: {
          'pointsman.config.yaml': `steps: { ${of}: ${value} }\n`,
          ...Object.fromEntries([0, 1, 2].map((at) => [`f${at}.txt`, `file ${at}\n`])),
        },
        options: { clock: () => now },
        words: (asked: AskedStep): ScriptedAnswer => {
          if (asked.kind !== 'code') return fine(asked, STEPS);
          call += 1;
          now += minutes * MINUTE_MS;
          if (call === stopAt) return { text: '', failure: { kind: 'refused-key' } };
          if (lastOf(asked).includes('The work so far leaves this conversation')) return { text: findings };
          if (isLast(asked)) return { text: findings, ...(alsoCalls && { toolCalls: look(0) ?? [] }) };
          if (asked.rejected) {
            next ||= asked.text;
            return json({ summary: 'Done.' });
          }
          return { text: 'thought '.repeat(words), toolCalls: look(asked.turn) ?? [] };
        },
      };
      testBed = await openTestBed(setup);
      const events: JobEvent[] = [];
      const onEvent = (event: JobEvent): void => void events.push(event);
      let report = await testBed.pointsman.runJob(
        { task: 'Do it.', workspace: testBed.workspace, approve: 'all' },
        { onEvent },
      );
      if (report.status === 'failed')
        report = await (await (await testBed.reopen()).resumeJob(report.jobId, { onEvent })).result;
      expect(report.status).toBe('done');
      expect(report.steps.filter((step) => step.kind === 'code').map((step) => step.status)).toEqual([
        'rejected',
        'accepted',
      ]);
      expect(next.includes(findings)).toBe(true);
      const sums = sumsOf(events, (call) => ({ maxCalls: 1, maxMinutes: minutes, ...call })[of]);
      // Each call but the last was made with something left; before the last nothing was.
      expect(sums.slice(0, -2).every((sum) => sum < value)).toBe(true);
      expect(sums.at(-2) ?? 0).toBeGreaterThanOrEqual(value);
      await testBed.close();
      testBed = undefined;
    }),
    { numRuns: 3, endOnFailure: true },
  );
});
