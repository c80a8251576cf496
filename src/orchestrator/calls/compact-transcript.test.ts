import { afterEach, describe, expect, test } from 'vitest';
import { messageText } from '../../domain/transcript.ts';
import type { ScriptedAnswer } from '../../providers/scripted/script.ts';
import { fine, openTestBed, type AskedStep, type TestBed } from '../../testing/internal/test-bed.ts';

let testBed: TestBed | undefined;
afterEach(async () => {
  await testBed?.close();
  testBed = undefined;
});

const FILES = Object.fromEntries(
  Array.from({ length: 12 }, (_, index) => [
    `notes-${index}.md`,
    `file ${index}: ${'many words of no weight '.repeat(3000)}`,
  ]),
);
const isAsked = (asked: AskedStep): boolean =>
  messageText(asked.request.messages.at(-1) ?? { role: 'user', content: [] }).includes('# Summary\n\nThe work so far');
const isFromSummary = (asked: AskedStep): boolean =>
  asked.request.messages.some(
    (message) => message.role === 'assistant' && messageText(message).startsWith('# Summary'),
  );

/** Reads a long file a call until a summary has taken their place, then answers. */
function reading(asked: AskedStep, workspace: () => string, summary: ScriptedAnswer): ScriptedAnswer {
  if (asked.kind !== 'code') return fine(asked);
  if (isAsked(asked)) return summary;
  if (isFromSummary(asked) || asked.turn >= 11) return fine(asked);
  const path = `${workspace()}/notes-${asked.turn}.md`;
  return { text: '', toolCalls: [{ name: 'filesystem__read_text_file', input: { path } }] };
}

async function run(summary: ScriptedAnswer): Promise<TestBed> {
  testBed = await openTestBed({
    files: FILES,
    tools: true,
    words: (asked) => reading(asked, () => testBed?.workspace ?? '', summary),
  });
  return testBed;
}

const promptsOf = ({ server }: TestBed): readonly number[] =>
  server.calls.map(({ request }) => request.messages.reduce((sum, message) => sum + messageText(message).length, 0));

describe('a step whose transcript has grown', () => {
  test('goes on from a summary where that costs less, and its bill holds the call that wrote it', async () => {
    const bed = await run({ text: 'Files 0 to 3 say nothing; the rest is to be read.' });
    const words: string[] = [];
    const report = await bed.pointsman.runJob(
      { task: 'Read them all.', workspace: bed.workspace },
      { onEvent: (event) => void (event.type === 'text-delta' && words.push(event.text)) },
    );
    expect(report.status).toBe('done');
    const at = bed.server.calls.findIndex(({ request }) =>
      messageText(request.messages.at(-1) ?? { role: 'user', content: [] }).includes('The work so far leaves'),
    );
    expect(at).toBeGreaterThan(0);
    const prompts = promptsOf(bed);
    expect(prompts[at + 1]).toBeLessThan((prompts[at] ?? 0) / 3);
    const after = bed.server.calls[at + 1]?.request.messages ?? [];
    expect(after.some((message) => messageText(message).includes('Files 0 to 3 say nothing'))).toBe(true);
    const step = report.steps.find(({ kind }) => kind === 'code');
    expect(step?.callCount).toBe(bed.server.calls.length - 2);
    expect(words.join('')).not.toContain('Files 0 to 3');
  });

  test.each<readonly [string, ScriptedAnswer]>([
    ['has its summary', { text: 'Files 0 to 3 say nothing; the rest is to be read.' }],
    ['has none, as none came', { text: '' }],
  ])('and %s asks for no other when the job goes on', async (_what, summary) => {
    let isDown = true;
    let isPast = false;
    testBed = await openTestBed({
      files: FILES,
      tools: true,
      pool: ['claude-haiku-4-5'],
      words: (asked) => {
        if (isDown && isPast) return { text: '', failure: { kind: 'refused-key' } };
        isPast ||= isAsked(asked);
        return reading(asked, () => testBed?.workspace ?? '', summary);
      },
    });
    const report = await testBed.pointsman.runJob({ task: 'Read them all.', workspace: testBed.workspace });
    expect([report.status, isPast]).toEqual(['failed', true]);
    isDown = false;
    const { server } = testBed;
    const before = server.calls.length;
    const again = await (await (await testBed.reopen()).resumeJob(report.jobId)).result;
    expect(again?.status).toBe('done');
    const said = server.calls.map(({ request }) => request.messages.map(messageText).join('\n'));
    expect(said.filter((text) => text.includes('The work so far leaves'))).toHaveLength(1);
    // What was paid for is not asked again: the first call that goes out is the one that was refused.
    expect(said[before]).toBe(said[before - 1]);
  });

  test('stays as it was where no summary comes, and is not asked again', async () => {
    const bed = await run({ text: '' });
    const report = await bed.pointsman.runJob({ task: 'Read them all.', workspace: bed.workspace });
    expect(report.status).toBe('done');
    const asked = bed.server.calls.filter(({ request }) =>
      messageText(request.messages.at(-1) ?? { role: 'user', content: [] }).includes('The work so far leaves'),
    );
    expect(asked).toHaveLength(1);
    const prompts = promptsOf(bed);
    const at = bed.server.calls.indexOf(asked[0] as (typeof bed.server.calls)[number]);
    expect(prompts[at + 1]).toBeGreaterThan((prompts[at] ?? 0) / 2);
  });
});
