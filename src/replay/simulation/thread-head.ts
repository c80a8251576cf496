import type { Tokens } from '../../domain/time.ts';
import { CHARS_PER_TOKEN } from '../../domain/transcript.ts';
import type { SessionTrace, ThreadTrace } from '../../sessions/session-trace.ts';

/** What stands before the messages in every prompt of a thread: system and tools. Contexts that share it share its cache. */
export interface ThreadHead {
  /** Reference tokens. */
  readonly tokens: Tokens;
  /** `first-prompt`: the first prompt less the text that people and tools had put in by then. `assumed`: the log does not tell. */
  readonly basis: 'first-prompt' | 'assumed';
  /** How much of an assumed start size is taken to be head; the rest of it is the brief. */
  readonly assumedTokens: Tokens;
}

/** A prompt of the thread whose length is known, in reference tokens. */
export interface KnownPrompt {
  readonly sourceIndex: number;
  readonly tokens: Tokens;
}

/**
 * Size of a thread's head. The first prompt tells it where the thread began with that call; a branch begins with history that
 * its own log does not count. Every prompt holds the head, so it is no longer than the shortest of them. Pure.
 *
 * @param prompts in order of time
 */
export function headOfThread(
  session: Pick<SessionTrace, 'branchedFrom'>,
  thread: Pick<ThreadTrace, 'calls' | 'parentThreadId'>,
  prompts: readonly KnownPrompt[],
  assumedTokens: Tokens,
): ThreadHead {
  const sent = prompts.filter(({ tokens }) => tokens > 0);
  const shortest = sent.reduce((least, { tokens }) => Math.min(least, tokens), Infinity);
  const [first] = sent;
  const isBranch = session.branchedFrom !== undefined && thread.parentThreadId === undefined;
  if (first === undefined) return { tokens: 0, basis: 'assumed', assumedTokens };
  const before = thread.calls.slice(0, first.sourceIndex + 1);
  const isOpening = before.slice(0, -1).every(({ finish }) => finish === 'aborted' || finish === 'error');
  if (isBranch || !isOpening) {
    return { tokens: Math.min(assumedTokens, shortest), basis: 'assumed', assumedTokens };
  }
  const chars = before.reduce((sum, { prefix }) => sum + prefix.appendedCharCount, 0);
  const tokens = Math.max(0, Math.min(first.tokens - Math.ceil(chars / CHARS_PER_TOKEN), shortest));
  return { tokens, basis: 'first-prompt', assumedTokens };
}

/** First prompt of a fresh context: the thread's own head, and of an assumed start size what is not head. Reference tokens. */
export function freshStartTokens(head: ThreadHead, assumedStartTokens: Tokens): Tokens {
  return Math.round(head.tokens + Math.max(0, assumedStartTokens - head.assumedTokens));
}
