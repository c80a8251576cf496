import type { StepRequirements } from '../domain/forecast.ts';
import { asId, type DecisionId, type SessionId, type StepId } from '../domain/ids.ts';
import type { Model } from '../domain/model.ts';
import type { RouterPolicy } from '../domain/router-policy.ts';
import type { StepKind } from '../domain/step.ts';
import type { StepFeatures } from '../predict/features/step-features.ts';
import { plannedStepFeatures, type PlannedStep } from '../predict/forecast/planned-forecast.ts';
import { CALL_GAP_MS, USUAL_REQUIREMENTS } from './defaults.ts';
import { makeDecision } from './make-decision.ts';
import type { Decide } from './pool-dial.ts';
import { readNeed, readStep, type StepReaders } from './read-step.ts';
import { toDecideInput } from './to-decide-input.ts';

/** A whole task, alone in a fresh session: what is known of it before anybody tries it. */
export interface TaskToDecide {
  readonly id: string;
  readonly kind: StepKind;
  /** Empty: only its kind is known. */
  readonly text: string;
}

/** Outcomes were had with tools or without: what a model cannot call is no reason to leave it out. */
const NO_TOOLS: StepRequirements = { ...USUAL_REQUIREMENTS, tools: false };

/** The notches of the dial. */
const NOTCHES: readonly number[] = Array.from({ length: 11 }, (_, notch) => notch);

/** Who takes a task at each notch of the dial; `undefined` where the policy refuses it. Read once, decided eleven times. */
export async function decideAtEachNotch(
  task: TaskToDecide,
  policy: RouterPolicy,
  models: readonly Model[],
  { readers, decide }: { readonly readers: StepReaders; readonly decide: Decide },
): Promise<readonly (Model | undefined)[]> {
  const features = await readNeed(readers, {
    ...taskFeatures(task),
    toRead: { text: task.text, before: [], origin: 'person', declared: { kind: task.kind }, tools: [] },
  });
  const reading = await readStep(readers, features, { models, policy });
  const id = `row-${task.id}`;
  const input = toDecideInput({
    decisionId: asId<DecisionId>(id),
    now: 0,
    policy,
    session: { sessionId: asId<SessionId>(id), isFirst: true },
    step: {
      stepId: asId<StepId>(id),
      kind: features.kind,
      trigger: 'user',
      modes: ['isolate'],
      callGapMs: CALL_GAP_MS.own,
      requirements: NO_TOOLS,
    },
    reading,
    future: { forecast: [] },
    models,
    warmth: [],
  });
  return NOTCHES.map((dial) => {
    const made = makeDecision({ ...input, policy: { ...policy, dial } }, { decide, shadows: [] });
    const to = made.decision.kind === 'refuse' ? undefined : made.decision.to;
    return models.find((model) => model.id === to);
  });
}

/** What is known of a task that is the only step of its plan. */
export function taskFeatures({ id, kind, text }: TaskToDecide): StepFeatures {
  const planned: PlannedStep = {
    stepId: asId<StepId>(id),
    kind,
    text,
    modes: ['isolate'],
    requirements: NO_TOOLS,
    requiresWrite: kind === 'code' || kind === 'test',
    artifactTokens: 0,
    checks: [],
  };
  return plannedStepFeatures(planned, { position: 0, plannedStepCount: 1, transcriptTokens: 0 });
}
