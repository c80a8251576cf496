import type { Tokens } from '../../domain/time.ts';
import { messageText, type Message } from '../../domain/transcript.ts';
import { pruneResults } from '../context/prune-results.ts';
import { keptResultTokens, roomOf, roomStep } from '../context/transcript-room.ts';
import { cutMiddle } from '../model/artifact.ts';
import type { JobRun } from '../model/job-run.ts';
import { growChain, startChain } from '../model/prompt-chain.ts';
import { toCall, type AgentTask } from './attempt-task.ts';
import type { AttemptTranscript } from './attempt-transcript.ts';
import { callForStep, MAX_OUTPUT_TOKENS } from './call-step.ts';
import { compactTranscript, withSummary } from './compact-transcript.ts';

/** `ready`: the call may be made. `compacted`: a summary took the place of the work so far, and this slot. */
type Room = 'ready' | 'compacted' | 'too-long';

/** One that would only pay is asked for until it does not come; where there is no room, once more: each is billed. */
const MAX_FAILED_SUMMARIES = 2;

/**
 * Before a call: sees to it that its prompt fits the model, as far as is known of its window and of prompts that were too long
 * for it; a summary is written where that pays, too. What is done follows from the transcript, from calls of this slot and before,
 * and from what is in the journal, so that a loop that starts over does the same.
 * @returns `too-long` where the opening of the attempt is more than the model takes
 * @throws PointsmanError as `callForStep`
 */
export async function makeRoom(
  run: JobRun,
  task: AgentTask,
  transcript: AttemptTranscript,
  callIndex: number,
): Promise<Room> {
  const { model, opening } = task;
  const failedCount = transcript.failedSummaryCount();
  if (failedCount === 0 && (await compact(run, task, transcript, { callIndex })) !== 'unused') return 'compacted';
  const overflowedAt = overflowOf(run, task, callIndex);
  const room = roomOf(model, MAX_OUTPUT_TOKENS, overflowedAt);
  const tokens = (messages: readonly Message[]): Tokens => promptTokens(task, transcript, messages);
  const now = modelTokens(task, transcript.prompt().chain.tokens.at(-1) ?? 0);
  let pruned: readonly Message[] | undefined;
  const prune = (): readonly Message[] => (pruned ??= pruneResults(transcript.messages(), keptResultTokens(room)));
  const step = roomStep(room, {
    tokens: now,
    prunedTokens: () => tokens(prune()),
    ownTokens: () => now - tokens(opening.messages),
  });
  if (step === 'enough') return 'ready';
  transcript.replace(prune());
  const mustCompact = step === 'compact' && failedCount < MAX_FAILED_SUMMARIES;
  if (mustCompact && (await compact(run, task, transcript, { callIndex, mustBeShorter: true })) !== 'unused')
    return 'compacted';
  if (overflowedAt === undefined || tokens(prune()) < overflowedAt) return 'ready';
  const shorter = withoutWork(opening.messages, transcript.messages().slice(opening.messages.length));
  if (tokens(shorter) >= overflowedAt) return 'too-long';
  transcript.replace(shorter);
  return 'ready';
}

const MAX_KEPT_CHARS = 6000;

/** Where nobody writes a summary: what was called, and what was said first and last, in place of the work. */
function withoutWork(opening: readonly Message[], own: readonly Message[]): readonly Message[] {
  const said = own.filter(({ role }) => role === 'assistant').map(messageText);
  const texts = [said.at(0), said.length > 1 ? said.at(-1) : undefined].map((text) => text?.trim() ?? '');
  const parts = [NO_SUMMARY, ...texts.map((text) => cutMiddle(text, MAX_KEPT_CHARS)), calledSoFar(own)];
  const last = own.at(-1);
  // What is asked now stays asked.
  const isAsked = last?.role === 'user' && last.content.every((part) => part.type === 'text');
  return withSummary(opening, parts.filter((part) => part !== '').join('\n\n'), isAsked ? last : undefined);
}

const NO_SUMMARY =
  'The work so far did not fit, and nobody could write down what it came to. Files are as they were left.';

/** @returns what came of it; `unused`: the slot is free */
async function compact(
  run: JobRun,
  task: AgentTask,
  transcript: AttemptTranscript,
  how: { readonly callIndex: number; readonly mustBeShorter?: true },
): Promise<'summary' | 'nothing' | 'unused'> {
  const call = toCall(run, task, { transcript, callIndex: how.callIndex });
  const { writers, opening } = task;
  const grown = { call, openingCount: opening.messages.length, writers, mustBeShorter: how.mustBeShorter === true };
  const shorter = await compactTranscript(run, grown, (asked) => callForStep(run, asked));
  if (shorter === undefined) return 'unused';
  transcript.replace(shorter.messages);
  if (shorter.summary === 'written') return 'summary';
  transcript.summaryFailed(shorter.summary === 'too-long' ? MAX_FAILED_SUMMARIES : 1);
  return 'nothing';
}

/** The shortest prompt of this attempt that was too long for its model, as expected then, up to this slot. */
function overflowOf(run: JobRun, { step, attempt, opening, model }: AgentTask, callIndex: number): Tokens | undefined {
  const tokens = run.calls
    .entries()
    .filter((entry) => entry.stepId === step.stepId && entry.attempt === attempt && entry.thread === opening.thread)
    // Who writes a summary may be another one, with a window of its own.
    .filter((entry) => entry.model === model.id)
    .filter((entry) => entry.callIndex <= callIndex && entry.end?.kind === 'failed')
    .flatMap((entry) =>
      entry.end?.kind === 'failed' && entry.end.code === 'context-overflow' ? [entry.expectedPromptTokens] : [],
    );
  return tokens.length === 0 ? undefined : Math.min(...tokens);
}

const MAX_CALLED = 60;

/** Tools and what they were pointed at, each once with its count, the newest last. */
export function calledSoFar(messages: readonly Message[]): string {
  const counts = new Map<string, number>();
  for (const part of messages.flatMap(({ content }) => [...content])) {
    if (part.type !== 'tool-call') continue;
    const name = `${part.toolName} ${placeOf(part.input)}`.trim();
    const count = (counts.get(name) ?? 0) + 1;
    counts.delete(name);
    counts.set(name, count);
  }
  if (counts.size === 0) return '';
  const lines = [...counts].map(([name, times]) => `- ${name}${times > 1 ? ` (${times} times)` : ''}`);
  return ['Called so far:', ...lines.slice(-MAX_CALLED)].join('\n');
}

const PLACE_FIELDS = ['path', 'file_path', 'pattern', 'source', 'program'];
const MAX_PLACE_CHARS = 200;

function placeOf(input: Readonly<Record<string, unknown>>): string {
  const found = PLACE_FIELDS.map((field) => input[field]).find((value) => typeof value === 'string');
  return typeof found === 'string' ? found.slice(0, MAX_PLACE_CHARS).replaceAll('\n', ' ') : '';
}

function promptTokens(task: AgentTask, transcript: AttemptTranscript, messages: readonly Message[]): Tokens {
  const start = startChain(task.opening.system, transcript.tools());
  return modelTokens(task, growChain(start, messages).chain.tokens.at(-1) ?? 0);
}

function modelTokens({ model }: AgentTask, reference: Tokens): Tokens {
  return Math.ceil(reference * model.tokenRatio);
}
