import { expect, test } from 'vitest';
import { asId, type JobId } from '../../domain/ids.ts';
import { userMessage, type Message } from '../../domain/transcript.ts';
import { createMemoryJournal } from '../journal/memory-journal.ts';
import { factKey } from '../model/fact-key.ts';
import { readTrail, trailKey, trailOf } from './attempt-trail.ts';
import type { Opening } from './opening.ts';

test('secrets are masked before what an attempt saw is cut: half a key is none that anybody knows again', () => {
  const secret = 'sk-known-by-value-0001';
  const mask = (text: string): string => text.replaceAll(secret, '[redacted:key]');
  // The cut falls into the middle of it.
  const text = (at: number): string => `${'x'.repeat(at)}${secret}${'y'.repeat(30_000)}`;
  const opening: Pick<Opening, 'messages' | 'sharedCount'> = { messages: [userMessage(text(11_960))], sharedCount: 0 };
  const content = [{ type: 'text', text: text(560) } as const];
  const read: Message = {
    role: 'user',
    content: [{ type: 'tool-result', toolCallId: 'one', toolName: 'read', isError: false, content }],
  };
  const trail = trailOf(opening, [], { messages: [read], lost: [text(1960)] }, mask);
  for (const kept of [trail.handed, trail.tools[0]?.text, trail.lost[0]]) {
    expect(kept).toContain('left out');
    expect(kept).toContain('[redact');
    expect(kept).not.toContain('sk-');
  }
});

test('the shared transcript is in the journal once, and before the eyes of who asks what an attempt saw', async () => {
  const jobId = asId<JobId>('job-1');
  const journal = createMemoryJournal();
  const shared = [userMessage('The task.'), userMessage('What was found: hidden.')];
  await journal.settle(jobId, factKey('segment/task'), shared.slice(0, 1));
  await journal.settle(jobId, factKey('segment/one/0'), shared.slice(1));
  const mask = (text: string): string => text.replaceAll('hidden', '[redacted:key]');
  const opening = { messages: [...shared, userMessage('Do it.')], sharedCount: 2 };
  const stored = trailOf(opening, ['task', 'one/0'], { messages: [] }, mask);
  expect(JSON.stringify(stored)).not.toContain('The task.');
  await journal.settle(jobId, trailKey('two', 0), stored);
  const read = await readTrail(journal, { jobId, stepId: 'two', attempt: 0 }, mask);
  expect(read).toEqual({ handed: 'The task.\n\nWhat was found: [redacted:key].\n\nDo it.', tools: [], lost: [] });
});

test('a trail of before, which holds all of it, is read as it is', async () => {
  const jobId = asId<JobId>('job-1');
  const journal = createMemoryJournal();
  const trail = { handed: 'The task.\n\nDo it.', tools: [], lost: [] };
  await journal.settle(jobId, trailKey('two', 0), trail);
  expect(await readTrail(journal, { jobId, stepId: 'two', attempt: 0 }, String)).toEqual(trail);
});
