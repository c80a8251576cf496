import { describe, expect, test } from 'vitest';
import { buildThread } from './build-thread.ts';
import { toolAsked, userSaid, type CallEvent, type ThreadEvent } from './thread-event.ts';

function call(callId: string, extra: Partial<CallEvent> = {}): CallEvent {
  return {
    type: 'call',
    callId,
    at: Date.UTC(2026, 0, 1),
    requestedModel: 'm',
    usage: undefined,
    finish: 'tool-calls',
    textCharCount: 0,
    blockCount: 1,
    toolCalls: [],
    ...extra,
  };
}

const tool = (toolCallId: string, toolName: string, input: unknown = {}): Partial<CallEvent> => ({
  toolCalls: [toolAsked(toolCallId, toolName, input)],
});
const user = (text: string): ThreadEvent => userSaid(undefined, text, 1);
const result = (toolCallId: string, output: string, isError = false): ThreadEvent => ({
  type: 'tool-result',
  toolCallId,
  isError,
  output,
  charCount: output.length,
});
const usage = (promptTokens: number): Pick<CallEvent, 'usage'> => ({
  usage: {
    uncachedTokens: promptTokens,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: undefined,
    outputTokens: 5,
    reasoningTokens: undefined,
  },
});

describe('buildThread', () => {
  test('tells a call that a person caused from one that a tool result caused', () => {
    const thread = buildThread({ threadId: 't' }, [
      user('fix it'),
      call('a', tool('1', 'Read')),
      result('1', 'text'),
      call('b', { finish: 'stop' }),
      user('thanks'),
      call('c', { finish: 'stop' }),
    ]);
    expect(thread.calls.map((entry) => entry.trigger)).toEqual(['user', 'tool-result', 'user']);
    expect(thread.calls[1]?.prefix).toMatchObject({
      relation: 'appended',
      appendedBlockCount: 2,
      appendedCharCount: 4,
    });
  });

  test('cuts a turn into steps of one purpose that cover its calls', () => {
    const thread = buildThread({ threadId: 't' }, [
      user('fix the parser'),
      call('a', tool('1', 'Grep')),
      call('b', tool('2', 'Read')),
      call('c', tool('3', 'Edit', { file_path: 'x' })),
      call('d', tool('4', 'Read')),
      call('e', tool('5', 'Edit', { file_path: 'x' })),
      call('f', tool('6', 'Bash', { command: 'npm test' })),
      result('6', 'Tests  2 failed | 3 passed'),
      call('g', { finish: 'stop' }),
    ]);
    expect(thread.steps.map((step) => [step.kind, step.firstCallIndex, step.callCount])).toEqual([
      ['explore', 0, 2],
      ['code', 2, 3],
      ['test', 5, 1],
      ['summarize', 6, 1],
    ]);
    expect(thread.calls[5]?.toolCalls[0]?.tests).toBe('red');
    expect(thread.steps.every((step) => step.text === 'fix the parser')).toBe(true);
  });

  test('marks the step that a person had to correct, and the one that starts with the correction', () => {
    const thread = buildThread({ threadId: 't' }, [
      user('add a flag'),
      call('a', tool('1', 'Edit')),
      user("no, that's not what I asked"),
      call('b', tool('2', 'Edit')),
    ]);
    expect(thread.steps.map((step) => [step.correctedAfter, step.startsWithCorrection])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(thread.userMessages[1]?.correction).toBe('says-wrong');
  });

  test('keeps the kinds that the log itself names', () => {
    const thread = buildThread({ threadId: 't' }, [
      call('a', { stepKind: 'review', stepId: 's1' }),
      call('b', { stepKind: 'review', stepId: 's1' }),
      call('c', { stepKind: 'review', stepId: 's2' }),
    ]);
    expect(thread.steps.map((step) => [step.stepId, step.kind, step.callCount])).toEqual([
      ['s1', 'review', 2],
      ['s2', 'review', 1],
    ]);
  });

  test('infers that history was cut from a prompt that is much shorter, and prefers what the log says', () => {
    const grow = [call('a', usage(1000)), call('b', usage(1100)), call('c', usage(300))];
    expect(buildThread({ threadId: 't' }, grow).calls.map((entry) => entry.prefix.relation)).toEqual([
      'first',
      'appended',
      'shrunk',
    ]);
    const logged = buildThread({ threadId: 't' }, [
      ...grow.slice(0, 2),
      { type: 'prefix-change', relation: 'compacted' },
      ...grow.slice(2),
    ]);
    expect(logged.calls[2]?.prefix).toMatchObject({ relation: 'compacted', basis: 'logged' });
  });

  test('a call without a time takes none that is invented', () => {
    expect(buildThread({ threadId: 't' }, [call('a', { at: undefined })]).calls[0]?.at).toBeUndefined();
  });
});
