import type { Message, ToolCallPart, ToolResultPart } from '../../domain/transcript.ts';
import { personText } from '../text/person-text.ts';
import type { StepEvidence } from './step-features.ts';
import {
  commandOf,
  editedFiles,
  isChangingCall,
  isEditTool,
  isReadingCall,
  isTestCall,
  resultText,
} from './tool-use.ts';

/** Newest messages that are looked at: enough for every window below, so that the cost per call stays flat. */
const LOOK_BACK_MESSAGES = 80;
const WINDOW = 10;

const ERROR_TEXT =
  /Traceback \(most recent call last\)|\b(?:exit(?:ed with)? code|returncode|exit status)[ :=>]*[1-9]\d*|<returncode>[1-9]|\berror TS\d+|\bcommand not found\b|\bNo such file or directory\b|\bSyntaxError\b|\bFAILED\b|\bfatal: |\bpanicked at\b/u;
const TESTS_RED = /\b[1-9]\d* (?:failed|failures?|failing|errors?)\b|\bFAILED\b|✗|✕|not ok \d|^[ℹ#] fail [1-9]/mu;
const TESTS_GREEN =
  /\b[1-9]\d* (?:passed|passing)\b|\ball tests pass|\bOK\b(?: \(|$)|test result: ok|^ok \d|^[ℹ#] pass [1-9]/imu;
const CORRECTION =
  /^\W*(?:no\b|nope\b|wrong\b|stop\b|wait\b|undo\b|revert\b|actually\b|i (?:said|meant)\b|that'?s not\b|this is not\b|you (?:forgot|missed|broke|didn'?t|haven'?t)\b|why (?:did|do|are) you\b)|\b(?:try again|doesn'?t work|does not work|still (?:fails?|failing|broken|not)|not what i)\b/iu;

/** A tool call and what came back. */
interface Attempt {
  readonly call: ToolCallPart;
  readonly result: ToolResultPart;
  readonly failed: boolean;
  readonly tests: StepEvidence['testsState'];
}

/**
 * What the tail of a transcript shows about how a step is going. Windows end at the newest person's turn and at a test run
 * that turned green: what happened before either is settled. Reads at most eighty messages. Pure.
 */
export function stepEvidence(messages: readonly Message[]): StepEvidence {
  const tail = messages.slice(-LOOK_BACK_MESSAGES);
  const turn = tail.findLastIndex((message) => personText(message) !== '');
  const inTurn = attemptsIn(tail.slice(turn + 1));
  const open = inTurn.slice(inTurn.findLastIndex(turnsGreen) + 1);
  return {
    recentErrorCount: open.slice(-WINDOW).filter(({ call, failed }) => failed && !isReadingCall(call)).length,
    repeatedCallCount: repeatedFailures(open),
    editsToSameFileCount: largestGroup(open.slice(-3 * WINDOW).flatMap(({ call }) => editedFiles(call))),
    testsState: inTurn.findLast(({ call }) => isTestCall(call))?.tests ?? 'unknown',
    humanCorrectionCount: personTexts(tail)
      .slice(messages.length > tail.length ? 0 : 1)
      .filter((text) => CORRECTION.test(text.slice(0, 400))).length,
    callsInStepCount: callsSincePerson(messages),
  };
}

/** Words that people wrote, oldest first; tool results and a harness's texts are not theirs. */
function personTexts(messages: readonly Message[]): readonly string[] {
  return messages.flatMap((message) => {
    const text = personText(message);
    return text === '' ? [] : [text];
  });
}

function attemptsIn(messages: readonly Message[]): readonly Attempt[] {
  const calls = new Map<string, ToolCallPart>();
  const attempts: Attempt[] = [];
  for (const message of messages) {
    for (const part of message.content) {
      if (part.type === 'tool-call') calls.set(part.toolCallId, part);
      else if (part.type === 'tool-result') {
        attempts.push(attemptOf(calls.get(part.toolCallId) ?? unseenCall(part), part));
      }
    }
  }
  return attempts;
}

/** The call of a result whose call stands before the part of the transcript that is looked at. */
function unseenCall({ toolCallId, toolName }: ToolResultPart): ToolCallPart {
  return { type: 'tool-call', toolCallId, toolName, input: {} };
}

function attemptOf(call: ToolCallPart, result: ToolResultPart): Attempt {
  const text = resultText(result);
  const isRed = isTestCall(call) && (result.isError || TESTS_RED.test(text));
  const saysSo = !isReadingCall(call) && !isEditTool(call.toolName) && ERROR_TEXT.test(text);
  const failed = isRed || (result.isError && !isEmptySearch(call, text)) || saysSo;
  return { call, result, failed, tests: isRed ? 'red' : TESTS_GREEN.test(text) ? 'green' : 'unknown' };
}

/** A search that found nothing exits with 1, and no harm is done. */
function isEmptySearch(call: ToolCallPart, text: string): boolean {
  return (
    isReadingCall(call) &&
    commandOf(call) !== '' &&
    text.replace(/exit(?:ed with)? (?:code|status) 1\b/iu, '').trim() === ''
  );
}

function turnsGreen({ call, tests }: Attempt): boolean {
  return tests === 'green' && isTestCall(call);
}

/**
 * How often, at most, the same call has failed with the same result among the last ten while nothing was changed in between:
 * a loop. A command that is run again after an edit, or that does not fail, is how work is done.
 */
function repeatedFailures(attempts: readonly Attempt[]): number {
  const recent = attempts.slice(-WINDOW);
  const since = recent.findLastIndex(({ call, failed }) => !failed && isChangingCall(call));
  return largestGroup(recent.slice(since + 1).flatMap((attempt) => (attempt.failed ? [fingerprint(attempt)] : [])));
}

/** What differs between two runs of the same thing and says nothing: durations, times of day, addresses, ids of processes. */
const RUN_NOISE =
  /\d+(?:\.\d+)?\s?(?:ms|s|sec|secs|seconds|m)\b|\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\b|\b\d{4}-\d{2}-\d{2}T?|\b0x[0-9a-f]+\b|\bpid[ =:]\d+/giu;

function fingerprint({ call, result }: Attempt): string {
  const input = JSON.stringify(call.input);
  const output = resultText(result).replaceAll(RUN_NOISE, '');
  return `${call.toolName}\n${input.length}\n${input.slice(0, 1000)}\n${output}`;
}

/** Size of the largest group of equal values; 0 when none repeats. */
function largestGroup(values: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const largest = Math.max(0, ...counts.values());
  return largest > 1 ? largest : 0;
}

function callsSincePerson(messages: readonly Message[]): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message === undefined || personText(message) !== '') break;
    if (message.role === 'assistant') count += 1;
  }
  return count;
}
