import { STEP_KINDS, type StepKind } from '../../domain/step.ts';
import type { Ratio } from '../../domain/time.ts';
import type { Message, ToolCallPart } from '../../domain/transcript.ts';
import { isEditTool, isReadTool, isTestCall } from './tool-use.ts';

export interface KindGuess {
  readonly kind: StepKind;
  readonly confidenceRatio: Ratio;
}

/** Words that name a kind of work, with how much one of them says. Imperatives at the start of a request weigh most. */
const CUES: readonly (readonly [StepKind, number, RegExp])[] = [
  [
    'summarize',
    3,
    /\b(?:summar(?:y|ise|ize)|tl;?dr|recap|compact(?:ion)?|condense|changelog|release notes|commit message)\b/iu,
  ],
  [
    'review',
    3,
    /\b(?:review|critique|audit|code[- ]review|look over|find (?:bugs|issues|problems)|any (?:bugs|issues|problems)|security check)\b/iu,
  ],
  [
    'test',
    3,
    /\b(?:(?:write|add|run|fix|extend|create) (?:\w+ ){0,3}tests?|unit tests?|regression test|e2e tests?|test coverage|reproduc\w+ test|run the suite)\b/iu,
  ],
  [
    'plan',
    3,
    /\b(?:plan|design|architect(?:ure)?|propose|approach|strategy|break (?:it |this )?down|roadmap|outline|how (?:should|would|could|can) (?:we|i|you))\b/iu,
  ],
  [
    'explore',
    2,
    /\b(?:read|find|search|where (?:is|are|do|does)|look at|show me|list|explain|what (?:is|are|does|do)|how does|why (?:is|does|do)|understand|investigate|check (?:if|whether))\b/iu,
  ],
  [
    'code',
    2,
    /\b(?:fix|implement|add|refactor|rename|change|update|write|create|remove|delete|move|replace|port|migrate|make|build|convert|bug|patch|edit|revert)\b/iu,
  ],
];

/**
 * What a foreign call is for, by rule: the person's newest words, then what the agent has been doing since. A tie or no
 * sign at all is `other` with little confidence. Never looks at the system prompt or at the tools on offer. Pure.
 */
export function guessStepKind(text: string, sinceHuman: readonly Message[]): KindGuess {
  const scores = new Map<StepKind, number>(STEP_KINDS.map((kind) => [kind, 0]));
  const add = (kind: StepKind, amount: number): void => void scores.set(kind, (scores.get(kind) ?? 0) + amount);
  const head = text.slice(0, 300);
  for (const [kind, weight, cue] of CUES) {
    if (cue.test(head)) add(kind, weight);
    else if (cue.test(text.slice(300, 4000))) add(kind, weight * 0.3);
  }
  addActivity(recentCalls(sinceHuman), add);
  return bestOf(scores);
}

function recentCalls(messages: readonly Message[]): readonly ToolCallPart[] {
  return messages
    .slice(-16)
    .flatMap((message) => (message.role === 'assistant' ? message.content : []))
    .filter((part) => part.type === 'tool-call')
    .slice(-6);
}

function addActivity(calls: readonly ToolCallPart[], add: (kind: StepKind, amount: number) => void): void {
  for (const [index, call] of calls.entries()) {
    const recency = (index + 1) / calls.length;
    if (isTestCall(call)) add('test', 2 * recency);
    else if (isEditTool(call.toolName)) add('code', 2 * recency);
    else if (isReadTool(call.toolName)) add('explore', 0.7 * recency);
  }
}

function bestOf(scores: ReadonlyMap<StepKind, number>): KindGuess {
  const ranked = [...scores].sort(([, a], [, b]) => b - a);
  const [best, second] = [ranked[0], ranked[1]];
  if (best === undefined || best[1] < 0.5) return { kind: 'other', confidenceRatio: 0.3 };
  const margin = (best[1] - (second?.[1] ?? 0)) / best[1];
  return { kind: best[0], confidenceRatio: Math.min(0.9, 0.4 + 0.5 * margin) };
}
