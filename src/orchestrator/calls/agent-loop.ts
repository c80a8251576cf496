import type { CallResult, FinishReason } from '../../domain/call.ts';
import { isPointsmanError, PointsmanError } from '../../domain/errors.ts';
import type { Tokens } from '../../domain/time.ts';
import {
  messageText,
  type Message,
  type ToolCallPart,
  type ToolResultPart,
  userMessage,
} from '../../domain/transcript.ts';
import { ASK_TOOL } from '../context/ask-tool.ts';
import { firstLine } from '../model/artifact.ts';
import { readContract, type ContractName, type ContractReading } from '../model/contracts.ts';
import { limitKey } from '../model/job-facts.ts';
import type { JobRun } from '../model/job-run.ts';
import { attemptCalls, limitReached } from './attempt-limits.ts';
import { toCall, type AgentOutcome, type AgentTask, type AdviceReply } from './attempt-task.ts';
import { openTranscript, type AttemptTranscript } from './attempt-transcript.ts';
import { callForStep, MAX_OUTPUT_TOKENS } from './call-step.ts';
import { followTools } from './follow-tools.ts';
import { whileKeepingWarm } from './keep-warm.ts';
import { calledSoFar, makeRoom } from './make-room.ts';
import { runToolCall } from './run-tool-call.ts';
import { openSameCalls } from './same-calls.ts';

/** Answers that break the contract are shown what is wrong with them this many times. */
const MAX_REPAIRS = 2;
/** An answer that was cut may be this many times as long at the next call, as far as the model goes. */
const MORE_OUTPUT = 2;
/** So often in a row as long as the model can answer, and cut. */
const MAX_LONGEST_CUTS = 2;

/**
 * The loop of an agent: call, run the tools that were asked for, call again, until the answer keeps its contract or the limits
 * of a step are reached. Every call and every tool has its place in the journal, so that a loop that starts over repeats none of
 * them. What no longer fits the model's window makes room.
 * @throws PointsmanError of a provider, a journal or an abort; what a model does wrong is an `unanswered` outcome.
 */
export async function runAgent(run: JobRun, task: AgentTask): Promise<AgentOutcome> {
  const transcript = openTranscript(task.opening);
  const outcome = await runLoop(run, task, transcript);
  const { mode, thread } = task.opening;
  // A context of one agent's own ends with it: while a person is asked, nothing is spent on keeping it warm.
  if (mode !== 'continue') run.latestCalls.delete(thread);
  const lost = transcript.lost();
  return lost.length === 0 ? outcome : { ...outcome, lost };
}

async function runLoop(run: JobRun, task: AgentTask, transcript: AttemptTranscript): Promise<AgentOutcome> {
  const sameCalls = openSameCalls();
  const offered = followTools(run, task, transcript);
  const isOver = await watchLimits(run, task);
  const answers = openAnswers(task);
  for (let callIndex = 0; ; callIndex += 1) {
    const over = await isOver(callIndex, sameCalls.why());
    if (over !== undefined) return endWithFindings(run, task, transcript, { callIndex, why: over });
    const result = await callInRoom(run, task, transcript, { callIndex, maxOutputTokens: answers.tokens() });
    if (result === 'compacted') {
      offered.takeUp('rewritten');
      continue;
    }
    // As the model wrote it: redaction is for what is stored and shown.
    const { message, finishReason } = result;
    transcript.add(message);
    const ended = { messages: transcript.own(), callCount: callIndex + 1 };
    const stop = stopReason(finishReason);
    if (stop !== undefined) return { ...ended, kind: 'unanswered', why: stop };
    const cutHint = answers.saw(finishReason);
    const toolCalls = message.content.filter((part) => part.type === 'tool-call');
    if (toolCalls.length > 0) {
      const results = await whileKeepingWarm(run, task.opening.thread, () =>
        runTools(run, task, { toolCalls, callIndex, allowed: offered.allowed() }),
      );
      offered.called(toolCalls);
      offered.takeUp('warm');
      const hints = [sameCalls.saw(toolCalls, results), cutHint].flatMap((text) => text ?? []);
      transcript.add({
        role: 'user',
        content: [...results, ...hints.map((text) => ({ type: 'text', text }) as const)],
      });
      continue;
    }
    const reading = readAnswer(task, messageText(message), finishReason);
    if (reading.kind === 'kept')
      return { ...ended, messages: transcript.own(), kind: 'answered', value: reading.value };
    const again = answers.askAgain(reading.why);
    if (again === undefined)
      return { ...ended, kind: 'unanswered', why: `Its answer broke the contract: ${reading.why}` };
    transcript.add(userMessage(again));
  }
}

