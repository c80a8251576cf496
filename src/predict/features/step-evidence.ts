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

/** What comes back where a person or the harness did not let a call run: nobody has tried anything. */
const NOT_RUN =
  /^\W*(?:The user (?:doesn['’]t want to|does not want to|denied|rejected|declined|chose not to)\b|User (?:rejected|denied|declined|cancelled|canceled|did not allow)\b|(?:exec command |patch )?rejected by user\b|Permission to use \w+ has been denied\b|\[(?:Request interrupted by user|Operation Cancelled\])|(?:<tool_use_error>)?Cancelled: parallel tool call\b)/iu;

/** A tool call and what came back. */
interface Attempt {
  /** Where the message stands that asked for it: calls made at once have one. */
  readonly round: number;
  readonly call: ToolCallPart;
  readonly result: ToolResultPart;
  readonly failed: boolean;
  readonly tests: StepEvidence['testsState'];
}

/**
 * What the tail of a transcript shows about how a step is going. Windows end at the newest person's turn at a test run
 * that turned green, and at one that fails in fewer places than it ever did: what happened before is settled. Reads at most eighty messages. Pure.
 */
export function stepEvidence(messages: readonly Message[]): StepEvidence {
  const tail = messages.slice(-LOOK_BACK_MESSAGES);
  const turn = tail.findLastIndex((message) => personText(message) !== '');
  const inTurn = attemptsIn(tail.slice(turn + 1));
  const open = inTurn.slice(lastSettled(inTurn) + 1);
  const errors = open.slice(-WINDOW).filter(({ call, failed }) => failed && !isReadingCall(call));
  return {
    // Calls made at once fail at once: nobody has seen the first when making the last.
    recentErrorCount: new Set(errors.map(({ round }) => round)).size,
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
  const calls = new Map<string, { readonly call: ToolCallPart; readonly round: number }>();
  const attempts: Attempt[] = [];
  for (const [round, message] of messages.entries()) {
    for (const part of message.content) {
      if (part.type === 'tool-call') calls.set(part.toolCallId, { call: part, round });
      else if (part.type === 'tool-result') {
        attempts.push(attemptOf(calls.get(part.toolCallId) ?? { call: unseenCall(part), round }, part));
      }
    }
  }
  return attempts;
}

/** The call of a result whose call stands before the part of the transcript that is looked at. */
function unseenCall({ toolCallId, toolName }: ToolResultPart): ToolCallPart {
  return { type: 'tool-call', toolCallId, toolName, input: {} };
}

function attemptOf({ call, round }: Pick<Attempt, 'call' | 'round'>, result: ToolResultPart): Attempt {
  const text = resultText(result);
  if (NOT_RUN.test(text)) return { round, call, result, failed: false, tests: 'unknown' };
  const isRed = isTestCall(call) && (result.isError || TESTS_RED.test(text));
  const saysSo = !isReadingCall(call) && !isEditTool(call.toolName) && ERROR_TEXT.test(text);
  const failed = isRed || (result.isError && !isEmptySearch(call, text)) || saysSo;
  return { round, call, result, failed, tests: isRed ? 'red' : TESTS_GREEN.test(text) ? 'green' : 'unknown' };
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

/** Where the newest test run stands that turned green, or failed in fewer places than it ever did in this turn; -1: none. */
function lastSettled(attempts: readonly Attempt[]): number {
  const fewest = new Map<string, number>();
  let settled = -1;
  for (const [index, attempt] of attempts.entries()) {
    if (turnsGreen(attempt)) settled = index;
    const failing = attempt.tests === 'red' ? failingCount(attempt) : undefined;
    if (failing === undefined) continue;
    const run = JSON.stringify(attempt.call.input);
    const before = fewest.get(run);
    if (before !== undefined && failing < before) settled = index;
    fewest.set(run, Math.min(before ?? failing, failing));
  }
  return settled;
}

const FAILING = /\b([1-9]\d*) (?:failed|failures?|failing|errors?)\b|^[ℹ#] fail ([1-9]\d*)/mu;

/** In how many places a run of tests failed, as far as it says so. */
function failingCount({ result }: Attempt): number | undefined {
  const found = FAILING.exec(resultText(result));
  return found === null ? undefined : Number(found[1] ?? found[2]);
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
