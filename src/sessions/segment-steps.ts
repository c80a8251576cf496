import { asId } from '../domain/ids.ts';
import type { StepKind } from '../domain/step.ts';
import type { CallTrace, StepEvidenceCode, StepTrace, ToolAction, UserMessageTrace } from './session-trace.ts';
import { STEP_TEXT_CHARS } from './user-text.ts';

/** A turn's words, by the index of the first call they caused. */
export interface TurnText {
  readonly beforeCallIndex: number;
  readonly text: string;
}

export interface SegmentInput {
  readonly threadId: string;
  readonly calls: readonly CallTrace[];
  readonly userMessages: readonly UserMessageTrace[];
  readonly turnTexts: readonly TurnText[];
  /** Kind and step id per call, where the log has them. */
  readonly recorded: readonly { readonly kind: StepKind; readonly stepId: string | undefined }[] | undefined;
}

interface Leaning {
  readonly kind: StepKind;
  readonly evidence: StepEvidenceCode;
  readonly confidenceRatio: number;
}

interface DraftStep {
  kind: StepKind;
  confidenceRatio: number;
  evidence: Set<StepEvidenceCode>;
  first: number;
  count: number;
}

/**
 * Cuts a thread's calls into steps. Rules: a person's message always starts a step; within a turn, calls group by what their
 * tools do (a test run, editing, exploring, planning, reviewing); a single stray call joins its neighbour; an answer without
 * tools that ends a turn of several steps is a summary. Pure and linear.
 */
export function segmentSteps(input: SegmentInput): readonly StepTrace[] {
  const { calls } = input;
  if (calls.length === 0) return [];
  const turnStarts = new Set(input.userMessages.map((message) => message.beforeCallIndex));
  turnStarts.add(0);
  const bounds = [...turnStarts].filter((index) => index < calls.length).sort((a, b) => a - b);
  const textAt = new Map(input.turnTexts.map((turn) => [turn.beforeCallIndex, turn.text]));
  const corrected = new Set(
    input.userMessages.filter((message) => message.correction !== undefined).map((message) => message.beforeCallIndex),
  );
  const steps: StepTrace[] = [];
  for (const [order, start] of bounds.entries()) {
    const end = bounds[order + 1] ?? calls.length;
    const text = textAt.get(start) ?? '';
    const drafts =
      input.recorded === undefined ? segmentTurn(calls, start, end, text) : recordedTurn(input.recorded, start, end);
    for (const draft of drafts)
      steps.push(toStep(draft, { order: steps.length, turnStart: start, text, corrected }, input));
  }
  return steps;
}

interface PlaceInThread {
  readonly order: number;
  readonly turnStart: number;
  readonly text: string;
  /** Indexes of calls that a correcting message came before. */
  readonly corrected: ReadonlySet<number>;
}

function toStep(draft: DraftStep, place: PlaceInThread, input: SegmentInput): StepTrace {
  return {
    stepId: asId(input.recorded?.[draft.first]?.stepId ?? `${input.threadId}#${place.order}`),
    kind: draft.kind,
    kindConfidenceRatio: draft.confidenceRatio,
    evidence: [...draft.evidence],
    firstCallIndex: draft.first,
    callCount: draft.count,
    trigger: input.calls[draft.first]?.trigger ?? 'user',
    text: place.text.slice(0, STEP_TEXT_CHARS),
    startsWithCorrection: draft.first === place.turnStart && place.corrected.has(place.turnStart),
    correctedAfter: place.corrected.has(draft.first + draft.count),
  };
}

function recordedTurn(recorded: NonNullable<SegmentInput['recorded']>, start: number, end: number): DraftStep[] {
  const drafts: DraftStep[] = [];
  for (let index = start; index < end; index += 1) {
    const now = recorded[index];
    const before = index > start ? recorded[index - 1] : undefined;
    const last = drafts.at(-1);
    if (last !== undefined && before?.kind === now?.kind && before?.stepId === now?.stepId) last.count += 1;
    else
      drafts.push({
        kind: now?.kind ?? 'other',
        confidenceRatio: 1,
        evidence: new Set(['recorded-kind']),
        first: index,
        count: 1,
      });
  }
  return drafts;
}

function segmentTurn(calls: readonly CallTrace[], start: number, end: number, text: string): DraftStep[] {
  const asked = askedKind(text);
  const drafts: DraftStep[] = [];
  for (let index = start; index < end; index += 1) {
    const call = calls[index];
    if (call === undefined) continue;
    const leaning = leaningOf(call, asked);
    const last = drafts.at(-1);
    if (last === undefined || (leaning !== undefined && leaning.kind !== last.kind)) {
      const from = leaning ?? {
        kind: asked?.kind ?? 'other',
        evidence: asked?.evidence ?? 'no-evidence',
        confidenceRatio: 0.4,
      };
      drafts.push({
        kind: from.kind,
        confidenceRatio: from.confidenceRatio,
        evidence: new Set(last === undefined ? ['turn-start', from.evidence] : [from.evidence]),
        first: index,
        count: 1,
      });
    } else {
      last.count += 1;
      if (leaning !== undefined) last.evidence.add(leaning.evidence);
    }
  }
  return closeTurn(mergeStrays(drafts), calls, end);
}