/** How long the answers of an attempt may be, and what is said of one that is none: a cut one is not held against the model as a broken one is. */
interface AnswerRoom {
  readonly tokens: () => Tokens;
  /** @returns what to say to one whose answer was cut; `undefined`: it was not */
  readonly saw: (reason: FinishReason) => string | undefined;
  /** @returns what to say of the answer that was seen last; `undefined`: there is no use in another one */
  readonly askAgain: (why: string) => string | undefined;
}

function openAnswers({ model, agent }: AgentTask): AnswerRoom {
  const most = Math.max(model.maxOutputTokens, MAX_OUTPUT_TOKENS);
  let tokens: Tokens = MAX_OUTPUT_TOKENS;
  let longestCuts = 0;
  let repairs = 0;
  let cutHint: string | undefined;
  return {
    tokens: () => tokens,
    saw: (reason) => {
      const isCut = reason === 'length';
      longestCuts = isCut && tokens === most ? longestCuts + 1 : 0;
      cutHint = isCut
        ? `${CUT} ${longestCuts > 0 ? 'It can be no longer' : 'The next may be longer'}. ${IN_PARTS}`
        : undefined;
      if (isCut) tokens = Math.min(tokens * MORE_OUTPUT, most);
      return cutHint;
    },
    askAgain: (why) => {
      if (cutHint !== undefined) return longestCuts < MAX_LONGEST_CUTS ? cutHint : undefined;
      repairs += 1;
      if (repairs > MAX_REPAIRS) return undefined;
      return `Your answer does not keep the contract ${agent.contract}: ${why}\n\nGive it again, whole.`;
    },
  };
}

const CUT =
  'Your answer was cut at its output limit. Of a tool call that was not whole nothing was done, and nothing of it is kept.';
const IN_PARTS =
  'Say what is long in parts: begin a long file with one call and put the rest at its end with further ones, and keep the final answer short.';

const TOO_LONG = 'A prompt no longer than this was too long for the model before';

/** One call, with the room that it needs; a prompt that was too long for the model is made shorter and sent again. */
async function callInRoom(
  run: JobRun,
  task: AgentTask,
  transcript: AttemptTranscript,
  at: { readonly callIndex: number; readonly maxOutputTokens: Tokens },
): Promise<CallResult | 'compacted'> {
  let tooLong: unknown;
  for (;;) {
    try {
      const room = await makeRoom(run, task, transcript, at.callIndex);
      if (room === 'compacted') return room;
      if (room === 'too-long') throw tooLong ?? new PointsmanError('context-overflow', TOO_LONG);
      return await callForStep(run, toCall(run, task, { transcript, ...at }));
    } catch (thrown) {
      if (thrown === tooLong || !isPointsmanError(thrown) || thrown.code !== 'context-overflow') throw thrown;
      tooLong = thrown;
    }
  }
}

/** Looks before each call whether it may still be made; where a loop that started over had come to its end before, it does again. */
async function watchLimits(
  run: JobRun,
  task: AgentTask,
): Promise<(callIndex: number, inCircles: string | undefined) => Promise<string | undefined>> {
  const { journal, clock } = run.services;
  const key = limitKey(task.step.stepId, task.attempt);
  const known = await journal.fact(run.entry.jobId, key);
  const workedBefore = attemptCalls(run, task).reduce((sum, { end }) => sum + (end?.durationMs ?? 0), 0);
  const startedAt = clock();
  return async (callIndex, inCircles) => {
    if (known !== undefined) return callIndex === known.callIndex ? known.why : undefined;
    const slot = { jobId: run.entry.jobId, stepId: task.step.stepId, attempt: task.attempt, callIndex };
    if (run.calls.answered(slot) !== undefined) return undefined;
    const why = inCircles ?? limitReached(run, task, callIndex, workedBefore + clock() - startedAt);
    if (why !== undefined) await journal.settle(run.entry.jobId, key, { callIndex, why });
    return why;
  };
}

