import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { asId, type CallId, type JobId, type ModelId, type StepId } from '../../domain/ids.ts';
import { createProgress } from './job-progress.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const of = { jobId: asId<JobId>('job-1'), at: 0, stepId: asId<StepId>('s1'), attempt: 0 };
const call = (id: string) => ({ callId: asId<CallId>(id), model: asId<ModelId>(`model-${id}`) });
const ended = { usage: undefined, billNanoUsd: undefined, durationMs: 1, errorCode: undefined };

/** What stands on the screen: taking away the line takes what was drawn after the last line end. */
function aScreen() {
  let screen = '';
  const io = {
    stdout: (text: string) => void (screen += text),
    stderr: (text: string) => void (screen += text),
    isTerminal: true,
    erase: () => void (screen = screen.slice(0, screen.lastIndexOf('\n') + 1)),
  };
  return { io, screen: () => screen };
}

test('calls under way stand below with their time, and what is said stands whole above', () => {
  const { io, screen } = aScreen();
  const { onEvent, close } = createProgress(io);
  onEvent({ ...of, type: 'call-start', ...call('a') });
  vi.advanceTimersByTime(3000);
  expect(screen()).toBe('    … model-a 3 s');
  onEvent({ ...of, type: 'call-start', ...call('b') });
  onEvent({ ...of, type: 'note', text: 'Something happened.' });
  expect(screen()).toMatch(/^.*Something happened\..*\n$/u);
  vi.advanceTimersByTime(70_000);
  expect(screen()).toMatch(/\n {4}… model-a 1 min 13 s · model-b 1 min 10 s$/u);
  onEvent({ ...of, type: 'call-end', ...call('a'), ...ended });
  onEvent({ ...of, type: 'call-end', ...call('b'), ...ended });
  expect(screen()).toMatch(/happened\..*\n$/u);
  expect(vi.getTimerCount()).toBe(0);
  onEvent({ ...of, type: 'call-start', ...call('c') });
  close();
  expect(vi.getTimerCount()).toBe(0);
});

test('where nobody watches nothing is drawn and no timer runs', () => {
  const { io, screen } = aScreen();
  const { onEvent } = createProgress({ ...io, erase: undefined });
  onEvent({ ...of, type: 'call-start', ...call('a') });
  vi.advanceTimersByTime(3000);
  expect([screen(), vi.getTimerCount()]).toEqual(['', 0]);
});
