import { canonicalJson } from '../domain/json.ts';
import { userMessage, type Message, type ToolCallPart } from '../domain/transcript.ts';
import type { AskModel } from './ask-model.ts';
import type { TaskEntry, Timing } from './journal.ts';
import type { CodeRunner, MadeCall, Task } from './task.ts';

/** More turns than the longest task needs one by one. */
export const MAX_TURNS = 24;
const MAX_CALLS = 100;

export interface DoOptions {
  readonly ask: AskModel;
  readonly run: CodeRunner;
  readonly signal: AbortSignal;
}

/**
 * Has a model do one task, tools answered as long as it asks for them, and grades what came of it. A refusal, or an answer that
 * was cut, is graded as it stands.
 * @throws PointsmanError what kept the model from answering: such a task is not graded
 */
export async function doTask(task: Task, { ask, run, signal }: DoOptions): Promise<TaskEntry> {
  const messages: Message[] = [userMessage(task.prompt)];
  const calls: MadeCall[] = [];
  let [text, wasCut] = ['', false];
  let timing: Timing | undefined;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    const asked = await ask({ messages, tools: task.tools ?? [] });
    if (asked.outcome.kind === 'failed') throw asked.outcome.error;
    const { message, finishReason } = asked.outcome.result;
    timing = longer(timing, asked.timing);
    text = message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
    wasCut = finishReason === 'length';
    const made = message.content.filter((part) => part.type === 'tool-call');
    if (made.length === 0 || task.toolAnswer === undefined) break;
    calls.push(...made.map(({ toolName, input }) => ({ name: toolName, input })));
    if (calls.length > MAX_CALLS) break;
    messages.push(message, { role: 'user', content: made.map((call) => resultOf(call, task)) });
  }
  const isRight = await task.isRight({ text, calls }, run, signal);
  return {
    v: 1,
    what: 'task',
    id: task.id,
    kind: task.kind,
    difficulty: task.difficulty,
    isRight,
    ...(wasCut ? { wasCut } : {}),
    ...(timing === undefined ? {} : { timing }),
  };
}

function resultOf(call: ToolCallPart, task: Task): Extract<Message, { role: 'user' }>['content'][number] {
  const said =
    task.toolAnswer?.({ name: call.toolName, input: call.input }) ?? canonicalJson({ error: 'no such tool' });
  return {
    type: 'tool-result',
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    content: [{ type: 'text', text: said }],
    isError: false,
  };
}

/** Speed is read from the longest answer of a task. */
function longer(one: Timing | undefined, other: Timing | undefined): Timing | undefined {
  return (other?.outputTokens ?? 0) >= (one?.outputTokens ?? 0) ? (other ?? one) : one;
}
