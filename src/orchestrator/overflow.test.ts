import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { messageText } from '../domain/transcript.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import { fine, json, openTestBed, planned, type AskedStep, type TestBed } from '../testing/internal/test-bed.ts';

vi.setConfig({ testTimeout: 120_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const STEPS = [planned('one', 'code'), planned('two', 'code', ['one']), planned('three', 'review', ['two'])].map(
  (step) => ({ ...step, check: 'none' }),
);
const FILES = Array.from({ length: 6 }, (_, at) => `line of file ${at}\n`.repeat(10 ** (at / 2) * 20));

/** What a model does in a turn: it looks at files, several at once, and thinks aloud. */
const turn = fc.record({
  reads: fc.array(fc.nat({ max: FILES.length - 1 }), { minLength: 1, maxLength: 4 }),
  thoughtChars: fc.constantFrom(0, 100, 5000, 40_000),
});
const drawn = fc.record({
  /** Of each model: far less than what is known of it. */
  windows: fc.tuple(fc.integer({ min: 60_000, max: 400_000 }), fc.integer({ min: 60_000, max: 400_000 })),
  turns: fc.array(turn, { minLength: 2, maxLength: 10 }),
  /** What comes where notes are asked for. */
  notes: fc.constantFrom<ScriptedAnswer>(
    { text: 'clue' },
    { text: '' },
    { text: 'note '.repeat(3000) },
    { text: '', failure: { kind: 'overloaded' } },
  ),
  /** Calls at which the job is stopped, and gone on with in another process. */
  stops: fc.uniqueArray(fc.integer({ min: 2, max: 20 }), { maxLength: 2 }),
});

test('no window is too small for a job whose openings fit it, and no prompt that was too long is sent again', async () => {
  let overflowCount = 0;
  await fc.assert(
    fc.asyncProperty(drawn, async ({ windows, turns, notes, stops }) => {
      const pool = ['claude-haiku-4-5', 'gpt-6-luna'];
      const tooLong: string[] = [];
      let call = 0;
      const read = (at: number): NonNullable<ScriptedAnswer['toolCalls']>[number] => ({
        name: 'filesystem__read_text_file',
        input: { path: path.join(testBed?.workspace ?? '', `f${at}.txt`) },
      });
      const made = { one: 0, two: 0, three: 0 };
      const words = (asked: AskedStep): ScriptedAnswer => {
        call += 1;
        const { request } = asked;
        const sent = JSON.stringify([request.system, request.messages]);
        if (sent.length > (windows[request.model.startsWith('claude') ? 0 : 1] ?? 0)) {
          tooLong.push(`${request.model} ${sent} ${request.maxOutputTokens}`);
          return { text: '', failure: { kind: 'context-overflow' } };
        }
        if (stops.includes(call)) return { text: '', failure: { kind: 'refused-key' } };
        const last = messageText(request.messages.at(-1) ?? { role: 'user', content: [] });
        if (last.includes('The work so far leaves this conversation')) return notes;
        if (asked.text.includes('ReflectResult')) return json({ action: 'finish', why: 'It is good enough.' });
        if (asked.kind !== 'code' || last.includes('This step has reached its limit')) return fine(asked, STEPS);
        const title = asked.title as keyof typeof made;
        const now = turns[made[title]++];
        if (now === undefined) return json({ summary: 'Done.' });
        return { text: 'thought '.repeat(now.thoughtChars / 8), toolCalls: now.reads.map(read) };
      };
      testBed = await openTestBed({
        pool,
        tools: true,
        files: Object.fromEntries(FILES.map((text, at) => [`f${at}.txt`, text])),
        words,
      });
      let { pointsman } = testBed;
      let report = await pointsman.runJob({ task: 'Do it.', workspace: testBed.workspace, approve: 'all' });
      for (let again = 0; report.status === 'failed' && again <= stops.length; again += 1) {
        await pointsman.close();
        pointsman = await testBed.reopen();
        report = await (await pointsman.resumeJob(report.jobId)).result;
      }
      expect(report.failure).toBeUndefined();
      expect(report.status).toBe('done');
      // No try was given up for it.
      expect(report.steps.filter((step) => step.status === 'rejected')).toEqual([]);
      overflowCount += tooLong.length;
      expect(new Set(tooLong).size).toBe(tooLong.length);
      await testBed.close();
      testBed = undefined;
    }),
    { numRuns: 3, endOnFailure: true },
  );
  expect(overflowCount).toBeGreaterThan(0);
});
