import type { CallTrigger, StepKind } from '../../domain/step.ts';
import type { Tokens } from '../../domain/time.ts';
import type { Message, ToolSpec } from '../../domain/transcript.ts';
import { toStepToRead } from '../need/read-messages.ts';
import { knownServers } from '../need/server-abilities.ts';
import { personText } from '../text/person-text.ts';
import { stepEvidence } from './step-evidence.ts';
import type { StepFeatures } from './step-features.ts';
import { guessStepKind } from './step-kind-rules.ts';
import { isEditTool } from './tool-use.ts';

/** A call of a session that pointsman did not plan. */
export interface ForeignCall {
  /** The transcript, oldest first, system messages apart. */
  readonly messages: readonly Message[];
  /** Tools on offer. Only whether some of them write is looked at: their number and text say nothing about the step. */
  readonly tools: readonly ToolSpec[];
  readonly transcriptTokens: Tokens;
  /** Known when the caller said so, such as a sub-agent's role; otherwise guessed by rule. */
  readonly kind?: StepKind;
}

/**
 * Features of a foreign call, each role apart: the step's text is the newest person's message; tool results only count as
 * evidence; the system prompt and the tool list never enter. Cost does not grow with the session. Pure; never throws.
 */
export function createStepFeatures(call: ForeignCall): StepFeatures {
  const start = lastPersonIndex(call.messages);
  const asked = start < 0 ? undefined : call.messages[start];
  const text = asked === undefined ? '' : personText(asked);
  const since = call.messages.slice(start + 1);
  const guess = call.kind === undefined ? guessStepKind(text, since) : { kind: call.kind, confidenceRatio: 1 };
  return {
    v: 1,
    text,
    kind: guess.kind,
    kindConfidenceRatio: guess.confidenceRatio,
    toRead: toStepToRead(call.messages, start, call.kind),
    trigger: triggerOf(call.messages),
    evidence: stepEvidence(call.messages),
    structure: {
      position: call.messages.filter((message) => message.role === 'assistant').length,
      plannedStepCount: undefined,
      artifactTokens: 0,
      requiredToolCount: 0,
      toolServers: knownServers(since.slice(-LAST_MESSAGES).flatMap(calledTools)),
      requiresWrite: since.some(writes),
      transcriptTokens: call.transcriptTokens,
    },
  };
}

/** Who caused this call: the newest message holds tool results and no person's words, or it does not. */
function triggerOf(messages: readonly Message[]): CallTrigger {
  const newest = messages.at(-1);
  if (newest?.role !== 'user') return 'user';
  const hasResult = newest.content.some((part) => part.type === 'tool-result');
  return hasResult && personText(newest) === '' ? 'tool-result' : 'user';
}

function lastPersonIndex(messages: readonly Message[]): number {
  return messages.findLastIndex((message) => personText(message) !== '');
}

/** Messages of a step whose tool calls show which servers it works with. */
const LAST_MESSAGES = 12;

function calledTools(message: Message): readonly string[] {
  if (message.role !== 'assistant') return [];
  return message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolName] : []));
}

function writes(message: Message): boolean {
  return (
    message.role === 'assistant' &&
    message.content.some((part) => part.type === 'tool-call' && isEditTool(part.toolName))
  );
}
