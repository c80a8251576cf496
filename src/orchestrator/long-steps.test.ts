import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MINUTE_MS } from '../domain/time.ts';
import { messageText } from '../domain/transcript.ts';
import type { ScriptedAnswer } from '../providers/scripted/script.ts';
import {
  fine,
  json,
  openTestBed,
  planned,
  type AskedStep,
  type TestBed,
  type TestBedOptions,
} from '../testing/internal/test-bed.ts';
import type { JobReport } from './model/job-report.ts';

// Hundreds of calls over HTTP: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const STEPS = [{ ...planned('one', 'code'), check: 'none' }];
const SMALL = 'claude-haiku-4-5';

type CodeWords = (asked: AskedStep) => ScriptedAnswer;

async function jobOf(code: CodeWords, options: Partial<TestBedOptions> = {}): Promise<JobReport> {
  testBed = await openTestBed({
    pool: [SMALL],
    tools: true,
    words: (asked) => (asked.kind === 'code' ? code(asked) : fine(asked, STEPS)),
    ...options,
  });
  return testBed.pointsman.runJob({ task: 'Do it.', workspace: testBed.workspace, approve: 'all' });
}

/** The prompts of the code step, in order. */
function prompts(): readonly string[] {
  const said = testBed?.server.calls.map((call) => call.request.messages.map(messageText).join('\n')) ?? [];
  return said.filter((text) => /^# Step \d+ of \d+: code/mu.test(text));
}

const read = (name: string): ScriptedAnswer => ({
  toolCalls: [{ name: 'filesystem__read_text_file', input: { path: path.join(testBed?.workspace ?? '', name) } }],
});
const isAskedForNotes = ({ request }: AskedStep): boolean =>
  messageText(request.messages.at(-1) ?? { role: 'user', content: [] }).includes(
    'The work so far leaves this conversation',
  );
const isLast = ({ request }: AskedStep): boolean =>
  messageText(request.messages.at(-1) ?? { role: 'user', content: [] }).includes('This step has reached its limit');

describe('a step that outlasts the window of its model', () => {
  test('of three hundred calls is compacted again and again, and what its summaries keep survives each time', async () => {
    let calls = 0;
    let notes = 0;
    const report = await jobOf(
      (asked) => {
        calls += 1;
        if (isAskedForNotes(asked)) {
          const known =
            asked.request.messages
              .map(messageText)
              .join('\n')
              .match(/clue \d+/gu) ?? [];
          notes += 1;
          return { text: [...new Set([...known, `clue ${notes}`])].join(', ') };
        }
        // It thinks aloud: what no tool result holds cannot be taken out by itself.
        return calls < 300
          ? { ...read(`f${calls % 40}.txt`), text: `call ${calls} ${'word '.repeat(520)}` }
          : json({ summary: 'Done.' });
      },
      {
        files: {
          'pointsman.config.yaml': 'steps: { maxCalls: 400 }\n',
          ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}.txt`, `file ${at}\n`.repeat(3000)])),
        },
      },
    );
    expect(report.status).toBe('done');
    expect(report.steps.find((step) => step.kind === 'code')?.callCount).toBe(300);
    expect(notes).toBeGreaterThanOrEqual(3);
    const last = prompts().at(-1) ?? '';
    for (let clue = 1; clue <= notes; clue += 1) expect(last).toContain(`clue ${clue}`);
    expect(Math.max(...prompts().map((text) => text.length))).toBeLessThan(4 * 200_000);
  });

  test.each<readonly [string, () => ScriptedAnswer]>([
    ['says nothing', () => ({ text: '' })],
    ['calls a tool', () => read('f0.txt')],
  ])('is not asked for a summary for ever where it %s instead', async (_what, instead) => {
    let asked = 0;
    let calls = 0;
    const report = await jobOf(
      (step) => {
        if (isAskedForNotes(step)) {
          asked += 1;
          return instead();
        }
        calls += 1;
        return asked < 2 && calls < 60
          ? { ...read(`f${calls % 40}.txt`), text: `call ${calls} ${'word '.repeat(2500)}` }
          : json({ summary: 'Done.' });
      },
      {
        files: {
          'pointsman.config.yaml': 'steps: { maxCalls: 90 }\n',
          ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}.txt`, `file ${at}\n`])),
        },
      },
    );
    expect(report.status).toBe('done');
    expect(asked).toBe(2);
  });

  test('is told of old results that they can be asked for again, and keeps the newest', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`f${at}.txt`, `mark-${at} ${'x'.repeat(40_000)}`]),
    );
    const report = await jobOf((asked) => (asked.turn < 30 ? read(`f${asked.turn}.txt`) : json({ summary: 'Done.' })), {
      files,
    });
    expect(report.status).toBe('done');
    const last = prompts().at(-1) ?? '';
    expect(last).toContain('mark-29');
    expect(last).not.toContain('mark-0 ');
    expect(last).toMatch(/what filesystem__read_text_file gave here, about \d+ tokens/u);
  });
});

