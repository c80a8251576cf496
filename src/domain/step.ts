/** What a step is for. `explore` and `other` occur only in sessions that pointsman did not plan. */
export const STEP_KINDS = ['plan', 'code', 'review', 'test', 'summarize', 'explore', 'other'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/**
 * Which transcript a step sees. `continue`: appends to the shared one and keeps a warm prefix. `handoff`: a fresh one
 * that starts from a structured brief. `isolate`: a fresh one with only the named artifacts.
 */
export const STEP_MODES = ['continue', 'handoff', 'isolate'] as const;
export type StepMode = (typeof STEP_MODES)[number];

/**
 * A mode as a person is told of it. The first step of a session has nothing before it that could be handed on: its brief is
 * the task itself, and its context is just fresh.
 */
export function modeWord(mode: StepMode, isFirst: boolean | undefined): StepMode | 'fresh' {
  return isFirst === true && mode === 'handoff' ? 'fresh' : mode;
}

/** How much the model should think, from none to the most it offers. */
export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof EFFORTS)[number];

/** The least of the efforts offered that is more than `from`; `undefined`: there is none. */
export function nextEffort(offered: readonly Effort[], from: Effort): Effort | undefined {
  const more = EFFORTS.slice(EFFORTS.indexOf(from) + 1);
  return more.find((effort) => offered.includes(effort));
}

/** Who caused a call: a person's message, or the result of a tool the model asked for. Decides cold rates. */
export type CallTrigger = 'user' | 'tool-result';

/** Harnesses that are spoken to directly; every other one speaks the Agent Client Protocol, and is named by what it is started as. */
export const DIRECT_HANDS = ['claude-code', 'codex'] as const;

/** A harness of this machine. */
export type HandName = (typeof DIRECT_HANDS)[number] | `acp:${string}`;

/** Who carries out a step: the job's own loop, or a harness. */
export type Hand = 'own' | HandName;

/** For all steps, or per kind of step. */
export type HandsChoice = Hand | Readonly<Partial<Record<StepKind, Hand>>>;