/** A lone read after edits, and a lone call between two steps of one kind, belong to that work; edits and test runs stand alone. */
function mergeStrays(drafts: readonly DraftStep[]): DraftStep[] {
  const merged: DraftStep[] = [];
  for (let index = 0; index < drafts.length; index += 1) {
    const draft = drafts[index];
    if (draft === undefined) continue;
    const before = merged.at(-1);
    const after = drafts[index + 1];
    if (before !== undefined && draft.kind === before.kind) join(before, draft);
    else if (before !== undefined && draft.kind === 'explore' && draft.count === 1 && before.kind === 'code')
      join(before, draft);
    else if (before !== undefined && draft.count === 1 && after?.kind === before.kind && !STANDALONE.has(draft.kind))
      join(before, draft);
    else merged.push({ ...draft, evidence: new Set(draft.evidence) });
  }
  return merged;
}

const STANDALONE: ReadonlySet<StepKind> = new Set(['test', 'code']);

function join(into: DraftStep, from: DraftStep): void {
  into.count += from.count;
  for (const code of from.evidence) into.evidence.add(code);
}

/** The last call of a turn of several steps, when it only talks, sums up what was done. */
function closeTurn(drafts: DraftStep[], calls: readonly CallTrace[], end: number): DraftStep[] {
  const last = drafts.at(-1);
  const closing = calls[end - 1];
  if (last === undefined || closing === undefined || drafts.length < 2) return drafts;
  if (closing.toolCalls.length > 0 || closing.finish !== 'stop') return drafts;
  if (last.count === 1) {
    last.kind = 'summarize';
    last.evidence.add('closes-turn');
    return drafts;
  }
  last.count -= 1;
  return [
    ...drafts,
    {
      kind: 'summarize',
      confidenceRatio: 0.6,
      evidence: new Set(['answers-without-tools', 'closes-turn']),
      first: end - 1,
      count: 1,
    },
  ];
}

const LEANING_OF_ACTION: readonly (readonly [ToolAction, Leaning])[] = [
  ['test', { kind: 'test', evidence: 'runs-tests', confidenceRatio: 0.9 }],
  ['edit', { kind: 'code', evidence: 'edits-files', confidenceRatio: 0.9 }],
  ['plan', { kind: 'plan', evidence: 'writes-plan', confidenceRatio: 0.7 }],
  ['diff', { kind: 'review', evidence: 'reads-diff', confidenceRatio: 0.5 }],
  ['delegate', { kind: 'explore', evidence: 'delegates', confidenceRatio: 0.5 }],
  ['search', { kind: 'explore', evidence: 'searches', confidenceRatio: 0.7 }],
  ['read', { kind: 'explore', evidence: 'reads-only', confidenceRatio: 0.7 }],
  ['web', { kind: 'explore', evidence: 'searches', confidenceRatio: 0.6 }],
];

/** What one call is for, or `undefined` when it says nothing and belongs to whatever goes on. */
function leaningOf(call: CallTrace, asked: Leaning | undefined): Leaning | undefined {
  if (call.prefix.relation === 'compacted' && call.toolCalls.length === 0) {
    return { kind: 'summarize', evidence: 'compacts', confidenceRatio: 0.7 };
  }
  const actions = new Set(call.toolCalls.map((tool) => tool.action));
  const found = LEANING_OF_ACTION.find(([action]) => actions.has(action))?.[1];
  if (found === undefined) return undefined;
  const reading = found.kind === 'explore' || found.kind === 'review';
  return reading && (asked?.kind === 'review' || asked?.kind === 'plan') ? asked : found;
}

const ASKS: readonly (readonly [RegExp, Leaning])[] = [
  [/\b(?:review|audit|critique|look over)\b/iu, { kind: 'review', evidence: 'asks-for-review', confidenceRatio: 0.7 }],
  [
    /\b(?:summari[sz]e|recap|tl;?dr|changelog|commit message)\b/iu,
    { kind: 'summarize', evidence: 'asks-for-summary', confidenceRatio: 0.7 },
  ],
  [
    /\b(?:make a plan|plan (?:for|how|to|out)|design doc|propose|provide me with a plan|architecture for)\b/iu,
    { kind: 'plan', evidence: 'asks-for-plan', confidenceRatio: 0.6 },
  ],
  [
    /\b(?:write|add|create) (?:\w+ ){0,3}tests?\b/iu,
    { kind: 'test', evidence: 'asks-for-tests', confidenceRatio: 0.6 },
  ],
];

function askedKind(text: string): Leaning | undefined {
  const head = text.slice(0, 1500);
  return ASKS.find(([shape]) => shape.test(head))?.[1];
}