/** A vendor whose window is smaller than what is known of it. */
const tooLongOver =
  (limitChars: number, words: CodeWords): CodeWords =>
  (asked) =>
    asked.request.messages.map(messageText).join('').length > limitChars
      ? { text: '', failure: { kind: 'context-overflow', limitTokens: Math.ceil(limitChars / 4) } }
      : words(asked);

describe('a prompt that is too long', () => {
  const files = Object.fromEntries([1, 2, 3, 4, 5].map((at) => [`big${at}.txt`, `line of ${at}\n`.repeat(3500)]));

  test('in the middle of a step is made shorter, and the step goes on', async () => {
    let reads = 0;
    const words: CodeWords = (asked) =>
      isAskedForNotes(asked)
        ? { text: 'clue' }
        : (reads += 1) < 6
          ? read(`big${reads}.txt`)
          : json({ summary: 'Done.' });
    const report = await jobOf(tooLongOver(150_000, words), { files });
    expect(report.status).toBe('done');
    expect(report.steps.filter((step) => step.kind === 'code').map((step) => step.status)).toEqual(['accepted']);
  });

  test('even where all of it is the opening ends the try, not the job, and is not sent again when the job goes on', async () => {
    const words: CodeWords = () => json({ summary: 'Done.' });
    const report = await jobOf(tooLongOver(10, words));
    expect(report.failure?.code).toBe('no-eligible-model');
    const sent = prompts().length;
    const again = await (await testBed?.pointsman.resumeJob(report.jobId))?.result;
    expect(again?.failure?.code).toBe('no-eligible-model');
    expect(prompts().length).toBe(sent);
  });

  test('because of the history is sent as a brief', async () => {
    const steps = [STEPS[0], planned('two', 'code', ['one'])].map((step) => ({ ...step, check: 'none' }));
    testBed = await openTestBed({
      pool: [SMALL],
      words: (asked) => {
        if (asked.kind === 'code' && asked.title === 'two')
          return tooLongOver(20_000, () => json({ summary: 'Two.' }))(asked);
        if (asked.kind === 'code') return { text: `${'thought '.repeat(4000)}\n${json({ summary: 'One.' }).text}` };
        return fine(asked, steps);
      },
    });
    const report = await testBed.pointsman.runJob({ task: 'Do it.', workspace: testBed.workspace });
    expect(report.status).toBe('done');
    const second = report.steps.filter((step) => step.title === 'two');
    expect(second.map((step) => [step.mode, step.status, step.callCount])).toEqual([['continue', 'accepted', 2]]);
    expect(prompts().at(-1)).toContain('# Brief');
  });
});

