import type { Message, ToolCallPart, ToolResultPart } from '../domain/transcript.ts';
import type { StepEvidence } from './step-features.ts';
import { stepText } from './step-text.ts';

/** Newest messages that are looked at: enough for every window below, so that the cost per call stays flat. */
const LOOK_BACK_MESSAGES = 80;
const WINDOW = 10;
/** Only the ends of a tool result are searched: errors and test totals stand there. */
const RESULT_END_CHARS = 1500;

const EDIT_TOOL =
  /^(?:.*__)?(?:str_replace.*|edit.*|multi_?edit|write.*|apply_patch|create_file|patch|replace|update_file)$/iu;
const TEST_COMMAND =
  /\b(?:pytest|unittest|vitest|jest|mocha|go test|cargo (?:test|nextest)|npm (?:run )?test|pnpm (?:run )?test|yarn test|mvn test|gradle test|tox|rspec|phpunit|ctest|make (?:test|check)|runtests\.py|node --test)\b/iu;
const ERROR_TEXT =
  /Traceback \(most recent call last\)|\b(?:exit(?:ed with)? code|returncode|exit status)[ :=>]*[1-9]\d*|<returncode>[1-9]|\berror TS\d+|\bcommand not found\b|\bNo such file or directory\b|\bSyntaxError\b|\bFAILED\b|\bfatal: |\bpanicked at\b/u;
const TESTS_RED = /\b[1-9]\d* (?:failed|failures?|failing|errors?)\b|\bFAILED\b|✗|✕|not ok \d/u;
const TESTS_GREEN = /\b[1-9]\d* (?:passed|passing)\b|\ball tests pass|\bOK\b(?: \(|$)|test result: ok|^ok \d/imu;
const CORRECTION =
  /^\W*(?:no\b|nope\b|wrong\b|stop\b|wait\b|undo\b|revert\b|actually\b|i (?:said|meant)\b|that'?s not\b|this is not\b|you (?:forgot|missed|broke|didn'?t|haven'?t)\b|why (?:did|do|are) you\b)|\b(?:try again|doesn'?t work|does not work|still (?:fails?|failing|broken|not)|not what i)\b/iu;

interface Observed {
  readonly calls: readonly ToolCallPart[];
  readonly results: readonly ToolResultPart[];
}

/** What the tail of a transcript shows about how a session is going. Reads at most eighty messages. Pure. */
export function stepEvidence(messages: readonly Message[]): StepEvidence {
  const tail = messages.slice(-LOOK_BACK_MESSAGES);
  const { calls, results } = observed(tail);
  return {
    recentErrorCount: results.slice(-WINDOW).filter(isErrorResult).length,
    repeatedCallCount: largestGroup(calls.slice(-WINDOW).map(fingerprint)),
    editsToSameFileCount: largestGroup(calls.slice(-3 * WINDOW).flatMap(editedFiles)),
    testsState: testsState(calls, results),
    humanCorrectionCount: humanTexts(tail)
      .slice(messages.length > tail.length ? 0 : 1)
      .filter((text) => CORRECTION.test(text.slice(0, 400))).length,
    callsInStepCount: callsSinceHuman(messages),
  };
}

/** Words that people wrote, oldest first; tool results and harness blocks are not theirs. */
export function humanTexts(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => {
    const text = humanText(message);
    return text === '' ? [] : [text];
  });
}

/** What a person wrote in one message; empty when the message is no person's. */
export function humanText(message: Message): string {
  if (message.role !== 'user') return '';
  return stepText(message.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'));
}

export function isEditTool(toolName: string): boolean {
  return EDIT_TOOL.test(toolName);
}

export function isTestCall(call: ToolCallPart): boolean {
  const command = call.input['command'] ?? call.input['cmd'] ?? call.input['script'];
  const text = Array.isArray(command) ? command.join(' ') : command;
  return typeof text === 'string' && TEST_COMMAND.test(text.slice(0, 4000));
}

function observed(messages: readonly Message[]): Observed {
  const calls: ToolCallPart[] = [];
  const results: ToolResultPart[] = [];
  for (const message of messages) {
    for (const part of message.content) {
      if (part.type === 'tool-call') calls.push(part);
      else if (part.type === 'tool-result') results.push(part);
    }
  }
  return { calls, results };
}

function resultText(result: ToolResultPart): string {
  let text = '';
  for (const part of result.content) {
    if (part.type !== 'text') continue;
    text += part.text.length <= 2 * RESULT_END_CHARS ? part.text : part.text.slice(0, RESULT_END_CHARS);
    if (part.text.length > 2 * RESULT_END_CHARS) text += `\n${part.text.slice(-RESULT_END_CHARS)}`;
  }
  return text;
}

function isErrorResult(result: ToolResultPart): boolean {
  return result.isError || ERROR_TEXT.test(resultText(result));
}

function testsState(calls: readonly ToolCallPart[], results: readonly ToolResultPart[]): StepEvidence['testsState'] {
  const testCalls = new Set(calls.filter(isTestCall).map((call) => call.toolCallId));
  const newest = results.findLast((result) => testCalls.has(result.toolCallId));
  if (newest === undefined) return 'unknown';
  const text = resultText(newest);
  if (newest.isError || TESTS_RED.test(text)) return 'red';
  return TESTS_GREEN.test(text) ? 'green' : 'unknown';
}

function fingerprint(call: ToolCallPart): string {
  const input = JSON.stringify(call.input);
  return `${call.toolName}\n${input.length}\n${input.slice(0, 1000)}`;
}

function editedFiles(call: ToolCallPart): readonly string[] {
  if (!isEditTool(call.toolName)) return [];
  const file = call.input['file_path'] ?? call.input['path'] ?? call.input['filePath'] ?? call.input['absolute_path'];
  if (typeof file === 'string') return [file];
  const patch = call.input['input'] ?? call.input['patch'];
  if (typeof patch !== 'string') return [];
  return [...patch.slice(0, 20_000).matchAll(/^\*\*\* (?:Update|Add) File: (.+)$/gmu)].map((match) => match[1] ?? '');
}

/** Size of the largest group of equal values; 0 when none repeats. */
function largestGroup(values: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const largest = Math.max(0, ...counts.values());
  return largest > 1 ? largest : 0;
}

function callsSinceHuman(messages: readonly Message[]): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined || humanText(message) !== '') break;
    if (message.role === 'assistant') count += 1;
  }
  return count;
}
