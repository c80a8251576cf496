import type { FinishReason } from '../../domain/call.ts';
import type { Model } from '../../domain/model.ts';
import {
  messageText,
  type Message,
  type ToolCallPart,
  type ToolResultPart,
  userMessage,
} from '../../domain/transcript.ts';
import type { Opening } from '../context/opening.ts';
import type { Agent } from '../model/agent-file.ts';
import { firstLine } from '../model/artifact.ts';
import { readContract, type ContractName, type ContractReading, type Contracts } from '../model/contracts.ts';
import type { JobStep } from '../model/job-plan.ts';
import type { JobRun } from '../model/job-run.ts';
import { growChain, startChain, type PromptChain } from '../model/prompt-chain.ts';
import { callForStep } from './call-step.ts';
import { compactTranscript, type CompactedTranscript } from './compact-transcript.ts';
import { whileKeepingWarm } from './keep-warm.ts';
import { runToolCall } from './run-tool-call.ts';

/** What an attempt needs to run. */
export interface AgentTask {
  readonly step: JobStep;
  readonly attempt: number;
  readonly agent: Agent;
  readonly model: Model;
  readonly opening: Opening;
  readonly allowedTools: ReadonlySet<string>;
  /** The decision asks for the one-hour write class. */
  readonly writesLong: boolean;
  /** Models that may write a summary of the work so far. */
  readonly writers: readonly Model[];
  /** A second look at an answer that keeps its schema, such as whether a plan can be run. */
  readonly accept: (value: Contracts[ContractName]) => string | undefined;
}

/** How a loop ended: with an answer that keeps its contract, or without. */
export type AgentOutcome = { readonly messages: readonly Message[]; readonly callCount: number } & (
  | { readonly kind: 'answered'; readonly value: Contracts[ContractName] }
  | { readonly kind: 'unanswered'; readonly why: string }
);

const MAX_CALLS = 40;
/** Answers that break the contract are shown what is wrong with them this many times. */
const MAX_REPAIRS = 2;

/**
 * The loop of an agent: call, run the tools that were asked for, call again, until the answer keeps its contract. Every
 * call and every tool has its place in the journal, so that a loop that starts over repeats none of them.
 * @throws PointsmanError of a provider, a journal or an abort; what a model does wrong is an `unanswered` outcome.
 */
export async function runAgent(run: JobRun, task: AgentTask): Promise<AgentOutcome> {
  const outcome = await runLoop(run, task);
  const { mode, thread } = task.opening;
  // A context of one agent's own ends with it: while a person is asked, nothing is spent on keeping it warm.
  if (mode !== 'continue') run.latestCalls.delete(thread);
  return outcome;
}

async function runLoop(run: JobRun, task: AgentTask): Promise<AgentOutcome> {
  const { opening } = task;
  const messages: Message[] = [...opening.messages];
  let prompt = growChain(startChain(opening.system, opening.tools), messages);
  let repairs = 0;
  let mayCompact = true;
  const add = (...more: readonly Message[]): void => {
    messages.push(...more);
    prompt = growChain(prompt, more);
  };
  for (let callIndex = 0; callIndex < MAX_CALLS; callIndex += 1) {
    const call = toCall(run, task, { messages, prompt, callIndex });
    const grown = { call, openingCount: opening.messages.length, writers: task.writers };
    const shorter: CompactedTranscript | undefined = mayCompact
      ? await compactTranscript(run, grown, (asked) => callForStep(run, asked))
      : undefined;
    if (shorter !== undefined) {
      mayCompact = shorter.isSummary;
      messages.splice(0, messages.length, ...shorter.messages);
      prompt = growChain(startChain(opening.system, opening.tools), messages);
      continue;
    }
    const result = await callForStep(run, call);
    // As the model wrote it: redaction is for what is stored and shown.
    const { message } = result;
    add(message);
    const ended = { messages: messages.slice(opening.sharedCount), callCount: callIndex + 1 };
    const stop = stopReason(result.finishReason);
    if (stop !== undefined) return { ...ended, kind: 'unanswered', why: stop };
    const toolCalls = message.content.filter((part) => part.type === 'tool-call');
    if (toolCalls.length > 0) {
      add({
        role: 'user',
        content: await whileKeepingWarm(run, opening.thread, () => runTools(run, task, { toolCalls, callIndex })),
      });
      continue;
    }
    const reading = readAnswer(task, messageText(message), result.finishReason);
    if (reading.kind === 'kept') return { ...ended, kind: 'answered', value: reading.value };
    if (repairs === MAX_REPAIRS)
      return { ...ended, kind: 'unanswered', why: `Its answer broke the contract: ${reading.why}` };
    repairs += 1;
    add(
      userMessage(
        `Your answer does not keep the contract ${task.agent.contract}: ${reading.why}\n\nGive it again, whole.`,
      ),
    );
  }
  return {
    messages: messages.slice(opening.sharedCount),
    callCount: MAX_CALLS,
    kind: 'unanswered',
    why: `It did not come to an answer within ${MAX_CALLS} calls.`,
  };
}

function toCall(
  run: JobRun,
  task: AgentTask,
  at: { readonly messages: readonly Message[]; readonly prompt: PromptChain; readonly callIndex: number },
): Parameters<typeof callForStep>[1] {
  return {
    jobId: run.entry.jobId,
    stepId: task.step.stepId,
    attempt: task.attempt,
    callIndex: at.callIndex,
    kind: task.step.kind,
    mode: task.opening.mode,
    thread: task.opening.thread,
    model: task.model,
    system: task.opening.system,
    tools: task.opening.tools,
    messages: [...at.messages],
    // No person is waited for inside a job: pauses are those of tools.
    trigger: 'tool-result',
    writesLong: task.writesLong,
    chain: at.prompt.chain,
    messageEnds: at.prompt.messageEnds,
  };
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
  asked: { readonly toolCalls: readonly ToolCallPart[]; readonly callIndex: number },
): Promise<readonly ToolResultPart[]> {
  const results: ToolResultPart[] = [];
  for (const part of asked.toolCalls) {
    const of = { stepId: task.step.stepId, attempt: task.attempt };
    const key = `${run.entry.jobId}/${of.stepId}/${of.attempt}/${asked.callIndex}/${results.length}`;
    run.emit({ type: 'tool-call', ...of, toolCallId: part.toolCallId, toolName: part.toolName, input: part.input });
    const result = await runToolCall(run, part, { key, allowed: task.allowedTools });
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
