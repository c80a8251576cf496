import { describe, expect, test } from 'vitest';
import { aTrace, type CallSketch } from '../../testing/internal/workload-builders.ts';
import { freshStartTokens, headOfThread } from './thread-head.ts';

const calls: readonly CallSketch[] = [
  { model: 'm', prompt: 5000, saidChars: 8001 },
  { model: 'm', prompt: 9000, read: 5000 },
];
const prompts = [5000, 9000].map((tokens, sourceIndex) => ({ sourceIndex, tokens }));

function headOf(
  sketch: readonly CallSketch[],
  shown = prompts,
  branchedFrom?: string,
): ReturnType<typeof headOfThread> {
  const session = { ...aTrace(sketch), branchedFrom };
  const [thread] = session.threads;
  if (thread === undefined) throw new TypeError('A session without a thread');
  return headOfThread(session, thread, shown, 3000);
}

describe('the head of a thread', () => {
  test('is the first prompt less what people had said by then', () => {
    expect(headOf(calls)).toEqual({ tokens: 5000 - 2001, basis: 'first-prompt', assumedTokens: 3000 });
  });

  test('is no longer than the shortest prompt that holds it', () => {
    const shrunk = prompts.map((prompt) => (prompt.sourceIndex === 1 ? { ...prompt, tokens: 1200 } : prompt));
    expect(headOf(calls, shrunk).tokens).toBe(1200);
  });

  test('is nothing where the text is all of the prompt', () => {
    expect(headOf([{ model: 'm', prompt: 5000, saidChars: 90_000 }, ...calls.slice(1)]).tokens).toBe(0);
  });

  test('is assumed in a branch, whose first prompt holds what another log counts', () => {
    expect(headOf(calls, prompts, 'another')).toEqual({ tokens: 3000, basis: 'assumed', assumedTokens: 3000 });
    const short = prompts.map((prompt) => ({ ...prompt, tokens: 700 }));
    expect(headOf(calls, short, 'another').tokens).toBe(700);
  });

  test('is assumed where calls without a price came first', () => {
    expect(headOf(calls, prompts.slice(1)).basis).toBe('assumed');
    expect(headOf(calls, []).tokens).toBe(0);
  });
});

test('a fresh context begins with the head of its thread and the brief of the assumed size', () => {
  const head = { tokens: 12_000, basis: 'first-prompt', assumedTokens: 3000 } as const;
  expect(freshStartTokens(head, 9000)).toBe(18_000);
  expect(freshStartTokens({ ...head, tokens: 500 }, 9000)).toBe(6500);
  expect(freshStartTokens(head, 2000)).toBe(12_000);
});