const LAST = `This step has reached its limit, and this is its last answer: call no tool. If the goal holds, answer in the form that was
asked for. Otherwise say, in at most 500 words and without JSON, what whoever takes this step next must know: what you found out
(files, lines, causes), what you changed and why, what was tried and did not work, and what you would do next.`;

/** The last call of an attempt: its answer counts where there is one, and is what was found where there is none. */
async function endWithFindings(
  run: JobRun,
  task: AgentTask,
  transcript: AttemptTranscript,
  { callIndex, why }: { readonly callIndex: number; readonly why: string },
): Promise<AgentOutcome> {
  transcript.add(userMessage(LAST));
  const result = await callInRoom(run, task, transcript, { callIndex, maxOutputTokens: MAX_OUTPUT_TOKENS });
  const ended = { messages: transcript.own(), callCount: callIndex + 1 };
  // Its notes are what it found.
  if (result === 'compacted')
    return { ...ended, kind: 'unanswered', why, ...toFindings(lastWords(ended.messages), ended) };
  const text = messageText(result.message).trim();
  // A call that nobody answers would break the transcript.
  if (text !== '') transcript.add({ ...result.message, content: [{ type: 'text', text }] });
  const reading = readAnswer(task, text, result.finishReason);
  const base = { ...ended, messages: transcript.own() };
  if (reading.kind === 'kept') return { ...base, kind: 'answered', value: reading.value };
  return { ...base, kind: 'unanswered', why, ...toFindings(text, base) };
}

/** Of one that says nothing, what it called. */
function toFindings(
  said: string,
  { messages }: { readonly messages: readonly Message[] },
): { readonly findings?: string } {
  const findings = said === '' ? calledSoFar(messages) : said;
  return findings === '' ? {} : { findings };
}

/** What the model itself said last. */
function lastWords(messages: readonly Message[]): string {
  const said = messages.findLast(({ role }) => role === 'assistant');
  return said === undefined ? '' : messageText(said).trim();
}

function readAnswer(task: AgentTask, text: string, reason: FinishReason): ContractReading<ContractName> {
  const reading = readContract<ContractName>(task.agent.contract, text);
  if (reading.kind === 'broken') {
    return reason === 'length'
      ? { kind: 'broken', why: `${reading.why} It was cut at the output limit; be shorter.` }
      : reading;
  }
  const objection = task.accept(reading.value);
  return objection === undefined ? reading : { kind: 'broken', why: objection };
}

/** Ends that no further call of the same model would mend. */
function stopReason(reason: FinishReason): string | undefined {
  switch (reason) {
    case 'refusal':
      return 'The model refused the step.';
    case 'content-filter':
      return 'The provider filtered the answer.';
    case 'stop':
    case 'tool-calls':
    case 'length':
    case 'other':
      return undefined;
  }
}

async function runTools(
  run: JobRun,
  task: AgentTask,
  asked: {
    readonly toolCalls: readonly ToolCallPart[];
    readonly callIndex: number;
    readonly allowed: ReadonlySet<string>;
  },
): Promise<readonly ToolResultPart[]> {
  const results: ToolResultPart[] = [];
  for (const part of asked.toolCalls) {
    const of = { stepId: task.step.stepId, attempt: task.attempt };
    const key = `${run.entry.jobId}/${of.stepId}/${of.attempt}/${asked.callIndex}/${results.length}`;
    run.emit({ type: 'tool-call', ...of, toolCallId: part.toolCallId, toolName: part.toolName, input: part.input });
    const { toolCallId, toolName } = part;
    const result =
      toolName === ASK_TOOL && task.ask !== undefined
        ? toResult(part, await task.ask(part.input))
        : await runToolCall(run, part, {
            key,
            allowed: asked.allowed,
            onProgress: (said) => run.emit({ type: 'tool-output', ...of, toolCallId, toolName, text: said }),
          });
    const first = result.content.find((piece) => piece.type === 'text');
    run.emit({
      type: 'tool-result',
      ...of,
      toolCallId: part.toolCallId,
      toolName: part.toolName,
      isError: result.isError,
      summary: firstLine(first?.text ?? ''),
    });
    results.push(result);
  }
  return results;
}

function toResult({ toolCallId, toolName }: ToolCallPart, { text, isError }: AdviceReply): ToolResultPart {
  return { type: 'tool-result', toolCallId, toolName, content: [{ type: 'text', text }], isError };
}