describe('a step that reaches its limit', () => {
  const limits = (text: string): Partial<TestBedOptions> => ({
    files: { 'pointsman.config.yaml': `steps: ${text}\n`, 'a.txt': 'a\n', 'b.txt': 'b\n' },
  });

  test.each([
    ['calls', '{ maxCalls: 4 }', /within 4 calls/u],
    ['tokens', '{ maxTokens: 12000 }', /within 12000 tokens/u],
    ['dollars', '{ maxUsd: 0.02 }', /for \$0\.02/u],
  ])('of %s hands what it found to the next try, which starts from there', async (_what, config, why) => {
    const report = await jobOf(
      (asked) => {
        if (isLast(asked)) return { text: 'The fault is in a.txt, line 1.' };
        if (asked.rejected) return json({ summary: 'Done.' });
        return read(asked.turn % 2 === 0 ? 'a.txt' : 'b.txt');
      },
      { ...limits(config), pool: [SMALL, 'claude-opus-5-5'] },
    );
    expect(report.status).toBe('done');
    const tries = report.steps.filter((step) => step.kind === 'code');
    expect(tries.map((step) => step.status)).toEqual(['rejected', 'accepted']);
    expect(tries[0]?.checks[0]?.summary).toMatch(why);
    expect(prompts().at(-1)).toMatch(/What it had found by then:\s+The fault is in a\.txt, line 1\./u);
  });

  test('and has no room for its last words hands on the summary that is made of its work', async () => {
    const report = await jobOf(
      (asked) => {
        if (isAskedForNotes(asked)) return { text: 'The fault is in a.txt, line 1.' };
        if (asked.rejected) return json({ summary: 'Done.' });
        if (isLast(asked)) return { text: '', failure: { kind: 'context-overflow', limitTokens: 1000 } };
        return { ...read(asked.turn % 2 === 0 ? 'a.txt' : 'b.txt'), text: 'thought '.repeat(1500) };
      },
      { ...limits('{ maxCalls: 4 }'), pool: [SMALL, 'claude-opus-5-5'] },
    );
    expect(report.status).toBe('done');
    expect(report.steps.filter((step) => step.kind === 'code').map((step) => step.status)).toEqual([
      'rejected',
      'accepted',
    ]);
    expect(prompts().at(-1)).toMatch(/What it had found by then:\s+# Summary\s+The fault is in a\.txt, line 1\./u);
  });

  test('may still answer, and is done then', async () => {
    const report = await jobOf(
      (asked) => (isLast(asked) ? json({ summary: 'Done.' }) : read(asked.turn % 2 === 0 ? 'a.txt' : 'b.txt')),
      limits('{ maxCalls: 3 }'),
    );
    expect(report.status).toBe('done');
    expect(report.steps.find((step) => step.kind === 'code')?.callCount).toBe(4);
  });

  test('of time is ended by a clock of its own, after two hours of work', async () => {
    let now = Date.parse('2026-11-29T10:00:00Z');
    const startedAt = now;
    const report = await jobOf(
      (asked) => {
        now += 10 * MINUTE_MS;
        if (asked.rejected) return json({ summary: 'Done.' });
        return isLast(asked) ? { text: 'It is slow.' } : read(asked.turn % 2 === 0 ? 'a.txt' : 'b.txt');
      },
      { ...limits('{ maxMinutes: 120 }'), pool: [SMALL, 'claude-opus-5-5'], options: { clock: () => now } },
    );
    expect(report.status).toBe('done');
    expect(report.steps.filter((step) => step.kind === 'code')[0]?.checks[0]?.summary).toMatch(/within 120 minutes/u);
    expect(now - startedAt).toBeGreaterThan(120 * MINUTE_MS);
  });

  test('goes on where it was when the job was stopped at its last call', async () => {
    let isDown = true;
    const report = await jobOf((asked) => {
      if (isLast(asked) && isDown) return { text: '', failure: { kind: 'refused-key' } };
      return isLast(asked) ? json({ summary: 'Done.' }) : read(asked.turn % 2 === 0 ? 'a.txt' : 'b.txt');
    }, limits('{ maxCalls: 3 }'));
    expect(report.status).toBe('failed');
    isDown = false;
    const again = await testBed?.reopen();
    expect((await (await again?.resumeJob(report.jobId))?.result)?.status).toBe('done');
    expect(
      prompts().filter((text) => text.includes('This step has reached its limit') && !text.includes(': summarize,'))
        .length,
    ).toBe(2);
  });

  test('going round in circles is told so, and ended', async () => {
    const report = await jobOf(
      (asked) =>
        isLast(asked) ? { text: 'I saw a.txt.' } : asked.rejected ? json({ summary: 'Done.' }) : read('a.txt'),
      { files: { 'a.txt': 'a\n' }, pool: [SMALL, 'claude-opus-5-5'] },
    );
    expect(report.status).toBe('done');
    expect(report.steps.find((step) => step.kind === 'code')?.callCount).toBe(9);
    expect(prompts().some((text) => text.includes('asked this 3 times in a row'))).toBe(true);
  });
});

test('an answer that was cut may be longer at the next call', async () => {
  const report = await jobOf((asked) =>
    asked.turn < 2 ? { text: '{"summary": "Do', finish: 'length' as const } : json({ summary: 'Done.' }),
  );
  expect(report.status).toBe('done');
  const longest = testBed?.server.calls.map((call) => call.request.maxOutputTokens) ?? [];
  expect(longest).toEqual(expect.arrayContaining([16_000, 32_000, 64_000]));
});

test('a job of more than two hours, by its clock, is done, and makes each call once', async () => {
  let now = Date.parse('2026-11-29T10:00:00Z');
  const steps = ['one', 'two', 'three', 'four'].map((id, index, ids) => ({
    ...planned(id, 'code', index === 0 ? [] : [ids[index - 1] ?? '']),
    check: 'none',
  }));
  testBed = await openTestBed({
    pool: [SMALL],
    tools: true,
    files: { 'a.txt': 'a\n', 'b.txt': 'b\n' },
    options: { clock: () => now },
    words: (asked) => {
      now += 10 * MINUTE_MS;
      if (asked.kind !== 'code') return fine(asked, steps);
      return asked.turn < 2 ? read(asked.turn === 0 ? 'a.txt' : 'b.txt') : json({ summary: 'Done.' });
    },
  });
  const { pointsman, workspace, server } = testBed;
  const report = await pointsman.runJob({ task: 'Do it.', workspace, approve: 'all' });
  expect(report.status).toBe('done');
  expect((report.endedAt ?? 0) - report.startedAt).toBeGreaterThan(120 * MINUTE_MS);
  expect(report.steps.map(({ status }) => status)).toEqual(report.steps.map(() => 'accepted'));
  expect(server.calls).toHaveLength(report.steps.reduce((sum, { callCount }) => sum + callCount, 0));
  expect(report.bill.spentNanoUsd).toBe(report.steps.reduce((sum, { billNanoUsd }) => sum + billNanoUsd, 0));
});
