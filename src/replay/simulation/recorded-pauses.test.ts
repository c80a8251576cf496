import { expect, test } from 'vitest';
import { aTrace } from '../../testing/internal/workload-builders.ts';
import { pausesOf, pausesOfThread } from './recorded-pauses.ts';

test('pauses stand at their calls, also where some calls have no time', () => {
  const prompts = [10_000, 20_000, 30_000, 40_000];
  const session = aTrace(prompts.map((prompt) => ({ model: 'claude-opus-5-5', prompt })));
  const threads = session.threads.map((thread) => ({
    ...thread,
    calls: thread.calls.map((call, index) => (index === 0 ? { ...call, at: undefined } : call)),
  }));
  const [thread] = threads;
  const pauses = thread === undefined ? [] : pausesOfThread(thread);
  expect(pauses.map((pause) => pause?.context.promptTokens)).toEqual([undefined, 20_000, 30_000, 40_000]);
  expect(pausesOf({ ...session, threads })).toEqual(pauses.slice(1));
});
